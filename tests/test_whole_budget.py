"""Budgets are over everything written; several texts in one output; line ends: by the command."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from command import Ran, runner

from ctxc import tokens
from ctxc.cli import lingua as lingua_command

Lingua = Callable[..., Ran]
TOPICS = ("pump", "harbour", "orchard", "library")
ASKED = "Which seal of the pump broke?"


@pytest.fixture
def lingua(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Lingua:
    monkeypatch.chdir(tmp_path)
    Path("docs").mkdir()
    for name in TOPICS:
        lines = [f"Day {n}: the {name} was seen to by crew {n % 7}, as planned." for n in range(60)]
        lines[40] = f"The {name} stopped at noon because its seal number {len(name)} broke."
        (Path("docs") / f"{name}.md").write_text(f"# The {name}\n\n" + "\n".join(lines) + "\n")
    return runner(lingua_command.lingua, capsys)


def count(text: str) -> int:
    return tokens.get().count(text)


LAYOUTS = pytest.mark.parametrize(
    "layout", [(), ("--print0",), ("--separator", r"\n---\n"), ("-q", ASKED)]
)


@LAYOUTS
@pytest.mark.parametrize("total", [140, 300, 1001])
@pytest.mark.parametrize("engine", ["lexical", "truncate"])
def test_everything_printed_is_within_the_total(
    lingua: Lingua, layout: tuple[str, ...], total: int, engine: str
) -> None:
    ran = lingua("docs", "--total-tokens", total, "--engine", engine, *layout)
    assert ran.code == 0 and 0.4 * total < count(ran.out) <= total
    assert f"-> {count(ran.out):,} tokens" in ran.err  # the line counts what was printed
    lingua("docs", "--total-tokens", total, "--engine", engine, *layout, "-o", "one.md")
    assert count(Path("one.md").read_text()) <= total


def test_a_total_that_the_names_alone_take_is_refused(lingua: Lingua) -> None:
    ran = lingua("docs", "--total-tokens", 20, "--engine", "truncate")
    assert ran.code == 2 and ran.error and "--separator" in ran.error.hint and not ran.out
    ran = lingua("docs", "--total-tokens", 12, "--engine", "truncate", "--separator", " ")
    assert ran.code == 1 and not ran.out  # three tokens each: not even a title of any fits whole
    assert ran.err.count("docs/harbour.md: not even its smallest whole piece fits") == 1
    ran = lingua("docs", "--total-tokens", 100, "--engine", "truncate", "--separator", " ")
    assert ran.code == 0 and 0 < count(ran.out) <= 100


def test_with_a_question_no_document_is_there_for_nothing(lingua: Lingua) -> None:
    ran = lingua("docs", "--total-tokens", 60, "-q", ASKED, "--engine", "lexical")
    assert ran.code == 0 and "number 4 broke" in ran.out
    assert "skipped: the budget goes to documents nearer to the question" in ran.err


def test_many_inputs_into_a_file_are_one_file(lingua: Lingua) -> None:
    for order, first in (((), "pump"), (("--file-order", "path"), "harbour")):
        ran = lingua(
            "docs", "-o", "prompt.md", "--ratio", 4, "-q", ASKED, "--engine", "lexical", *order
        )
        text = Path("prompt.md").read_text()
        assert ran.code == 0 and text.startswith(f"==> docs/{first}.md <==\n")
        assert Path("prompt.md").is_file() and text.count("==> docs/") == len(TOPICS)
    lingua("docs", "-o", "prompt.md", "--engine", "truncate")
    assert Path("prompt.md").read_text().startswith("==> docs/harbour.md <==\n")
    printed = lingua(
        "docs", "--ratio", 4, "-q", ASKED, "--engine", "lexical", "--file-order", "relevance"
    )
    assert printed.out.startswith("==> docs/pump.md <==\n")


def test_what_ends_like_a_file_is_never_made_a_folder(lingua: Lingua) -> None:
    for output in ("a.txt", "b.tar.gz"):
        assert lingua("docs", "-o", output, "--engine", "truncate").code == 0
        assert Path(output).is_file()
    Path("old.d").mkdir()
    for output in ("tree", "new.d/", "old.d"):
        assert lingua("docs", "-o", output, "--engine", "truncate").code == 0
        assert (Path(output) / "docs/pump.md.ctx.md").is_file()


def test_one_file_for_many_takes_the_place_of_no_source(lingua: Lingua) -> None:
    before = Path("docs/pump.md").read_bytes()
    ran = lingua("docs", "-o", "docs/pump.md", "--engine", "truncate")
    assert ran.code == 1 and ran.error and Path("docs/pump.md").read_bytes() == before


@pytest.mark.parametrize(
    "options",
    [
        ("--file-order", "size"),
        ("--file-order", "relevance"),
        ("--print0", "--separator", "x"),
        ("--print0", "--json"),
        ("--file-order", "path", "-o", "tree"),
    ],
)
def test_options_without_effect_are_refused(lingua: Lingua, options: tuple[str, ...]) -> None:
    ran = lingua("docs", "--engine", "truncate", *options)
    assert ran.code == 2 and ran.error and not ran.out


# ---- front matter ---------------------------------------------------------------------------


def test_no_output_is_larger_than_its_source(lingua: Lingua) -> None:
    Path("docs/short.md").write_text("The pump failed on Monday. It was old. Nobody saw it.\n")
    ran = lingua("docs", "-o", "tree", "--engine", "truncate")
    for source in Path("docs").iterdir():
        text = Path(f"tree/docs/{source.name}.ctx.md").read_text()
        assert 0 < count(text) <= count(source.read_text())
        assert text.startswith("---\nctxc: ") == (source.name != "short.md")
    assert "tokens of front matter beside the budget, 1 too short for front matter" in ran.err


def test_an_output_without_front_matter_is_made_anew_and_pruned(lingua: Lingua) -> None:
    arguments = ("docs", "-o", "tree", "--engine", "truncate", "--no-front-matter")
    ran = lingua(*arguments)
    output = Path("tree/docs/pump.md.ctx.md")
    assert ran.code == 0 and "---\nctxc" not in output.read_text()
    assert "front matter" not in ran.err
    Path("docs/pump.md").write_text("A new text. " * 90 + "\n")
    assert lingua(*arguments).code == 0 and output.read_text().startswith("A new text.")
    output.write_text("Mine.\n")
    Path("docs/pump.md").write_text("Another text. " * 90 + "\n")
    ran = lingua(*arguments)
    assert ran.code == 1 and output.read_text() == "Mine.\n" and "is kept" in ran.err
    Path("docs/harbour.md").unlink()
    Path("docs/pump.md").unlink()
    assert lingua(*arguments, "--prune").code == 0
    assert not Path("tree/docs/harbour.md.ctx.md").exists() and output.read_text() == "Mine.\n"


# ---- line ends ------------------------------------------------------------------------------


def test_a_text_that_ended_its_line_comes_out_with_one(lingua: Lingua) -> None:
    for size in range(20, 60):
        ran = lingua("docs/pump.md", "--tokens", size, "--engine", "truncate")
        assert count(ran.out) <= size
        assert ran.out.endswith("\n") or count(ran.out + "\n") > size
    Path("open.txt").write_text("The pump failed on Monday. It was old. Nobody saw it")
    assert not lingua("open.txt", "--ratio", 2, "--engine", "truncate").out.endswith("\n")


def test_texts_end_in_nul_or_have_something_between(lingua: Lingua) -> None:
    some = ("docs/pump.md", "docs/orchard.md", "--ratio", 4, "--engine", "lexical")
    first, second, rest = lingua(*some, "--print0").out.split("\0")
    assert first.startswith("# The pump") and second.startswith("# The orchard") and not rest
    assert lingua(*some, "--separator", r"\t|\n").out == f"{first}\t|\n{second}"
    assert lingua(some[0], *some[2:], "--print0").out == f"{first}\0"


def test_a_shell_reads_every_line(lingua: Lingua, tmp_path: Path) -> None:
    command = f"{sys.executable} -m ctxc lingua docs/pump.md --tokens 50 --engine lexical --quiet"
    loop = f'{command} | while read -r line; do echo "<$line>"; done'
    root = Path(__file__).parents[1]
    environment = os.environ | {"PYTHONPATH": str(root)}
    ran = subprocess.run(["sh", "-c", loop], capture_output=True, text=True, env=environment)
    plain = subprocess.run(command.split(), capture_output=True, text=True, env=environment)
    assert plain.stdout.endswith("\n")
    assert ran.stdout == "".join(f"<{line}>\n" for line in plain.stdout.splitlines())
