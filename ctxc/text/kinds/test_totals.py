"""What a test report counts itself: how many of how many tests failed, and which.

Only where one total stands in the report: of several runs none is the whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .failures import failures
from .templates import plain, unstamped

_COUNT = re.compile(
    r"(\d+) (failed|failures?|errors?|passed|skipped|ignored|xfailed|xpassed|pending|todo"
    r"|total)\b"
)
_ALL = re.compile(r"(?:Ran )?(\d+) (?:tests|runs|examples|specs)\b(?! (?:failed|passed))")
_TOTAL = re.compile(
    r"={3,} .*\b\d+ (?:failed|passed)\b.* ={3,}$|Tests: +.*\d+ total|test result: "
    r"|Ran \d+ tests? in"
    r"|\d+ (?:runs|examples), "
)
_UNITTEST = re.compile(r"FAILED \(")
_ASSIGNED = re.compile(r"(failures|errors)=(\d+)")
_BAD = frozenset(("failed", "failure", "failures", "error", "errors"))
_BESIDE = (
    re.compile(r"_{3,} (.+?) _{3,}$"),
    re.compile(r"(?:FAIL|ERROR): (\S+)(?: \(.*\))?$"),
    re.compile(r"---- (.+) stdout ----$"),
    re.compile(r"\s*● (.+)$"),
    re.compile(r"rspec \./\S+ # (.+)$"),
    re.compile(r"(\S+#\S+) \[[^\]]+\]:$"),
    re.compile(r"(\S+#\S+):$"),
)


@dataclass(frozen=True, slots=True)
class Totals:
    """``failed`` of ``tests`` by the runner's own count; ``names`` only where there are as many."""

    failed: int
    tests: int
    names: tuple[str, ...] = ()

    def sentence(self, *, named: bool) -> str:
        """The line that says so.

        >>> Totals(2, 9, ("test_a", "test_b")).sentence(named=True)
        '2 of 9 tests failed: test_a, test_b'
        """
        text = f"{self.failed} of {self.tests} tests failed"
        return f"{text}: {', '.join(self.names)}" if named and self.names else text


def totals_of(text: str) -> Totals | None:
    """The totals of a report; None where it has none of its own, or several, or nothing failed."""
    lines = [unstamped(plain(line[:1500])) for line in text.splitlines()]
    rows = [i for i, line in enumerate(lines) if _TOTAL.match(line)]
    if len(rows) != 1:
        return None
    failed, tests = _counts(lines, rows[0])
    if not 0 < failed <= tests:
        return None
    names = _names(lines)
    return Totals(failed, tests, names if len(names) == failed else ())


def _counts(lines: Sequence[str], row: int) -> tuple[int, int]:
    """Failed tests and all of them, in the line ``row`` or, of unittest, below it."""
    line = lines[row]
    whole = _ALL.match(line)
    counts = [(int(number), word) for number, word in _COUNT.findall(line)]
    if line.startswith("Ran ") and whole:
        verdict = next((t for t in lines[row + 1 : row + 4] if _UNITTEST.match(t)), "")
        return sum(int(n) for _, n in _ASSIGNED.findall(verdict)), int(whole[1])
    failed = sum(number for number, word in counts if word in _BAD)
    total = next((number for number, word in counts if word == "total"), 0)
    if whole or total:
        return failed, int(whole[1]) if whole else total
    return failed, sum(number for number, _ in counts)


def _names(lines: Sequence[str]) -> tuple[str, ...]:
    """The names of failed tests, each once, in order."""
    names: dict[str, None] = {}
    for failure in failures(lines):
        for line in lines[failure.first : failure.first + 2]:
            match = next((m for p in _BESIDE if (m := p.match(line))), None)
            if match:
                names.setdefault(match[1].strip(), None)
                break
    return tuple(names)
