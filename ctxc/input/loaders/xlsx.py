"""XLSX -> sheets as parts: values as shown, each stretch of filled rows a table.

Read by openpyxl row by row. A formula counts as the value that its program
stored with it, and stands as it is written where there is none; nothing is
computed, no macro is run, no link to another file is followed.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from ...document import Document
from .archive import Package
from .number_format import shown_value
from .parts import missing, of_parts
from .raw import Raw
from .sheets import tables

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook  # type: ignore[import-untyped]

_BROKEN = (
    AttributeError, EOFError, LookupError, NotImplementedError, OSError, OverflowError,
    RuntimeError, SyntaxError, TypeError, ValueError, zipfile.BadZipFile, zlib.error, struct.error,
    ArithmeticError, AssertionError,
)  # fmt: skip
_WIDEST = 1000
_MERGED = re.compile(rb'<mergeCell [^<>]{0,40}?ref="([A-Z]{1,3}[0-9]{1,7}):([A-Z]{1,3}[0-9]{1,7})"')
_LETTERS = bytes(range(65, 91))
_MOST_MERGED, _LONGEST_REPEATED = 10_000, 200
_MOST_CELLS = 5_000_000
"""Cells looked at, empty ones too; no sheet that is for reading has as many."""


def load(raw: Raw) -> Document:
    """Each sheet as a part. Raises InputError: no XLSX, broken, a zip bomb, openpyxl missing."""
    package = Package(raw, "XLSX", "xl/workbook.xml")
    try:
        from openpyxl import load_workbook  # type: ignore[import-untyped]
        from openpyxl.utils import exceptions  # type: ignore[import-untyped]
    except ImportError:
        raise missing(raw, "openpyxl", "a spreadsheet") from None
    options: dict[str, Any] = {"read_only": True, "keep_links": False}
    try:
        values = load_workbook(io.BytesIO(raw.data), data_only=True, **options)
        formulas = load_workbook(io.BytesIO(raw.data), data_only=False, **options)
        sheets = _Sheets(package, values, formulas)
        parts = [(title, "\n\n".join(blocks)) for title, blocks in sheets.read()]
    except _TooMany:
        raise raw.refuse(f"has over {_MOST_CELLS:,} cells, more than is safe to read") from None
    except (exceptions.InvalidFileException, *_BROKEN) as error:
        raise package.broken(error) from None
    # What the workbook names and does not have is passed over by openpyxl.
    gone = len(list(package.tree("xl/workbook.xml").iter("{*}sheet"))) - len(values.sheetnames)
    notes = (f"{gone} of the sheets that it names are not in it",) if gone > 0 else ()
    document = of_parts(raw, parts, (*notes, *_left_out(package)))
    if not document.text:
        raise raw.refuse(f"holds no value on its {len(parts)} sheets")
    return document


class _TooMany(Exception):
    """More cells than are read."""


class _Sheets:
    """The sheets of one workbook, as stored values and as formulas side by side."""

    def __init__(self, package: Package, values: Workbook, formulas: Workbook) -> None:
        self._package = package
        self._values, self._formulas = values, formulas
        self._left = _MOST_CELLS

    def read(self) -> Iterator[tuple[str, list[str]]]:
        for values, formulas in zip(
            self._values.worksheets, self._formulas.worksheets, strict=True
        ):
            hidden = "" if values.sheet_state == "visible" else " (hidden)"
            name = " ".join(values.title.split())
            rows = _with_merged(self._rows(values, formulas), self._merged(values))
            blocks = list(tables(rows))
            yield f"sheet {name}{hidden}", [f"## {name}{hidden}", *blocks] if blocks else []

    def _merged(self, sheet: Any) -> list[tuple[int, int, int]]:
        """``(column, first row, last row)`` of cells merged over several rows, from 0."""
        path = str(getattr(sheet, "_worksheet_path", "")).lstrip("/")
        if path not in self._package.names:
            return []
        ranges = _MERGED.findall(self._package.read(path))
        places = [_place(a, b) for a, b in ranges[:_MOST_MERGED]]
        return [place for place in places if place[1] < place[2]]

    def _rows(self, values: Any, formulas: Any) -> Iterator[list[str]]:
        for sheet in (values, formulas):
            sheet.reset_dimensions()  # a file may claim any size
        for row, other in zip_longest(values.iter_rows(), formulas.iter_rows(), fillvalue=()):
            self._left -= len(row) + 1
            if self._left < 0:
                raise _TooMany
            cells = zip_longest(row[:_WIDEST], other[:_WIDEST])
            line = [_text(cell, formula) for cell, formula in cells]
            if any(_is_hidden_rest(cell) for cell in row[_WIDEST:]):
                line.append(" ".join(_text(cell, None) for cell in row[_WIDEST:]))
            yield line


def _place(first: bytes, last: bytes) -> tuple[int, int, int]:
    """Column and rows of a range's corners (``B2``, ``B4``), from 0."""
    letters = first.rstrip(b"0123456789")
    column = 0
    for letter in letters:
        column = column * 26 + letter - 64
    return column - 1, int(first[len(letters) :]) - 1, int(last.lstrip(_LETTERS)) - 1


def _with_merged(
    rows: Iterable[list[str]], merged: list[tuple[int, int, int]]
) -> Iterator[list[str]]:
    """Rows with the text of a cell merged over several of them in each one."""
    starts: dict[int, list[tuple[int, int]]] = {}
    for column, first, last in merged:
        starts.setdefault(first, []).append((column, last))
    open_: dict[int, tuple[int, str]] = {}
    for number, row in enumerate(rows):
        for column, (last, text) in list(open_.items()):
            if number > last:
                del open_[column]
            elif column < len(row) and not row[column] and any(row):
                row[column] = text
        for column, last in starts.get(number, ()):
            if column < len(row) and 0 < len(row[column]) <= _LONGEST_REPEATED:
                open_[column] = (last, row[column])
        yield row


def _is_hidden_rest(cell: Any) -> bool:
    return cell is not None and cell.value is not None


def _text(cell: Any, formula: Any) -> str:
    """A cell as shown; its formula where no program has stored a value."""
    value = getattr(cell, "value", None)
    if value is None:
        written = getattr(formula, "value", None)
        return written if isinstance(written, str) and written.startswith("=") else ""
    return shown_value(value, getattr(cell, "number_format", None) or "")


def _left_out(package: Package) -> tuple[str, ...]:
    counts = {
        "chart": _count(package, "xl/charts/chart"),
        "image": _count(package, "xl/media/"),
        "cell comments": min(1, _count(package, "xl/comments")),
        "macros": min(1, _count(package, "xl/vbaProject.bin")),
    }
    names = [f"{name} ({count})" if count > 1 else name for name, count in counts.items() if count]
    return (f"left out: {', '.join(names)}",) if names else ()


def _count(package: Package, start: str) -> int:
    return sum(name.startswith(start) for name in package.names)
