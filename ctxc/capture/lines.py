"""Some lines of a kept original: by their numbers, or those that match."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from ..errors import UsageError

_RANGE = re.compile(r"(\d{1,18})(?:(-)(\d{1,18})?)?")


@dataclass(frozen=True, slots=True)
class Range:
    """Lines ``first`` to ``last``, both included, from 1; None: to the end."""

    first: int
    last: int | None

    def __contains__(self, number: int) -> bool:
        return self.first <= number and (self.last is None or number <= self.last)


def range_of(text: str) -> Range:
    """``12-40``, ``12-``, ``12``. Raises UsageError.

    >>> range_of("12-")
    Range(first=12, last=None)
    """
    match = _RANGE.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"--lines {text!r} is no range", hint="as in 12-40, 12- or 12")
    first = int(match[1])
    last = int(match[3]) if match[3] else None if match[2] else first
    if first < 1 or (last is not None and last < first):
        raise UsageError(f"--lines {text} holds no line", hint="lines count from 1: 12-40")
    return Range(first, last)


def pattern_of(text: str) -> re.Pattern[str]:
    """Raises UsageError."""
    try:
        return re.compile(text)
    except re.error as error:
        raise UsageError(f"--grep {text!r} is no regular expression: {error}") from None


def lines_in(file: IO[bytes], lines: Range) -> Iterator[tuple[int, bytes]]:
    """``(number, line)``, each with its line feed."""
    for number, line in enumerate(file, 1):
        if number in lines:
            yield number, line
        elif lines.last is not None and number > lines.last:
            return


def lines_matching(file: IO[bytes], pattern: re.Pattern[str]) -> Iterator[tuple[int, bytes]]:
    """``(number, line)`` of each line in which ``pattern`` matches."""
    for number, line in enumerate(file, 1):
        if pattern.search(line.rstrip(b"\r\n").decode("utf-8", "replace")):
            yield number, line
