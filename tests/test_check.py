"""Token budgets: what fails, what a baseline forgives, and that no model library is loaded."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from command import Ran, runner
from hypothesis import given
from hypothesis import strategies as st

from ctxc.cli import check as check_command
from ctxc.errors import ConfigError, UsageError
from ctxc.stats.baseline import Baseline

WORDS = "The pump failed on Monday and nobody was hurt. "


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    return runner(check_command.check, capsys)


@pytest.fixture(autouse=True)
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").mkdir()
    for name, times in (("short", 1), ("long", 20)):
        (tmp_path / f"docs/{name}.md").write_text(WORDS * times, "utf-8")
    return tmp_path / "docs"


def test_only_what_is_over_is_named(check: Callable[..., Ran]) -> None:
    ran = check("docs", "--max-tokens", 100)
    assert ran.code == 1
    assert ran.out == "docs/long.md: 201 tokens, 101 over its budget of 100\n"
    assert ran.err == "ctxc: 2 documents checked, 1 over\n"
    assert check("docs", "--max-tokens", 201).code == 0


def test_a_baseline_forgives_what_was_and_not_what_grew(
    check: Callable[..., Ran], docs: Path
) -> None:
    options = ("--max-tokens", 100, "--baseline", "b.json")
    assert check("docs", *options, "--update-baseline").code == 0
    assert json.loads(Path("b.json").read_text())["documents"] == {"docs/long.md": 201}
    assert check("docs", *options).code == 0
    (docs / "long.md").write_text(WORDS * 21, "utf-8")
    grown = check("docs", *options)
    assert grown.code == 1
    assert grown.out == "docs/long.md: 211 tokens, 10 more than recorded (201)\n"
    (docs / "long.md").write_text(WORDS * 19, "utf-8")
    assert check("docs", *options).code == 0
    # The ratchet: recorded anew, it may not grow back.
    check("docs", *options, "--update-baseline")
    (docs / "long.md").write_text(WORDS * 20, "utf-8")
    assert check("docs", *options).code == 1


def test_without_a_budget_everything_is_recorded(check: Callable[..., Ran], docs: Path) -> None:
    check("docs", "--baseline", "b.json", "--update-baseline")
    assert set(json.loads(Path("b.json").read_text())["documents"]) == {
        "docs/long.md",
        "docs/short.md",
    }
    (docs / "new.md").write_text(WORDS * 500, "utf-8")
    assert check("docs", "--baseline", "b.json").code == 0
    (docs / "short.md").write_text(WORDS * 2, "utf-8")
    assert check("docs", "--baseline", "b.json").out.startswith("docs/short.md: ")


def test_the_baseline_is_the_same_wherever_it_is_made_from(
    check: Callable[..., Ran], docs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check("docs", "--baseline", "b.json", "--update-baseline")
    made = Path("b.json").read_bytes()
    monkeypatch.chdir(docs)
    check("long.md", str(docs / "short.md"), "--baseline", "../b.json", "--update-baseline")
    assert (docs.parent / "b.json").read_bytes() == made


def test_one_file_updates_one_line(check: Callable[..., Ran], docs: Path) -> None:
    check("docs", "--baseline", "b.json", "--update-baseline")
    (docs / "short.md").write_text(WORDS * 3, "utf-8")
    (docs / "gone.md").write_text(WORDS)
    check("docs/short.md", "docs/gone.md", "--baseline", "b.json", "--update-baseline")
    (docs / "gone.md").unlink()
    check("docs/short.md", "--baseline", "b.json", "--update-baseline")
    assert json.loads(Path("b.json").read_text())["documents"] == {
        "docs/long.md": 201,
        "docs/short.md": 31,
    }


def test_json_says_the_limit_and_whether_it_held(check: Callable[..., Ran]) -> None:
    (Path("docs") / "empty.pdf").write_bytes(b"%PDF-1.4 nothing in it")
    ran = check("docs", "--max-tokens", 100, "--json")
    found = [json.loads(line) for line in ran.out.splitlines()]
    assert found[0]["error"]["kind"] == "input" and found[0]["source"] == "docs/empty.pdf"
    assert found[1] == {
        "schema": 1,
        "source": "docs/long.md",
        "tokens": {"original": 201, "tokenizer": "o200k_base"},
        "limit": 100,
        "recorded": False,
        "ok": False,
    }
    assert ran.code == 1


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ((), UsageError),
        (("--max-tokens", 0), UsageError),
        (("--max-tokens", 5, "--update-baseline"), UsageError),
        (("--baseline", "none.json"), ConfigError),
        (("--baseline", "list.json"), ConfigError),
        (("--baseline", "text.json"), ConfigError),
        (("--baseline", "docs"), ConfigError),
        (("--baseline", "counts.json"), ConfigError),
        (("--baseline", "other.json"), UsageError),
    ],
)
def test_what_cannot_be_checked_is_said(
    check: Callable[..., Ran], options: tuple[object, ...], error: type[Exception]
) -> None:
    Path("list.json").write_text("[]")
    Path("text.json").write_text("no json")
    other = {"schema": 1, "tokenizer": "cl100k_base", "documents": {}}
    Path("other.json").write_text(json.dumps(other))
    counts = {"schema": 1, "tokenizer": "o200k_base", "documents": {"a": "many"}}
    Path("counts.json").write_text(json.dumps(counts))
    ran = check("docs", *options)
    assert isinstance(ran.error, error) and ran.code == 2


@given(st.dictionaries(st.text("abc/.ü\n", min_size=1), st.integers(0, 10**6)), st.integers(1, 500))
def test_a_fresh_baseline_always_holds_and_one_token_more_never(
    counts: dict[str, int], budget: int
) -> None:
    fresh = Baseline(Path("b.json"), "o200k_base").updated(counts.items(), budget)
    # One name may be spelled twice (a//b, a/./b): the last spelling counts.
    last = {fresh.name(source): tokens for source, tokens in counts.items()}
    for source, tokens in counts.items():
        if last[fresh.name(source)] == tokens:
            assert fresh.check(source, tokens, budget).ok
            assert fresh.check(source, max(0, tokens - 1), budget).ok
            assert not fresh.check(source, max(tokens, budget) + 1, budget).ok
