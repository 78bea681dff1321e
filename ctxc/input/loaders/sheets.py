"""The cells of a spreadsheet -> tables under their headers: one for each stretch of filled rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from .pipes import pipe_table


def tables(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Markdown blocks of a sheet, top to bottom.

    Empty rows part tables, empty columns around them go; a row of one cell above a
    table is its title, and a stretch of one column is lines. The work is linear in
    the cells given.
    """
    stretch: list[Sequence[str]] = []
    for row in rows:
        if any(cell.strip() for cell in row):
            stretch.append(row)
        elif stretch:
            yield from _blocks(stretch)
            stretch = []
    if stretch:
        yield from _blocks(stretch)


def _blocks(rows: list[Sequence[str]]) -> Iterator[str]:
    at = 0
    while at < len(rows) and sum(bool(cell.strip()) for cell in rows[at]) == 1:
        at += 1
    titles, rest = (rows[:at], rows[at:]) if at < len(rows) else (rows, [])
    for row in titles:
        yield " ".join(" ".join(cell.split()) for cell in row if cell.strip())
    if rest:
        first = min(_first(row) for row in rest)
        last = max(_last(row) for row in rest)
        yield pipe_table([row[first:last] for row in rest])


def _first(row: Sequence[str]) -> int:
    return next((at for at, cell in enumerate(row) if cell.strip()), len(row))


def _last(row: Sequence[str]) -> int:
    return next((at + 1 for at in range(len(row) - 1, -1, -1) if row[at].strip()), 0)
