"""The reading order of a PDF's page: columns one after the other, everything else row by row.

A page is cut where white space runs down between words over many rows (as in Nagy's XY cut, but
over a part of the height). Whether that space parts columns of text or cells of a table is told by
the order of the content stream, which mostly follows the author, and by how the sides are filled.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .pdf_page import Word, median
from .pdf_rows import Row, is_rtl, rows_of

_BINS = 480
_GUTTER = 0.75
"""Ems of white space between two columns at least."""
_LEAST_ROWS, _LEAST_WORDS = 2, 5
_EDGE = 2
"""Rows of a page's header or footer at most."""
_APART = 1.5
_DEEPEST = 8
_TRIES = 8
_PROSE_WORDS, _PROSE_ROWS, _PROSE_FILL = 3.5, 5, 0.55
_LABEL_WORDS = 2.5


@dataclass(frozen=True, slots=True)
class _Cut:
    """White space at ``x`` through the rows ``first:last``."""

    score: int
    first: int
    last: int
    x: float


def regions(words: Sequence[Word], depth: int = 0) -> Iterator[list[Row]]:
    """The rows of one region after the other, in reading order."""
    rows = rows_of(words)
    if not rows:
        return
    cuts = (_trimmed(cut, rows) for cut in _cuts(rows)) if depth < _DEEPEST else ()
    cut = next(filter(_parts_columns(rows), cuts), None)
    if cut is None:
        yield rows
        return
    above = [word for row in rows[: cut.first] for word in row.words]
    below = [word for row in rows[cut.last :] for word in row.words]
    inside = [word for row in rows[cut.first : cut.last] for word in row.words]
    left = [word for word in inside if _middle(word) < cut.x]
    right = [word for word in inside if _middle(word) >= cut.x]
    sides = (right, left) if is_rtl(inside) else (left, right)
    for part in (above, *sides, below):
        yield from regions(part, depth + 1)


def _middle(word: Word) -> float:
    return (word.start + word.end) / 2


def _cuts(rows: Sequence[Row]) -> list[_Cut]:
    """Where white space runs down, the longest first."""
    start = min(row.start for row in rows)
    width = max(max(row.end for row in rows) - start, 1.0)
    gutter = _GUTTER * median(row.size for row in rows)
    scale = _BINS / width
    left, right = np.zeros(_BINS, int), np.zeros(_BINS, int)
    since = np.zeros(_BINS, int)
    best: dict[tuple[int, int], _Cut] = {}
    edges = np.arange(_BINS)
    for at, row in enumerate([*rows, None]):
        blocked = _blocked(row, start, scale, gutter) if row is not None else np.ones(_BINS, bool)
        for b in np.flatnonzero(blocked & (np.minimum(left, right) >= _LEAST_ROWS)):
            key = (int(since[b]), at)
            score = int(min(left[b], right[b]))
            if key not in best or best[key].score < score:
                x = start + (b + 0.5) / scale - gutter / 2
                best[key] = _Cut(score, key[0], at, x)
        left[blocked] = right[blocked] = 0
        since[blocked] = at + 1
        if row is not None:
            left += ~blocked & (edges > (row.start - start) * scale)
            right += ~blocked & (edges < (row.end - start) * scale)
    return sorted(best.values(), key=lambda cut: (-cut.score, cut.first - cut.last))[:_TRIES]


