"""Tables of a PDF's page: by their rules where they have any, else by cells in columns."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .pdf_page import Rule, Word, median
from .pdf_rows import Row, is_rtl, rows_of, text_of
from .pipes import pipe_table

_TOUCH = 2.5
_MOST_RULES = 1_500
_MOST_LINES = 200
_GAP = 0.9
"""Ems between two cells at least."""
_TIGHT = 1.45
"""Ems from a line to the next one within a cell at most."""
_LEAST_FILLED = 0.4


def ruled(words: Sequence[Word], rules: Sequence[Rule]) -> list[Word]:
    """The words, with those of each ruled table as one word that holds the table's text."""
    left = list(words)
    for grid in _grids(rules):
        inside = [word for word in left if grid.holds(word)]
        text = grid.text(inside) if inside else ""
        if text:
            first = min(inside, key=lambda word: word.order)
            size = median(word.size for word in inside)
            block = Word(
                [], grid.columns[0], grid.columns[-1], grid.rows[-1] - size, size, first.turn,
                first.order, lines=text,
            )  # fmt: skip
            left = [word for word in left if not grid.holds(word)] + [block]
    return left


@dataclass(frozen=True, slots=True)
class _Grid:
    """Rules that touch: the places of its columns from the left and of its rows from below."""

    columns: list[float]
    rows: list[float]
    uprights: list[Rule]
    levels: list[Rule]

    def holds(self, word: Word) -> bool:
        x, y = (word.start + word.end) / 2, word.base + 0.3 * word.size
        inside = self.columns[0] <= x <= self.columns[-1] and self.rows[0] <= y <= self.rows[-1]
        return inside and not word.lines

    def text(self, words: Sequence[Word]) -> str:
        """The table as text; "" where it is a frame around text rather than a table."""
        cells: dict[tuple[int, int], list[Word]] = {}
        for word in words:
            cells.setdefault(self._cell(word), []).append(word)
        filled = {row for row, _ in cells}, {column for _, column in cells}
        if min(map(len, filled)) < 2:
            return ""
        if len(cells) < _LEAST_FILLED * len(filled[0]) * len(filled[1]):
            return ""
        order = sorted(filled[1], reverse=is_rtl(words))
        table = [
            [_cell_text(cells.get((row, column), [])) for column in order]
            for row in sorted(filled[0], reverse=True)
        ]
        return pipe_table(table)

    def _cell(self, word: Word) -> tuple[int, int]:
        """Row and column of a word; a cell over several columns or rows counts as its first."""
        x, y = (word.start + word.end) / 2, word.base + 0.3 * word.size
        column = max(0, min(bisect_right(self.columns, x), len(self.columns) - 1) - 1)
        row = max(0, min(bisect_right(self.rows, y), len(self.rows) - 1) - 1)
        while column and not _crosses(self.uprights, self.columns[column], y):
            column -= 1
        while row < len(self.rows) - 2 and not _crosses(self.levels, self.rows[row + 1], x):
            row += 1
        return row, column


def _crosses(rules: Sequence[Rule], level: float, at: float) -> bool:
    return any(
        abs(rule.level - level) <= _TOUCH and rule.start - _TOUCH <= at <= rule.end + _TOUCH
        for rule in rules
    )


def _cell_text(words: Sequence[Word]) -> str:
    return " ".join(text_of(row.words) for row in rows_of(words))


def _grids(rules: Sequence[Rule]) -> Iterator[_Grid]:
    """The groups of rules that touch and have rows and columns."""
    if len(rules) > _MOST_RULES:
        return
    for group in _groups(rules):
        uprights = [rule for rule in group if rule.upright]
        levels = [rule for rule in group if not rule.upright]
        columns = _places(rule.level for rule in uprights)
        rows = _places(rule.level for rule in levels)
        if 3 <= len(columns) <= _MOST_LINES and 3 <= len(rows) <= _MOST_LINES:
            yield _Grid(columns, rows, uprights, levels)


def _groups(rules: Sequence[Rule]) -> list[list[Rule]]:
    """Rules by whether they touch one another (each rule's group is found by its least member)."""
    of = list(range(len(rules)))

    def root(at: int) -> int:
        while of[at] != at:
            of[at] = of[of[at]]
            at = of[at]
        return at

    uprights = [at for at, rule in enumerate(rules) if rule.upright]
    for level in (at for at, rule in enumerate(rules) if not rule.upright):
        for upright in uprights:
            if _touch(rules[level], rules[upright]):
                of[root(level)] = root(upright)
    groups: dict[int, list[Rule]] = {}
    for at, rule in enumerate(rules):
        groups.setdefault(root(at), []).append(rule)
    return list(groups.values())


