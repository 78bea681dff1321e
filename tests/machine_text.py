"""Outputs of real programs (tests/fixtures/kinds), their units, and the best of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from unit_subsets import closure, units

from ctxc.document import Segment

FIXTURES = Path(__file__).parent / "fixtures" / "kinds"

LANGUAGES = {
    "prose": "The pump failed at night. An error in the valve was the cause, said the report.\n\n"
    "Nobody was hurt, and the plant ran again on Monday.\n",
    "markdown": "# Errors\n\n- a failed login\n- an error page\n\n"
    "1) First, fail fast.\n2) Then, test.\n",
    "transcript": "Anna: The build failed again.\nBen: Which error?\nAnna: Exit code 1.\n" * 4,
    "list": "1) error handling\n2) failure modes\n3) tests\n4) logs\n",
    "csv": "time,level,message\n2026-01-01 10:00:00,ERROR,a\n2026-01-01 10:00:01,INFO,b\n" * 3,
    "subtitles": "1\n00:00:01,000 --> 00:00:02,000\nIt failed.\n\n"
    "2\n00:00:03,000 --> 00:00:04,000\nAh.\n",
    "code": "def test_error():\n    raise ValueError('failed')\n\n\n"
    "class BuildError(Exception):\n    pass\n",
    "json": '{"error": "failed", "at": "2026-01-01T10:00:00Z"}\n',
    "listing": "-rw-r--r-- 1 me me 12 2026-01-01 10:00:00 error.log\n" * 5,
    "poem": "And when at last the panic: the night,\nthe failing light at one,\nwe ran.\n",
}


def names(folder: str) -> list[str]:
    return sorted(p.name for p in (FIXTURES / folder).glob("*.txt"))


@cache
def fixture(folder: str, name: str) -> str:
    return (FIXTURES / folder / name).read_text(encoding="utf-8")


def everything() -> list[tuple[str, str]]:
    """(kind, text) of every fixture of the four kinds that go by lines."""
    folders = ("tests", "traceback", "build", "log")
    return [(kind, fixture(kind, name)) for kind in folders for name in names(kind)]


def piece(text: str, segments: Sequence[Segment], start: str) -> int:
    """The index of the first segment whose text begins with ``start``, white space aside."""
    for index, segment in enumerate(segments):
        if segment.core(text).lstrip().startswith(start):
            return index
    raise AssertionError(f"no unit begins with {start!r}")


def best(text: str, kind: str, budget: int) -> str:
    """The units by salience, with their ties, in ``budget`` characters; repeats last."""
    segments = units(text, kind)
    order = sorted(
        range(len(segments)), key=lambda i: (segments[i].folds >= 0, -segments[i].salience, i)
    )
    kept: set[int] = set()
    for index in order:
        more = set(closure(segments, {index})) - kept
        size = sum(segments[i].end - segments[i].start for i in more)
        if size <= budget:
            kept |= more
            budget -= size
    return "\n".join(segments[i].core(text) for i in sorted(kept))
