"""Words and ruled lines by their places on a page, and how they are turned upright."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

_STRAIGHT = 1.0
"""Points by which a rule may be off the horizontal or the vertical."""


@dataclass(slots=True)
class Word:
    """Glyphs that stand together. Places are points, along and across the line of writing.

    ``turn``: degrees by which the line is turned; ``order``: place in the stream; ``spelled``:
    its text is in reading order whatever its script; ``lines``: it is a block already
    (a table), as text, and reaches down to ``bottom``.
    """

    glyphs: list[str]
    start: float
    end: float
    base: float
    size: float
    turn: int
    order: int
    spelled: bool = False
    lines: str = ""

    def goes_on(
        self, x: float, y: float, size: float, turn: int, space: float, back: float
    ) -> bool:
        """Whether a glyph at ``x``, ``y`` belongs to this word."""
        em = max(self.size, size)
        return (
            turn == self.turn
            and abs(y - self.base) < 0.05 * em
            and abs(size - self.size) < 0.1 * em
            and -back * em < x - self.end < space * em
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line: ``level`` is its height (or its distance from the left where upright)."""

    upright: bool
    level: float
    start: float
    end: float

    @classmethod
    def of(cls, x: float, y: float, to_x: float, to_y: float) -> Rule | None:
        """The rule between two points; None where it is slanted, or no more than a dot."""
        if not all(map(math.isfinite, (x, y, to_x, to_y))):
            return None
        wide, high = abs(to_x - x), abs(to_y - y)
        if max(wide, high) < 3 or min(wide, high) > _STRAIGHT:
            return None
        if wide > high:
            return cls(False, (y + to_y) / 2, min(x, to_x), max(x, to_x))
        return cls(True, (x + to_x) / 2, min(y, to_y), max(y, to_y))

    def turned(self, turn: int) -> Rule:
        if not turn:
            return self
        ends = [(self.level, self.start), (self.level, self.end)]
        if not self.upright:
            ends = [(y, x) for x, y in ends]
        (x, y), (to_x, to_y) = (turned(*end, turn) for end in ends)
        return Rule.of(x, y, to_x, to_y) or self


def turned(x: float, y: float, degrees: int) -> tuple[float, float]:
    """A point in the axes of writing that is turned by ``degrees``: along, and across (up)."""
    if not degrees:
        return x, y
    angle = math.radians(degrees)
    cos, sin = math.cos(angle), math.sin(angle)
    return x * cos + y * sin, y * cos - x * sin


def median(values: Iterable[float]) -> float:
    """The middle value, the upper one of two; 0 without any."""
    ordered = sorted(values)
    return ordered[len(ordered) // 2] if ordered else 0.0