def _trimmed(cut: _Cut, rows: Sequence[Row]) -> _Cut:
    """The cut without what stands apart above and below it, on one side only.

    A page's header and its number do, and what follows both columns: it comes behind them in
    the stream.
    """
    inside = rows[cut.first : cut.last]
    sides = [{_middle(word) < cut.x for word in row.words} for row in inside]
    usual = median(one.base - other.base for one, other in pairwise(inside))
    first, last = 0, len(inside)
    for at in range(1, min(_EDGE, last) + 1):
        apart = at < last and inside[at - 1].base - inside[at].base > _APART * usual
        if apart and all(len(side) == 1 for side in sides[:at]):
            first = at
    while last > first + 1 and len(sides[last - 1]) == 1:
        last -= 1
    behind = _end_of_columns(inside, sides, last)
    for at in range(len(inside) - 1, last - 1, -1):
        apart = inside[at - 1].base - inside[at].base > _APART * usual
        if apart and (len(inside) - at <= _EDGE or _order(inside[at:]) > behind):
            return _Cut(cut.score, cut.first + first, cut.first + at, cut.x)
    return _Cut(cut.score, cut.first + first, cut.last, cut.x)


def _end_of_columns(rows: Sequence[Row], sides: Sequence[set[bool]], last: int) -> int:
    """Where in the stream the side ends that does not go on below row ``last``."""
    going_on = sides[last] if last < len(sides) else set()
    return max(
        (word.order for row, side in zip(rows, sides, strict=True) for word in row.words
         if side != going_on), default=0,
    )  # fmt: skip


def _order(rows: Sequence[Row]) -> int:
    return min(word.order for row in rows for word in row.words)


def _blocked(row: Row, start: float, scale: float, gutter: float) -> np.ndarray:
    """The places where a gutter that ends there would touch a word."""
    out = np.zeros(_BINS, bool)
    for word in row.words:
        first = math.ceil((word.start - start) * scale)
        out[max(0, first) : int((word.end + gutter - start) * scale)] = True
    return out


def _parts_columns(rows: Sequence[Row]) -> Callable[[_Cut], bool]:
    return lambda cut: _Sides.of(rows[cut.first : cut.last], cut.x).are_columns()


@dataclass(frozen=True, slots=True)
class _Sides:
    """What stands left and right of a cut: rows of words on each side."""

    left: list[Row]
    right: list[Row]
    switches: int
    aligned: float

    @classmethod
    def of(cls, rows: Sequence[Row], x: float) -> _Sides:
        words = [word for row in rows for word in row.words]
        left = rows_of(word for word in words if _middle(word) < x)
        right = rows_of(word for word in words if _middle(word) >= x)
        sides = [_middle(word) < x for word in sorted(words, key=lambda word: word.order)]
        switches = sum(one != other for one, other in pairwise(sides))
        bases = sorted(row.base for row in right)
        tight = 0.15 * median(row.size for row in rows)
        near = sum(_has_near(bases, row.base, tight) for row in left)
        return cls(left, right, switches, near / max(1, min(len(left), len(right))))

    def are_columns(self) -> bool:
        """Whether each side is read on its own."""
        pair = (self.left, self.right)
        if any(len(side) < _LEAST_ROWS or _count(side) < _LEAST_WORDS for side in pair):
            return False
        if any(_is_markers(side) for side in pair):
            return False
        words = min(_count(side) / len(side) for side in pair)
        if self.switches <= 1 + 0.02 * len(self.left):
            return self.aligned < 0.8 or words > _LABEL_WORDS
        long = all(len(side) >= _PROSE_ROWS and _fill(side) >= _PROSE_FILL for side in pair)
        return long and words >= _PROSE_WORDS


def _has_near(ordered: list[float], value: float, tight: float) -> bool:
    at = bisect_left(ordered, value - tight)
    return at < len(ordered) and ordered[at] <= value + tight


def _count(rows: Sequence[Row]) -> int:
    return sum(len(row.words) for row in rows)


def _fill(rows: Sequence[Row]) -> float:
    """How much of its side's width a middling row takes."""
    start, end = min(row.start for row in rows), max(row.end for row in rows)
    return median(row.end - row.start for row in rows) / max(end - start, 1.0)


def _is_markers(rows: Sequence[Row]) -> bool:
    """Whether a side is bullets, numbers or letters that begin items."""
    short = sum(len(row.words) == 1 and len("".join(row.words[0].glyphs)) <= 4 for row in rows)
    return short >= 0.8 * len(rows)
