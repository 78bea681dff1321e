"""DOCX -> Markdown in reading order: headings, paragraphs, lists, tables.

Footnotes, endnotes and comments stand where they are referred to, or behind the
paragraph where they are long; headers and footers stand before and after it all,
once each; text boxes behind the paragraph they hang on.

Content controls and tracked insertions count as text, tracked deletions do
not. A file is a zip archive, so its size unpacked is checked before anything is.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

from ...document import Document
from .archive import Package
from .pipes import pipe_table
from .raw import Raw
from .word import Numbering, Styles, blocks, cells_of, local, outline_level, rows_of, text_of
from .word_notes import Margins, NoteTexts

if TYPE_CHECKING:
    from docx.document import Document as Opened

_DEEPEST_LIST = 12
_UNREAD = {
    "picture": "word/media/", "chart": "word/charts/chart", "embedded object": "word/embeddings/",
    "macros": "word/vbaProject",
}  # fmt: skip
_ITEM = re.compile(r"-|[0-9]{1,9}[.)]")


def load(raw: Raw) -> Document:
    """The body as a Markdown document. Raises InputError: no DOCX, broken, a zip bomb."""
    package = Package(raw, "DOCX", "word/document.xml")
    writer, body = _opened(raw)
    return Document(writer.write(body), raw.name, "text/markdown", notes=_left_out(package))


def _left_out(package: Package) -> tuple[str, ...]:
    """A note of the pictures, charts, and macros, which are not read."""
    counts = {
        name: sum(part.startswith(start) for part in package.names)
        for name, start in _UNREAD.items()
    }
    names = [f"{name} ({n})" if n > 1 else name for name, n in counts.items() if n]
    return (f"left out: {', '.join(names)}",) if names else ()


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
        self._notes = NoteTexts(opened)
        self._margins = Margins(opened)
        self._pieces: list[str] = []
        self._in_list = False

    def write(self, body: Any) -> str:
        for line in self._margins.headers:
            self._put(line)
        self._blocks(body)
        for line in (*self._notes.rest(), *self._margins.footers):
            self._put(line)
        return "".join(self._pieces) + "\n" if self._pieces else ""

    def _blocks(self, parent: Any) -> None:
        """The blocks of a body; those of a text box come behind the one it hangs on."""
        pending = list(blocks(parent))[::-1]
        while pending:
            block = pending.pop()
            if local(block) == "tbl":
                self._table(block)
            else:
                self._paragraph(block)
            for line in self._notes.take_long():
                self._put(line)
            boxes = [list(blocks(box)) for box in self._notes.take_boxes()]
            pending += [block for box in boxes for block in box][::-1]

    def _put(self, text: str, *, item: bool = False) -> None:
        if self._pieces:
            self._pieces.append("\n" if item and self._in_list else "\n\n")
        self._pieces.append(text)
        self._in_list = item

    def _paragraph(self, paragraph: Any) -> None:
        text = text_of(paragraph, self._notes).strip()
        if not text:
            return
        style = self._styles.of(paragraph)
        level = outline_level(paragraph, style)
        marker = self._numbering.marker(paragraph, style)
        if level:
            number = marker[1] + " " if marker and marker[1] != "-" else ""
            self._put("#" * min(level, 6) + " " + number + " ".join(text.split()))
            return
        if marker is None:
            self._put(text)
            return
        depth, mark = marker
        # Only these are list items in Markdown; any other number is the item's first word.
        mark = f"{mark} " if _ITEM.fullmatch(mark) else f"- {mark} "
        indent = "  " * min(depth, _DEEPEST_LIST)
        inner = "\n" + indent + " " * len(mark)
        self._put(indent + mark + text.replace("\n", inner), item=True)

    def _table(self, table: Any) -> None:
        first = next(table.iterchildren("{*}tr"), None)
        cells = [] if first is None else cells_of(first)
        if len(cells) == 1 and len(list(table.iterchildren("{*}tr"))) == 1:
            # One cell is a box around text, not a table.
            for paragraph in blocks(cells[0], into_tables=True):
                self._paragraph(paragraph)
        elif text := pipe_table(rows_of(table, self._cell)):
            self._put(text)

    def _cell(self, cell: Any) -> str:
        return " ".join(text_of(p, self._notes) for p in blocks(cell, into_tables=True))
