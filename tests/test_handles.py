"""``lingua --markers``: the last mark brings the original back, the others say which lines."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from command import Ran, runner

from ctxc import count_tokens
from ctxc.cli.cache import cache
from ctxc.cli.lingua import lingua
from ctxc.store import Store
from ctxc.store.originals import Originals

PROSE = "".join(
    f"On day {i} the pump in hall {i % 7} ran for {i * 3} hours. Nobody was hurt.\n\n"
    for i in range(1, 80)
)
END = re.compile(r"\n\[… whole text: ctxc expand ([0-9a-f]{6,})\]\n\Z")
BUDGET = ("--engine", "lexical", "--tokens", "200", "--markers")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    return runner(lingua, capsys)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.md"
    path.write_text(PROSE)
    return path


def original(handle: str) -> bytes:
    with Store.open() as store, Originals(store).get(handle) as content:
        return content.read()


def handle_in(text: str) -> str:
    match = END.search(text)
    assert match, text[-200:]
    return match[1]


def test_the_last_mark_brings_the_original_back_and_is_within_the_budget(
    run: Callable[..., Ran], file: Path
) -> None:
    out = run(file, *BUDGET).out
    assert count_tokens(out) <= 200
    assert original(handle_in(out)) == PROSE.encode()
    lines = re.search(r"\[… lines (\d+)-(\d+)\]", out)
    assert lines
    gap = PROSE.splitlines()[int(lines[1]) - 1 : int(lines[2])]
    assert any(gap) and not any(line and line in out for line in gap)


def test_a_kept_result_is_the_same_and_is_made_anew_where_its_original_is_gone(
    run: Callable[..., Ran], file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, again = run(file, *BUDGET), run(file, *BUDGET)
    assert again.out == first.out and "reused" in again.err and "reused" not in first.err
    with Store.open() as store:
        assert store.clear_originals() == 1
    third = run(file, *BUDGET)
    assert third.out == first.out and "reused" not in third.err
    assert original(handle_in(third.out)) == PROSE.encode()
    assert "1 originals" in runner(cache, capsys)().out


def test_json_names_the_handle(run: Callable[..., Ran], file: Path) -> None:
    value = json.loads(run(file, *BUDGET, "--json").out)
    assert value["handle"] == handle_in(value["text"])
    assert value["tokens"]["compressed"] == count_tokens(value["text"]) <= 200


@pytest.mark.parametrize("option", [(), ("--no-store",)])
def test_without_marks_or_store_there_is_no_handle(
    run: Callable[..., Ran], file: Path, option: tuple[str, ...], own_store: Path
) -> None:
    marks = ("--markers",) if option else ()
    out = run(file, "--engine", "lexical", "--tokens", "200", *marks, *option, "--json").out
    assert "handle" not in json.loads(out) and "ctxc expand" not in out
    if option:
        assert not own_store.exists()
    else:
        with Store.open() as store:
            assert store.size().originals == 0


def test_what_fits_is_not_kept(run: Callable[..., Ran], file: Path) -> None:
    out = run(file, "--engine", "lexical", "--tokens", "100000", "--markers").out
    assert out == PROSE
    with Store.open() as store:
        assert store.size().originals == 0


def test_what_a_parser_reads_has_no_mark_and_a_note(
    run: Callable[..., Ran], tmp_path: Path
) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"id": i, "state": "ok", "took": i * 7} for i in range(200)]))
    ran = run(path, *BUDGET)
    json.loads(ran.out)
    handle = re.search(r"the whole text: ctxc expand ([0-9a-f]+)", ran.err)
    assert handle and original(handle[1]) == path.read_bytes()


def test_a_budget_that_the_mark_would_eat_up_has_a_note(
    run: Callable[..., Ran], file: Path
) -> None:
    ran = run(file, "--engine", "lexical", "--tokens", "30", "--markers")
    assert 0 < count_tokens(ran.out) <= 30 and "ctxc expand" not in ran.out
    assert "the whole text: ctxc expand " in ran.err


@pytest.mark.parametrize(
    ("name", "data", "kept"),
    [
        ("latin.txt", PROSE.replace("hurt", "blessé").encode("latin-1"), None),
        ("bom.txt", b"\xef\xbb\xbf" + PROSE.replace("\n", "\r\n").encode(), None),
        ("out.log", PROSE.replace("Nobody", "\x1b[31mNobody\x1b[0m").encode(), None),
        ("a.txt.gz", gzip.compress(PROSE.encode()), PROSE.encode()),
    ],
)
def test_the_original_is_the_bytes_of_text_and_the_text_of_the_rest(
    run: Callable[..., Ran], tmp_path: Path, name: str, data: bytes, kept: bytes | None
) -> None:
    (tmp_path / name).write_bytes(data)
    out = run(tmp_path / name, *BUDGET).out
    assert original(handle_in(out)) == (data if kept is None else kept)


def test_each_record_has_its_own(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    texts = [PROSE, PROSE.replace("pump", "press")]
    path.write_text("".join(json.dumps({"id": i, "text": t}) + "\n" for i, t in enumerate(texts)))
    values = [
        json.loads(line) for line in run(path, "--records", *BUDGET, "--json").out.splitlines()
    ]
    assert [original(value["handle"]).decode() for value in values] == texts
