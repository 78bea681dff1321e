"""Ignore files made to hang: matched in a time that grows with the name, or left out and named."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from command import Ran, runner
from pathspec import GitIgnoreSpec

from ctxc.cli.stats import stats
from ctxc.errors import UsageError
from ctxc.input.sources.globs import MOST_PATTERNS, spec_of

LONG = "a" * 200
STARS = "*a" * 30 + "*b"
DEEP = "**/" + "a/**/" * 10 + "b"


def seen(capsys: pytest.CaptureFixture[str], folder: Path, *options: object) -> Ran:
    return runner(stats, capsys)(folder, "--json", *options)


@pytest.mark.parametrize("file", [".gitignore", ".ctxcignore"])
@pytest.mark.parametrize(
    "pattern",
    [STARS, "!" + STARS, "/" + STARS, STARS + "/", "**/" + STARS, "*a*" * 20 + "?b",
     "*[a]" * 20 + "b", "a*" * 40 + "b", "*a**a" * 15 + "b", "*\\a" * 20 + "b", "x/**/" + STARS, "*?" * 30 + "b",  # noqa: E501
     "**" * 50 + "b", DEEP, "(a*)*" * 5 + "b"],
)  # fmt: skip
def test_no_pattern_hangs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], file: str, pattern: str
) -> None:
    # Unbounded, any of these takes longer than the universe is old.
    (tmp_path / file).write_text(pattern + "\nskipped.md\n")
    deep = tmp_path.joinpath(*["a"] * 30)
    deep.mkdir(parents=True)
    for path in (tmp_path / f"{LONG}.md", deep / f"{LONG}.md", tmp_path / "skipped.md"):
        path.write_text("The pump moves 340 litres.")
    ran = seen(capsys, tmp_path)
    assert ran.error is None and ran.out.count(f"{LONG}.md") == 2 and "skipped.md" not in ran.out


@pytest.mark.parametrize("pattern", [STARS, DEEP, "a" * 2_000])
def test_no_glob_hangs(tmp_path: Path, capsys: pytest.CaptureFixture[str], pattern: str) -> None:
    (tmp_path / f"{LONG}.md").write_text("The pump moves 340 litres.")
    ran = seen(capsys, tmp_path, "--glob", "!" + pattern)
    assert isinstance(ran.error, UsageError) if pattern != STARS else LONG in ran.out


def test_too_many_lines_are_named_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [f"name{number}.md" for number in range(60_000)]
    (tmp_path / ".gitignore").write_text("\n".join(["# a comment", "", *lines]))
    for name in ("name7.md", "name59999.md", "a.md"):
        (tmp_path / name).write_text("The pump moves 340 litres.")
    ran = seen(capsys, tmp_path)
    assert ran.err.count("patterns are too costly and left out") == 1
    assert f"{60_000 - MOST_PATTERNS:,} patterns" in ran.err and ".gitignore" in ran.err
    assert "name7.md" not in ran.out and "name59999.md" in ran.out


def test_what_lies_behind_the_last_line_read_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".gitignore").write_text("#" * 1_048_570 + "\na.m*\n*.md\n")
    (tmp_path / "b.md").write_text("The pump moves 340 litres.")
    ran = seen(capsys, tmp_path)
    assert "what lies behind 1 MB is not read" in ran.err and "b.md" in ran.out


def test_patterns_mean_what_they_mean_to_git() -> None:
    """Against the plain regular expressions, on short names where those end."""
    chance = random.Random(7)
    pieces = ["a", "b", "*", "**", "?", "/", "[ab]", "\\*", ".", "**/", "/**/", "ab"]
    names = [
        "".join(chance.choices("aab./*", k=chance.randint(1, 12))).strip("/") for _ in range(60)
    ]
    names = [name for name in names if name and "//" not in name]
    compared = 0
    for _ in range(1500):
        pattern = "".join(chance.choices(pieces, k=chance.randint(1, 8)))
        ours, left_out = spec_of([pattern])
        try:
            plain = GitIgnoreSpec.from_lines([pattern], backend="simple")
        except ValueError:
            continue
        if left_out:
            continue
        for name in names:
            compared += 1
            assert ours.match_file(name) == plain.match_file(name), (pattern, name)
    assert compared > 20_000
