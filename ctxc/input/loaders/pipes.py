"""Rows of cells -> a Markdown pipe table."""

from __future__ import annotations

from collections.abc import Sequence

WIDEST = 1000
"""Columns of a table; what a hostile document has beyond that is joined into the last one."""


def pipe_table(rows: Sequence[Sequence[str]]) -> str:
    """The table, its first row as the header; "" where no cell holds anything.

    >>> print(pipe_table([["a", "b|c"], ["1"]]))
    | a | b\\|c |
    | --- | --- |
    | 1 |  |
    """
    cut = [[_cell(cell) for cell in _narrow(row)] for row in rows]
    cut = [row for row in cut if any(row)]
    if not cut:
        return ""
    width = max(len(row) for row in cut)
    lines = ["| " + " | ".join([*row, *[""] * (width - len(row))]) + " |" for row in cut]
    lines.insert(1, "|" + " --- |" * width)
    return "\n".join(lines)


def _narrow(row: Sequence[str]) -> Sequence[str]:
    if len(row) <= WIDEST:
        return row
    return [*row[: WIDEST - 1], " ".join(row[WIDEST - 1 :])]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
