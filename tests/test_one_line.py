"""One line a run on stderr; more with ``--verbose``; what was empty or failed is no saving."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from command import Ran, runner

from ctxc.cli import lingua as lingua_command

Lingua = Callable[..., Ran]
FAST = ("--engine", "truncate")


@pytest.fixture
def lingua(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Lingua:
    monkeypatch.delenv("CTXC_VERBOSE")
    monkeypatch.chdir(tmp_path)
    Path("docs").mkdir()
    for name in ("a", "b"):
        Path(f"docs/{name}.md").write_text(f"The pump {name} failed on Monday. " * 60 + "\n")
    Path("docs/empty.md").write_text("")
    Path("docs/blank.md").write_text("\n\n")
    Path("docs/broken.pdf").write_bytes(b"%PDF-1.4 nothing in it")
    Path("docs/picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    return runner(lingua_command.lingua, capsys)


def test_a_run_is_one_line(lingua: Lingua) -> None:
    Path("docs/escapes.txt").write_text("\x1b[31mThe seal broke.\x1b[0m " * 50 + "\n")
    for inputs in (("docs/a.md",), ("docs/a.md", "docs/b.md"), ("docs/escapes.txt",)):
        assert lingua(*inputs, *FAST).err.count("\n") == 1
        assert lingua(*inputs, *FAST, "--quiet", "--verbose").err == ""
    ran = lingua("docs/escapes.txt", *FAST, "--verbose")
    assert "terminal escapes taken out" in ran.err
    ran = lingua("docs/a.md", "docs/b.md", *FAST, "--verbose")
    assert "ctxc: summary\n  2 reused\n" in ran.err


def test_warnings_about_loss_are_said_all_the_same(lingua: Lingua) -> None:
    ran = lingua("docs/a.md", *FAST, "--protect", "never there")
    assert "matches nothing" in ran.err and ran.err.count("\n") == 2


def test_what_is_empty_or_failed_or_skipped_is_counted_apart(lingua: Lingua) -> None:
    ran = lingua("docs", "--ratio", 2, *FAST)
    last = ran.err.splitlines()[-1]
    assert ran.code == 1 and last.startswith("ctxc: 2 documents, ")
    assert ", 2 empty" in last and ", 1 failed" in last and "1 skipped" in last
    alone = lingua("docs/a.md", "docs/b.md", "--ratio", 2, *FAST).err
    assert last.split(" tokens")[0] == alone.split(" tokens")[0]  # the same figures
    table = lingua("docs", "--ratio", 2, *FAST, "--verbose").err
    assert "\n  2 empty\n" in table and "\n  2 reused\n" in table


def test_an_unused_budget_is_explained(lingua: Lingua) -> None:
    lines = [f"Line {n} is about the weather of day {n}." for n in range(200)]
    lines[77] = "The seal of the pump broke on Monday."
    Path("log.txt").write_text("\n\n".join(lines) + "\n")
    said = "most of the budget is unused: nothing else that fits bears on the question"
    asked = ("log.txt", "-q", "Which seal of the pump broke?", "--engine", "lexical")
    ran = lingua(*asked, "--tokens", 400, "--level", "sentence")
    used = len(ran.out) > 900
    assert (said in ran.err) != used
    one = lingua(*asked, "--tokens", 20)  # room for this sentence, for no second one
    assert one.out == lines[77] + "\n" and said in one.err
    assert said not in lingua(*asked, "--tokens", 12).err  # most of it is used
    assert said not in lingua("docs/a.md", "--tokens", 400, *FAST).err
