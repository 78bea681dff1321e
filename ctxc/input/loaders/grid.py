"""Tables whose cells span rows and columns -> plain rows, each cell under its own header."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDEST = 1000
"""Columns a cell may span (HTML's own limit); more is what only a hostile file says."""

ITEM = "\0"
"""Begins a list item inside a table's cell until the table's end tells whether it has rows."""

_MOST_ROWS = 5000
_LONGEST_REPEATED = 200
_MOST_REPEATED = 200_000


@dataclass(slots=True)
class Cell:
    """A cell's text, the columns and rows it spans (1 or more), and whether it is a header."""

    text: str
    columns: int = 1
    rows: int = 1
    header: bool = False


def spread(rows: Sequence[Sequence[Cell]]) -> list[list[str]]:
    """Rows of cells without spans; several header rows become one.

    A cell that spans rows stands in each of them, for a row may be read without
    its neighbours; a header that spans columns stands over each of them, any
    other cell in the first one. Characters that are repeated are bounded.

    >>> spread([[Cell("Child", rows=2), Cell("5 EUR")], [Cell("0 EUR")]])
    [['Child', '5 EUR'], ['Child', '0 EUR']]
    """
    out: list[list[str]] = []
    pending: dict[int, tuple[int, str]] = {}  # column -> rows still covered, text
    left = _MOST_REPEATED
    for row in rows:
        line: list[str] = []
        for cell in row:
            left = _covered(line, pending, left)
            span = max(1, min(cell.columns, WIDEST))
            again = cell.text if cell.header and len(cell.text) <= _LONGEST_REPEATED else ""
            texts = [cell.text] + [again if left > 0 else ""] * (span - 1)
            left -= len(again) * (span - 1)
            if cell.rows > 1:
                below = min(cell.rows, _MOST_ROWS) - 1
                pending.update((len(line) + at, (below, text)) for at, text in enumerate(texts))
            line += texts
        left = _covered(line, pending, left)
        out.append(line)
    return _one_header(out, _header_rows(rows))


def _covered(line: list[str], pending: dict[int, tuple[int, str]], left: int) -> int:
    """Add the cells that rows above reach down into here; the characters left to repeat."""
    while (at := len(line)) in pending:
        rows, text = pending.pop(at)
        if rows > 1:
            pending[at] = (rows - 1, text)
        if len(text) > _LONGEST_REPEATED or left <= 0:
            text = ""
        left -= len(text)
        line.append(text)
    return left


def _header_rows(rows: Sequence[Sequence[Cell]]) -> int:
    """How many rows at the top hold headers only; 0 where nothing stands below them."""
    for count, row in enumerate(rows):
        if not row or not all(cell.header for cell in row):
            return count
    return 0


def _one_header(rows: list[list[str]], count: int) -> list[list[str]]:
    """The first ``count`` rows joined column by column: ``2025, price``."""
    if count < 2:
        return rows
    joined = []
    for at in range(max(map(len, rows[:count]))):
        names = [row[at] for row in rows[:count] if at < len(row) and row[at]]
        joined.append(", ".join(dict.fromkeys(names)))
    return [joined, *rows[count:]]


def in_a_line(cell: str) -> str:
    """A cell's blocks in one line, its list items apart."""
    pieces = (" ".join(piece.split()) for piece in cell.split(ITEM))
    return "; ".join(piece for piece in pieces if piece)


def in_a_cell(rows: list[list[str]], header: bool) -> str:
    """A table inside a cell as one line: its rows apart, each value under its header's name."""
    names = rows[0] if header and len(rows) > 1 else []
    lines = []
    for row in rows[1:] if names else rows:
        if names:
            named = (f"{name} {cell}".strip() for name, cell in zip(names, row, strict=False))
            lines.append(", ".join([*named, *row[len(names) :]]))
        else:
            lines.append(", ".join(cell for cell in row if cell))
    return "; ".join(line for line in lines if line)
