"""DOCX -> Markdown in reading order: headings, paragraphs, lists, tables.

Content controls and tracked insertions count as text, tracked deletions do
not. A file is a zip archive, so its size unpacked is checked before anything is.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

from ...document import Document
from .pipes import pipe_table
from .raw import Raw
from .word import Numbering, Styles, blocks, cells_of, local, outline_level, text_of

if TYPE_CHECKING:
    from docx.document import Document as Opened

_MOST_PARTS = 10_000
_LARGEST_XML = 50_000_000
"""Bytes of markup unpacked; its tree takes some ten times as much memory."""
_DEEPEST_LIST = 12


def load(raw: Raw) -> Document:
    """The body as a Markdown document. Raises InputError: no DOCX, broken, a zip bomb."""
    _check_zip(raw)
    writer, body = _opened(raw)
    return Document(writer.write(body), raw.name, "text/markdown")


def _check_zip(raw: Raw) -> None:
    """Refuse what unpacks to too much; zipfile then reads no more than these sizes say."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw.data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise raw.refuse(f"is a broken DOCX ({error})") from None
    if "word/document.xml" not in {entry.filename for entry in entries}:
        raise raw.refuse("is a zip archive, not a DOCX (it has no word/document.xml)")
    xml = sum(entry.file_size for entry in entries if entry.filename.endswith((".xml", ".rels")))
    total = sum(entry.file_size for entry in entries)
    if total > raw.limit or xml > _LARGEST_XML or len(entries) > _MOST_PARTS:
        raise raw.refuse(
            f"unpacks to {total / 1e6:.0f} MB in {len(entries)} parts, more than is safe to open"
        )


def _opened(raw: Raw) -> tuple[_Writer, Any]:
    """A writer that knows the styles and lists, and the body. Raises InputError."""
    import docx
    from docx.exceptions import PythonDocxError
    from lxml.etree import LxmlError  # type: ignore[import-untyped]

    broken = (
        PythonDocxError,
        LxmlError,
        zipfile.BadZipFile,
        zlib.error,
        # A missing or misplaced part shows as one of these.
        AttributeError,
        EOFError,
        LookupError,
        NotImplementedError,
        OSError,
        RuntimeError,
        TypeError,
        ValueError,
    )
    try:
        opened = docx.Document(io.BytesIO(raw.data))
        # What these parts hold is looked up only when asked for.
        writer, body = _Writer(opened), opened.element.body
    except broken as error:
        said = " ".join(str(error).split())[:120]
        raise raw.refuse(f"is a broken DOCX ({type(error).__name__}: {said})") from None
    if body is None:
        raise raw.refuse("is a broken DOCX (it has no body)")
    return writer, body


class _Writer:
    """Writes a body's blocks one after the other."""

    def __init__(self, opened: Opened) -> None:
        self._styles = Styles(opened)
        self._numbering = Numbering(opened)
        self._pieces: list[str] = []
        self._in_list = False

    def write(self, body: Any) -> str:
        for block in blocks(body):
            if local(block) == "tbl":
                self._table(block)
            else:
                self._paragraph(block)
        return "".join(self._pieces) + "\n" if self._pieces else ""

    def _put(self, text: str, *, item: bool = False) -> None:
        if self._pieces:
            self._pieces.append("\n" if item and self._in_list else "\n\n")
        self._pieces.append(text)
        self._in_list = item

    def _paragraph(self, paragraph: Any) -> None:
        text = text_of(paragraph).strip()
        if not text:
            return
        style = self._styles.of(paragraph)
        level = outline_level(paragraph, style)
        if level:
            self._put("#" * min(level, 6) + " " + " ".join(text.split()))
            return
        marker = self._numbering.marker(paragraph, style)
        if marker is None:
            self._put(text)
            return
        depth, mark = marker
        indent = "  " * min(depth, _DEEPEST_LIST)
        inner = "\n" + indent + " " * len(mark)
        self._put(indent + mark + text.replace("\n", inner), item=True)

    def _table(self, table: Any) -> None:
        rows = [
            [" ".join(text_of(p) for p in blocks(cell, into_tables=True)) for cell in cells_of(row)]
            for row in table.iterchildren("{*}tr")
        ]
        if len(rows) == 1 and len(rows[0]) == 1:
            # One cell is a box around text, not a table.
            for cell in cells_of(next(table.iterchildren("{*}tr"))):
                for paragraph in blocks(cell, into_tables=True):
                    self._paragraph(paragraph)
        elif text := pipe_table(rows):
            self._put(text)
