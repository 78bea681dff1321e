"""CSV and TSV: told by lines of the same number of short fields, or by name and media type.

Units: a row; a quoted field over several lines is whole. Ties: the header is what every row
needs. A row is compared with the others column by column.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ..segment.builder import Builder
from ..segment.lines import Line
from . import Passage
from .data_marks import mark_rows
from .data_tree import Node, number_of, scalar_form

_DELIMITERS = ",\t;|"
_SAMPLE = 60  # rows that are looked at
_LEAST_ROWS = 4  # without a name or media type that says it
_STEADY = 0.9  # of the rows have the usual number of fields
_LONGEST = 40  # characters of a field on average: more is prose
_MEDIA = ("text/csv", "text/tab-separated-values", "application/csv")


@dataclass(frozen=True, slots=True)
class Row:
    """Lines ``[first, last)`` that are one record."""

    start: int
    end: int
    fields: tuple[str, ...]


def detect(passage: Passage) -> float:
    """0.95 where the name or media type says so, 0.8 by content alone."""
    declared = passage.media_type in _MEDIA or passage.suffix in ("csv", "tsv")
    sample = [line for line in passage.lines[: 4 * _SAMPLE] if not line.blank][:_SAMPLE]
    if not sample or sample[0].text.lstrip()[:1] in "|<{[+":
        return 0.0
    if declared:
        return 0.95 if delimiter_of(sample, 2, 0.6) or len(sample) == 1 else 0.0
    delimiter = delimiter_of(sample, 3, _STEADY)
    if not delimiter or len(sample) < _LEAST_ROWS:
        return 0.0
    rows = _rows(sample, delimiter)
    if any(field.strip()[:1].isdigit() for field in rows[0].fields):
        return 0.0  # a header has names
    return 0.8 if _is_typed(rows) and _is_dense(sample, delimiter) else 0.0


def delimiter_of(lines: Sequence[Line], fields: int, steady: float) -> str:
    """What separates at least so many fields in nearly all rows; "" for nothing."""
    best, most = "", 0
    for delimiter in _DELIMITERS:
        rows = _rows(lines, delimiter)
        usual, count = Counter(len(row.fields) for row in rows).most_common(1)[0]
        if usual >= fields and count >= steady * len(rows) and usual > most:
            best, most = delimiter, usual
    return best


def _is_typed(rows: Sequence[Row]) -> bool:
    """Whether fields are short, and a column below the first row holds what it does not."""
    fields = [field for row in rows for field in row.fields]
    if sum(map(len, fields)) > _LONGEST * len(fields):
        return False
    head, body = rows[0].fields, rows[1:]
    for column, name in enumerate(head):
        cells = [row.fields[column] for row in body if column < len(row.fields)]
        typed = sum(number_of(c.strip()) is not None or c[:4].isdigit() for c in cells)
        few = len(set(cells)) * 2 <= len(cells)
        if typed * 10 >= len(cells) * 8 or (few and len(cells) >= 8 and name not in cells):
            return True
    return False


def _is_dense(lines: Sequence[Line], delimiter: str) -> bool:
    """Whether fields follow one another without the blank that prose has behind a comma."""
    if delimiter == "\t":
        return True
    text = "".join(line.text for line in lines)
    return text.count(delimiter + " ") * 4 <= text.count(delimiter)


def add_units(out: Builder, passage: Passage) -> None:
    """A header and the rows that need it; comments in front of it by lines."""
    lines = list(passage.lines)
    sample = [line for line in lines[: 4 * _SAMPLE] if not line.blank][:_SAMPLE]
    rows = _rows(lines, delimiter_of(sample, 2, 0.0) or "," if sample else ",")
    out.begin_block()
    at = 0
    while at < len(rows) - 1 and rows[at].fields[0].startswith("#"):
        out.add(rows[at].start, "comment")
        at += 1
    if at == len(rows):
        return
    header = out.add(rows[at].start, "row")
    out.mark(header, core_end=rows[at].end, salience=2.0)
    names = [field.strip() for field in rows[at].fields]
    mark_rows(out, [_add_row(out, row, header, names) for row in rows[at + 1 :]])


def _add_row(out: Builder, row: Row, header: int, names: Sequence[str]) -> Node:
    index = out.add(row.start, "row", needs=header)
    out.mark(index, core_end=row.end)
    keys = [*names, *(f"column {i + 1}" for i in range(len(names), len(row.fields)))]
    cells = zip(keys, row.fields, strict=False)
    return Node(form="object", index=index, children=[cell_of(k, v, index) for k, v in cells])


def cell_of(key: str, value: str, index: int) -> Node:
    """A field of a row as the scalar it is."""
    value = value.strip()
    return Node(key=key, value=value, form=scalar_form(value), index=index)


def _rows(lines: Sequence[Line], delimiter: str) -> list[Row]:
    """Records of one line or, where a quoted field holds line ends, of several.

    A quote that is never closed would swallow the rest: from there on, lines count.
    """
    quotes, last_even = 0, -1
    ends = []
    for index, line in enumerate(lines):
        quotes += line.text.count('"')
        ends.append(quotes % 2 == 0)
        last_even = index if ends[-1] else last_even
    rows: list[Row] = []
    begun: list[Line] = []
    for index, line in enumerate(lines):
        if not begun and line.blank:
            continue
        begun.append(line)
        if ends[index] or index > last_even:
            body = "\n".join(part.text for part in begun)
            rows.append(Row(begun[0].start, line.end, _fields(body, delimiter)))
            begun = []
    return rows


def _fields(body: str, delimiter: str) -> tuple[str, ...]:
    if '"' not in body:
        return tuple(body.split(delimiter))
    try:
        return tuple(next(csv.reader([body], delimiter=delimiter), [""])) or ("",)
    except csv.Error:  # a field larger than the reader takes, a NUL
        return tuple(body.split(delimiter))
