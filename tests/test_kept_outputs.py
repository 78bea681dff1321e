"""Files that ctxc did not write, or not like that, stay where its outputs would go."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from command import Ran, runner

from ctxc.cli import lingua as lingua_command
from ctxc.input.front_matter import Standing, read_front_matter, standing

TEXT = "The pump failed on Monday. It was old. Nobody was hurt. The invoice is 4711.\n" * 20
FAST = ("--engine", "truncate")
Lingua = Callable[..., Ran]


@pytest.fixture
def lingua(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Lingua:
    monkeypatch.chdir(tmp_path)
    Path("docs").mkdir()
    for name in ("a.md", "b.md"):
        (Path("docs") / name).write_text(TEXT)
    return runner(lingua_command.lingua, capsys)


def output(place: str) -> Path:
    return Path("docs/a.md.ctx.md") if place == "beside" else Path("out/docs/a.md.ctx.md")


def options(place: str) -> tuple[str, ...]:
    return ("docs", "--beside", *FAST) if place == "beside" else ("docs", "-o", "out", *FAST)


PLACES = pytest.mark.parametrize("place", ["beside", "tree"])
EDITS: dict[str, Callable[[str], str]] = {
    "appended": lambda text: text + "A thought of mine.\n",
    "a word": lambda text: text.replace("pump", "valve", 1),
    "a key": lambda text: text.replace('key: "', 'tags: ["mine"]\nkey: "', 1),
    "a value": lambda text: text.replace('engine: "truncate"', 'engine: "mine"'),
    "its text gone": lambda text: text.partition("\n---\n\n")[0] + "\n---\n\n",
    "its hash gone": lambda text: "\n".join(
        line for line in (text + "More.\n").split("\n") if not line.startswith("output: ")
    ),
}


@PLACES
@pytest.mark.parametrize("content", ["By hand.\n", "---\ntitle: mine\n---\n\nText.\n", "\xff"])
def test_a_file_of_the_users_is_kept_and_named(lingua: Lingua, place: str, content: str) -> None:
    output(place).parent.mkdir(parents=True, exist_ok=True)
    output(place).write_text(content, "latin-1")
    ran = lingua(*options(place))
    assert ran.code == 1
    assert f"ctxc: {output(place)} is there, was not written by ctxc and is kept" in ran.err
    assert output(place).read_text("latin-1") == content
    assert output(place).with_name("b.md.ctx.md").exists()  # the rest goes on
    planned = lingua(*options(place), "--dry-run")
    assert planned.code == 1 and "was not written by ctxc" in planned.out


@PLACES
@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_an_output_that_was_edited_is_kept_and_named(
    lingua: Lingua, place: str, edit: Callable[[str], str]
) -> None:
    assert lingua(*options(place)).code == 0
    edited = edit(output(place).read_text())
    output(place).write_text(edited)
    for more in ((), ("--rate", "0.3"), ("--no-store",)):
        ran = lingua(*options(place), *more)
        assert ran.code == 1 and f"{output(place)} was edited by hand and is kept" in ran.err
        assert output(place).read_text() == edited
    output(place).unlink()
    assert lingua(*options(place)).code == 0 and standing(output(place)) is Standing.OURS


@PLACES
def test_what_ctxc_wrote_is_refreshed(lingua: Lingua, place: str) -> None:
    assert lingua(*options(place)).code == 0
    before = output(place).read_text()
    # As a checkout on another system has it.
    output(place).write_bytes(before.replace("\n", "\r\n").encode())
    assert lingua(*options(place), "--rate", "0.3").code == 0
    assert output(place).read_text() != before
    # As an earlier version wrote it, without the hash.
    lines = output(place).read_text().split("\n")
    output(place).write_text("\n".join(line for line in lines if not line.startswith("output: ")))
    assert lingua(*options(place)).code == 0
    assert output(place).read_text() == before
    output(place).write_text("")  # an empty file is nobody's
    assert lingua(*options(place)).code == 0
    assert output(place).read_text() == before


@PLACES
def test_pruning_keeps_what_was_edited(lingua: Lingua, place: str) -> None:
    Path("docs/gone.md").write_text(TEXT)
    assert lingua(*options(place)).code == 0
    Path("docs/a.md").unlink()
    Path("docs/gone.md").unlink()
    edited = output(place).read_text() + "A thought of mine.\n"
    output(place).write_text(edited)
    gone = output(place).with_name("gone.md.ctx.md")
    planned = lingua(*options(place), "--prune", "--dry-run")
    assert f"keep      {output(place)}  was edited by hand\n" in planned.out
    assert f"prune     {gone}\n" in planned.out
    ran = lingua(*options(place), "--prune")
    assert f"{output(place)} is kept: its source is gone, but it was edited by hand" in ran.err
    assert output(place).read_text() == edited
    assert not gone.exists()


def test_pruning_keeps_what_is_read(lingua: Lingua) -> None:
    assert lingua("docs", "-o", "out", *FAST).code == 0
    Path("docs/a.md").unlink()
    named = output("tree")
    ran = lingua("docs", str(named), "-o", "out", "--prune", *FAST)
    assert ran.code == 0 and named.exists() and "is read in this run" in ran.err


def test_an_edited_output_is_no_result(lingua: Lingua) -> None:
    """Without a store, what lies there is taken for the result; not where it was edited."""
    assert lingua("docs", "-o", "out", *FAST).code == 0
    output("tree").write_text(output("tree").read_text() + "Invented.\n")
    ran = lingua("docs", "-o", "out", "--no-store", *FAST)
    assert "1 reused" in ran.err and "1 failed" in ran.err


def test_the_hash_is_of_the_text(lingua: Lingua) -> None:
    lingua("docs", "-o", "out", *FAST)
    matter = read_front_matter(output("tree"))
    assert matter is not None and len(matter.output) == 64
    text = output("tree").read_bytes().partition(b"\n---\n\n")[2]
    assert matter.signed(text) == matter != matter.signed(text + b".")


def test_failures_are_counted_without_mangled_names(lingua: Lingua) -> None:
    for name in ("a.md", "b.md"):
        (Path("out/docs") / f"{name}.ctx.md").mkdir(parents=True)
    ran = lingua("docs", "-o", "out", *FAST)
    assert ran.code == 1
    assert "  2 failed: cannot write: it is a folder (2)\n" in ran.err, ran.err
    assert "/.ctx.md" not in ran.err


def test_json_names_are_whole(lingua: Lingua) -> None:
    Path("a").write_text(TEXT)
    Path("full").mkdir()
    Path("full/a.ctx.md").mkdir()
    ran = lingua("a", "-o", "full/", *FAST)
    assert "cannot write full/a.ctx.md: it is a folder" in ran.err
    line = lingua("a", "--json", *FAST).out
    assert json.loads(line)["source"] == "a"


def test_a_text_file_named_as_the_store_is_left_as_it_is(
    lingua: Lingua, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("notes.txt").write_text("Notes of mine.\n")
    monkeypatch.setenv("CTXC_STORE", "notes.txt")
    ran = lingua("docs", *FAST)
    assert ran.code == 1 and ran.out == "" and ran.error is not None
    assert ran.error.message == "the store notes.txt is no database: it is left as it is"
    assert Path("notes.txt").read_text() == "Notes of mine.\n"
    assert sorted(path.name for path in Path().iterdir()) == ["docs", "notes.txt"]