def _touch(level: Rule, upright: Rule) -> bool:
    return (
        level.start - _TOUCH <= upright.level <= level.end + _TOUCH
        and upright.start - _TOUCH <= level.level <= upright.end + _TOUCH
    )


def _places(levels: Iterator[float]) -> list[float]:
    """Places in order, those that are hardly apart once."""
    out: list[float] = []
    for level in sorted(levels):
        if not out or level - out[-1] > _TOUCH:
            out.append(level)
    return out


@dataclass(frozen=True, slots=True)
class _Columns:
    """The free places between a table's columns, as ``(start, end)`` from the left.

    ``first``, ``last``: how far its rows reach.
    """

    gaps: list[tuple[float, float]]
    first: float = math.inf
    last: float = -math.inf

    def with_row(self, row: Row, least: float) -> _Columns:
        """The gaps that are left when one more row is there."""
        gaps = []
        for start, end in self.gaps:
            for word in row.words:
                if word.start < end and word.end > start:
                    if word.start - start >= least:
                        gaps.append((start, word.start))
                    start = max(start, word.end)
            if end - start >= least:
                gaps.append((start, end))
        return _Columns(gaps, min(self.first, row.start), max(self.last, row.end))

    def inner(self) -> list[float]:
        """The middles of the gaps that have words on both sides."""
        inside = (gap for gap in self.gaps if gap[0] >= self.first and gap[1] <= self.last)
        return [(start + end) / 2 for start, end in inside]


def bare(rows: Sequence[Row]) -> Iterator[Row | list[list[str]]]:
    """The rows of a region, with runs of rows whose cells stand below one another as tables."""
    at = 0
    while at < len(rows):
        size, middles = _run(rows, at)
        if size < 2:
            yield rows[at]
            at += 1
            continue
        yield _table(rows[at : at + size], middles)
        at += size


def _run(rows: Sequence[Row], first: int) -> tuple[int, list[float]]:
    """How many rows from ``first`` on are one table, and where its columns part."""
    least = _GAP * rows[first].size
    if rows[first].words[0].lines or len(rows[first].pieces(least)) < 2:
        return 0, []
    columns = _Columns([(-1e9, 1e9)])
    good: tuple[int, list[float]] = (0, [])
    full = 0
    for at in range(first, len(rows)):
        row = rows[at]
        columns = columns.with_row(row, least)
        middles = columns.inner()
        cells = len(row.pieces(least))
        tight = at > first and rows[at - 1].base - row.base <= _TIGHT * row.size
        if row.words[0].lines or not middles or (cells < 2 and not tight):
            break
        if at - first >= 200 and not full:
            break
        full += cells >= 2
        if full >= 2:
            good = (at - first + 1, middles)
    return good if not _is_list(rows[first : first + good[0]], good[1]) else (0, [])


def _is_list(rows: Sequence[Row], middles: Sequence[float]) -> bool:
    """Whether the first column is the markers of items."""
    if not middles:
        return True
    firsts = [[word for word in row.words if word.end <= middles[0]] for row in rows]
    texts = ["".join(words[0].glyphs) if len(words) == 1 else " " * 9 for words in firsts if words]
    markers = sum(len(text) <= 4 and not text.isdecimal() for text in texts)
    return len(middles) == 1 and markers >= 0.8 * len(texts)


def _table(rows: Sequence[Row], middles: Sequence[float]) -> list[list[str]]:
    """Rows of cells; a line that goes on in the row above it is joined to that."""
    rtl = is_rtl(word for row in rows for word in row.words)
    out: list[list[str]] = []
    before: Row | None = None
    for row in rows:
        split: list[list[Word]] = [[] for _ in range(len(middles) + 1)]
        for word in row.words:
            split[bisect_right(middles, (word.start + word.end) / 2)].append(word)
        cells = [text_of(words) for words in split]
        if rtl:
            cells.reverse()
        if before is not None and out and _goes_on(out[-1], cells, before, row):
            out[-1] = [f"{one} {other}".strip() for one, other in zip(out[-1], cells, strict=True)]
        else:
            out.append(cells)
        before = row
    return out


def _goes_on(above: Sequence[str], cells: Sequence[str], before: Row, row: Row) -> bool:
    """Whether a row without a first cell continues the words of the one above."""
    if cells[0] or before.base - row.base > _TIGHT * row.size:
        return False
    filled = [at for at, cell in enumerate(cells) if cell]
    fewer = len(filled) < sum(map(bool, above))
    return fewer and all(_is_words(above[at]) for at in filled)


def _is_words(cell: str) -> bool:
    return sum(map(str.isalpha, cell)) > 0.6 * len(cell.replace(" ", ""))
