"""Aligned columns: what ``ls -l``, ``ps``, ``df``, ``kubectl get``, psql and sqlite print.

Told by columns of blanks that run through all lines of a stretch, or by rulers between cells.
Units: a row; its header (with a ruler below it) is what it needs. The last line of a total, or of
how many rows there are, is a verdict. Rows are compared column by column.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from os.path import commonprefix

from ..segment.builder import Builder
from ..segment.lines import Line
from . import Passage
from .csv_text import cell_of
from .data_marks import mark_rows
from .data_tree import Node, number_of

_RULER = re.compile(r"\s*[-+=|─┼├┤┌┐└┘┬┴━╇│╪═╞╡ ]{3,}\s*$")
_DASHES = re.compile(r"(?:[-=─━═]{2,}|[-+]{3,})")
_FOOTER = re.compile(r"\s*(?:\(?\d+ rows?\b.*|total\b.*|(?:sum|subtotal|net)\b.*)$", re.IGNORECASE)
_TOKEN = re.compile(r"\S+(?: \S+)*")
_LEAST = 3  # lines of a table
_LEAST_NARROW = 4  # where columns are only one blank apart
_SAMPLE = 200  # lines in which columns are looked for
_WIDEST = 400  # characters of a line in which columns are looked for
_TIMED = re.compile(
    r"\s*[\[(]?(?:\d{2,4}[-/.]\d\d[-/.]\d\d|\d\d:\d\d:\d\d"
    r"|\d\d-\d\d \d\d:|[A-Z][a-z]{2} [ \d]\d \d\d:)"
)
_FRAME = re.compile(r"\s+at \S+\(|\s+File \"[^\"]{1,400}\", line \d")
_COLUMNS = 3
_STRAY = 0.1  # of the lines may have something in a column of blanks
_SHARE = 0.8  # of a text's lines must be tables


def detect(passage: Passage) -> float:
    """0.75 for tables with a header or a ruler, 0.6 without, 0 for anything else."""
    if passage.media_type in ("text/html", "application/pdf", "text/markdown"):
        return 0.0
    lines = list(passage.lines[:_SAMPLE])
    spans = _stretches(lines)
    solid = sum(not line.blank for line in lines)
    if sum(_TIMED.match(line.text) is not None for line in lines) * 2 > solid:
        return 0.0  # a log: its times stand in a column of their own
    tables = [span for span in spans if _columns(lines[slice(*span)])]
    if not solid or sum(last - first for first, last in tables) < _SHARE * solid:
        return 0.0
    end = passage.lines[-_SAMPLE // 2 :]
    if any(_FRAME.match(line.text) for line in (*lines, *end)) or not _goes_on(end):
        return 0.0
    first, last = tables[0]
    if _is_pipe_table(lines[first:last]):
        return 0.0
    return 0.75 if _has_header(lines[first:last]) else 0.6


def _goes_on(lines: Sequence[Line]) -> bool:
    """Whether the end of a long text still is in columns."""
    solid = sum(not line.blank for line in lines)
    if solid < _SAMPLE // 4:
        return True
    rows = [span for span in _stretches(lines) if _columns(lines[slice(*span)])]
    return sum(last - first for first, last in rows) >= _SHARE * solid


def blocks(lines: Sequence[Line]) -> list[tuple[int, int]]:
    """Stretches between blank lines that are tables with a header."""
    out = []
    for first, last in _stretches(lines):
        stretch = lines[first:last]
        if _columns(stretch) and _has_header(stretch) and not _is_pipe_table(stretch):
            out.append((first, last))
    return out


def _is_pipe_table(lines: Sequence[Line]) -> bool:
    """Whether Markdown has a name for it."""
    return len(lines) > 1 and lines[1].text.strip()[:1] in "|:" and "|" in lines[0].text


def _stretches(lines: Sequence[Line]) -> list[tuple[int, int]]:
    """Runs of lines without a blank one, ``[first, last)``."""
    out, begun = [], -1
    for index, line in enumerate(lines):
        if line.blank and begun >= 0:
            out.append((begun, index))
            begun = -1
        elif not line.blank and begun < 0:
            begun = index
    return [*out, (begun, len(lines))] if begun >= 0 else out


def _columns(lines: Sequence[Line]) -> list[int]:
    """Where the columns of a stretch begin; empty where it is no table."""
    if len(lines) < _LEAST:
        return []
    body = [line for line in lines[:_SAMPLE] if not _RULER.match(line.text)]
    piped = [line.text.count("|") + line.text.count("│") for line in body]
    if any(_DASHES.search(line.text) and _RULER.match(line.text) for line in lines[:3]):
        if piped and min(piped[: len(piped) - 1] or piped) > 0:
            return [0]  # cells have bars between them
        ruler = next(line.text for line in lines[:3] if _RULER.match(line.text))
        starts = [m.start() for m in re.finditer(r"[-=─━═]+", ruler)]
        if len(starts) > 1:
            return starts
    return _gaps([line.text.expandtabs(8)[:_WIDEST] for line in body])


def _gaps(lines: Sequence[str]) -> list[int]:
    """Starts of columns that blanks separate in nearly all lines.

    Lines that are the same, and what all begin with (a job's name before each), show no column.
    """
    lines = list(dict.fromkeys(lines))
    if len(lines) < _LEAST:
        return []
    shared = len(commonprefix(lines))  # noqa: RUF071
    width = max(map(len, lines))
    filled = [0] * (width + 2)
    for line in lines:
        for match in re.finditer(r"\S+", line):
            filled[match.start()] += 1
            filled[match.end()] -= 1
    solid, stray = [], int(len(lines) * _STRAY)
    depth = 0
    for change in filled[:width]:
        depth += change
        solid.append(depth > stray)
    starts = [i for i in range(width) if solid[i] and (not i or not solid[i - 1])]
    starts = [i for i in starts if i == starts[0] or i >= shared]
    narrow = any(not solid[i - 1] and solid[i - 2] for i in starts if i > 1)
    if len(starts) < _COLUMNS or not _are_filled(lines, starts):
        return []
    if narrow and (len(lines) < _LEAST_NARROW or not _is_typed(lines, starts)):
        return []
    return starts


def _is_typed(lines: Sequence[str], starts: Sequence[int]) -> bool:
    """Whether a column holds numbers: words may stand below one another by chance."""
    rows = [_cut(line, starts) for line in lines[1:]]
    return any(
        sum(row[column][:1].isdigit() for row in rows) * 10 >= 7 * len(rows)
        for column in range(1, len(starts))
    )


def _are_filled(lines: Sequence[str], starts: Sequence[int]) -> bool:
    """Whether most lines have most cells, none of them long: words under words are no columns."""
    cells = [_cut(line, starts) for line in lines]
    full = sum(sum(map(bool, row)) >= min(len(starts), _COLUMNS) for row in cells)
    if full < 0.7 * len(lines):
        return False
    inner = [cell for row in cells for cell in row[:-1] if cell]
    return sum(map(len, inner)) <= 24 * len(inner)


def _cut(line: str, starts: Sequence[int]) -> list[str]:
    """A line's cells; a word that crosses a column's start belongs to the cell it begins in."""
    cuts = [0, *starts[1:], len(line)]
    return [line[a:b].strip() for a, b in pairwise(cuts)]


def _cells(line: str, starts: Sequence[int]) -> list[str]:
    if starts == [0]:
        return [cell.strip() for cell in line.strip().strip("|│").replace("│", "|").split("|")]
    return _cut(line.expandtabs(8), starts)


def _has_header(lines: Sequence[Line]) -> bool:
    return _header_size(lines, _columns(lines)) > 0


def _header_size(lines: Sequence[Line], starts: Sequence[int]) -> int:
    """How many lines at the beginning are the header: names, a ruler around them."""
    rulers = [i for i, line in enumerate(lines[:4]) if _is_ruler(line)]
    if rulers:
        return rulers[1] + 1 if rulers[0] == 0 and len(rulers) > 1 else rulers[0] + 1
    head = [cell for cell in _cells(lines[0].text, starts) if cell]
    if len(head) < 2 or any(number_of(cell) is not None for cell in head):
        return 0
    if all(cell.upper() == cell for cell in head):
        return 1
    body = [_cells(line.text, starts) for line in lines[1:21]]
    typed = sum(any(cell[:1].isdigit() for cell in row) for row in body)
    named = sum(cell[0].isdigit() for cell in head) <= 1 and not head[0][0].isdigit()
    return int(named and typed * 2 > len(body) and not _FOOTER.match(lines[0].text))


def _is_ruler(line: Line) -> bool:
    return _RULER.match(line.text) is not None and _DASHES.search(line.text) is not None


def add_units(out: Builder, passage: Passage) -> None:
    """Rows under their headers, stretch by stretch; other lines stay lines."""
    lines = list(passage.lines)
    for first, last in _stretches(lines):
        out.begin_block()
        _add_stretch(out, lines[first:last])


def _add_stretch(out: Builder, lines: Sequence[Line]) -> None:
    starts = _columns(lines)
    head = _header_size(lines, starts) if starts else 0
    header, names = -1, [""] * 99
    for line in lines[:head]:
        header = out.add(line.start, "row", needs=header)
        out.mark(header, salience=0.0 if _is_ruler(line) else 2.0)
        names = names if _is_ruler(line) else _cells(line.text, starts)
    rows = []
    for line in lines[head:]:
        row = _add_row(out, line, header, starts, names)
        if row:
            rows.append(row)
    mark_rows(out, rows)


def _add_row(
    out: Builder, line: Line, header: int, starts: Sequence[int], names: Sequence[str]
) -> Node | None:
    """A row to compare, or None for a ruler, a total or a count, which are none."""
    if _is_ruler(line):
        out.mark(out.add(line.start, "line", needs=header), salience=0.0)
        return None
    if _FOOTER.match(line.text):
        out.mark(out.add(line.start, "verdict", needs=header), salience=3.0)
        return None
    index = out.add(line.start, "row", needs=header)
    cells = _cells(line.text, starts) if starts else [line.text]
    keys = [*names, *([""] * len(cells))]
    named = [cell_of(keys[i] or f"column {i + 1}", cell, index) for i, cell in enumerate(cells)]
    return Node(form="object", index=index, children=named)
