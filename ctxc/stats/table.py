"""Plain tables for stdout: aligned columns, no colours, safe for any file name.

No rich here: a file name like ``[/b]`` is markup to it.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field

from ..console import plain


@dataclass(frozen=True, slots=True)
class Column:
    """A header, and whether its cells are numbers (aligned to the right)."""

    name: str
    number: bool = False


@dataclass
class Table:
    """Rows under columns. ``rule()`` draws a line before what follows (a total)."""

    columns: list[Column]
    rows: list[list[str] | None] = field(default_factory=list)

    def add(self, *cells: object) -> None:
        self.rows.append([plain(cell) for cell in cells])

    def rule(self) -> None:
        self.rows.append(None)

    def lines(self) -> list[str]:
        """The table as lines of text, without trailing blanks."""
        names = [column.name for column in self.columns]
        filled = [row for row in self.rows if row is not None]
        widths = [
            max([width(name), *(width(row[place]) for row in filled)])
            for place, name in enumerate(names)
        ]
        rule = "  ".join("-" * wide for wide in widths)
        body = (rule if row is None else self._line(row, widths) for row in self.rows)
        return [self._line(names, widths), *body]

    def _line(self, cells: list[str], widths: list[int]) -> str:
        padded = []
        for cell, wide, column in zip(cells, widths, self.columns, strict=True):
            gap = " " * (wide - width(cell))
            padded.append(gap + cell if column.number else cell + gap)
        return "  ".join(padded).rstrip()


def width(text: str) -> int:
    """Columns ``text`` takes on a terminal.

    >>> width("ab"), width("\u4e2d\u6587"), width("e\u0301")
    (2, 4, 1)
    """
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )
