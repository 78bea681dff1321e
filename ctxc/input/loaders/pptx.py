"""PPTX -> slides as parts: titles, text, tables, charts' numbers, alt texts, speaker notes.

Read by python-pptx, from memory and without following a link; pictures are told
by their alternative texts, and what has none is counted.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...document import Document
from .archive import Package
from .grid import Cell, spread
from .parts import missing, of_parts
from .pipes import pipe_table
from .raised import raised
from .raw import Raw

if TYPE_CHECKING:
    from pptx.slide import Slide

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_DIAGRAM = "http://schemas.openxmlformats.org/drawingml/2006/diagram"
_BROKEN = (
    AttributeError, EOFError, LookupError, NotImplementedError, OSError, RuntimeError, TypeError,
    ValueError, zipfile.BadZipFile, zlib.error, struct.error,
    ArithmeticError, AssertionError,
)  # fmt: skip
_TITLES = ("TITLE", "CENTER_TITLE", "VERTICAL_TITLE")
_BODIES = ("BODY", "OBJECT", "VERTICAL_BODY", "VERTICAL_OBJECT")
_PASSED_OVER = ("DATE", "FOOTER", "SLIDE_NUMBER", "HEADER")
_DEEPEST = 8


def load(raw: Raw) -> Document:
    """Each slide as a part. Raises InputError: no PPTX, broken, a zip bomb, python-pptx missing."""
    package = Package(raw, "PPTX", "ppt/presentation.xml")
    try:
        from lxml.etree import LxmlError  # type: ignore[import-untyped]
        from pptx import Presentation
        from pptx.exc import PythonPptxError
    except ImportError:
        raise missing(raw, "python-pptx", "a presentation") from None
    left_out: Counter[str] = Counter()
    try:
        slides = Presentation(io.BytesIO(raw.data)).slides
        parts = [
            (_title(number, slide), "\n\n".join(_blocks(slide, left_out)))
            for number, slide in enumerate(slides, 1)
        ]
    except (PythonPptxError, LxmlError, *_BROKEN) as error:
        raise package.broken(error) from None
    document = of_parts(raw, parts, _notes(left_out))
    if not document.text:
        raise raw.refuse(f"holds no text on its {len(parts)} slides")
    return document


def _notes(left_out: Counter[str]) -> tuple[str, ...]:
    names = [f"{name} ({count})" if count > 1 else name for name, count in left_out.items()]
    return (f"left out: {', '.join(names)}",) if names else ()


def _title(number: int, slide: Slide) -> str:
    shape = slide.shapes.title
    words = " ".join(shape.text_frame.text.split())[:80] if shape is not None else ""
    hidden = " (hidden)" if slide.element.get("show") == "0" else ""
    return f"slide {number}{hidden}" + (f": {words}" if words else "")


def _blocks(slide: Slide, left_out: Counter[str]) -> Iterator[str]:
    """What a slide says, its title first, its notes last."""
    shapes = list(_shapes(slide))
    shapes.sort(key=lambda shape: _role(shape) not in _TITLES)
    for shape in shapes:
        role = _role(shape)
        if role in _TITLES:
            if words := " ".join(_text(shape).split()):
                yield f"## {words}"
        elif role not in _PASSED_OVER:
            yield from _shape(shape, role, left_out)
    if slide.has_notes_slide and (frame := slide.notes_slide.notes_text_frame) is not None:
        paragraphs = [text for p in frame.paragraphs if (text := _paragraph(p._p).strip())]
        if paragraphs:
            yield "\n\n".join([f"Speaker notes: {paragraphs[0]}", *paragraphs[1:]])


def _shapes(slide: Slide) -> Iterator[Any]:
    """The shapes of a slide in order, those of groups in the place of their group."""
    pending = list(slide.shapes)[::-1]
    while pending:
        shape = pending.pop()
        inner = getattr(shape, "shapes", None)
        if inner is not None:
            pending.extend(list(inner)[::-1])
        else:
            yield shape


def _role(shape: Any) -> str:
    return shape.placeholder_format.type.name if shape.is_placeholder else ""


def _shape(shape: Any, role: str, left_out: Counter[str]) -> Iterator[str]:
    if getattr(shape, "has_table", False) and shape.has_table:
        if text := pipe_table(spread(_rows(shape.table))):
            yield text
    elif getattr(shape, "has_chart", False) and shape.has_chart:
        yield from _chart(shape.chart)
    elif shape.has_text_frame:
        if text := _list(shape.text_frame) if role in _BODIES else _text(shape).strip():
            yield text
    elif shape.element.find(f".//{_A}graphicData[@uri='{_DIAGRAM}']") is not None:
        left_out["diagram"] += 1
    elif shape.element.tag.endswith("}pic"):
        properties = shape.element.find(".//{*}cNvPr")
        alt = " ".join((properties.get("descr") or "").split()) if properties is not None else ""
        if alt:
            yield f"[image: {alt}]"
        else:
            left_out["image without a description"] += 1


def _text(shape: Any) -> str:
    texts = (_paragraph(paragraph._p).strip() for paragraph in shape.text_frame.paragraphs)
    return "\n\n".join(text for text in texts if text)


def _list(frame: Any) -> str:
    """A body's paragraphs as list items; a sole one is a sentence."""
    items = [(p.level, text) for p in frame.paragraphs if (text := _paragraph(p._p).strip())]
    if len(items) == 1:
        return items[0][1]
    lines = []
    for level, text in items:
        indent = "  " * min(level, _DEEPEST)
        lines.append(f"{indent}- " + text.replace("\n", f"\n{indent}  "))
    return "\n".join(lines)


def _paragraph(element: Any) -> str:
    """A paragraph's runs; powers and indices with their marks."""
    pieces: list[tuple[str, str]] = []
    for inner in element.iterchildren(f"{_A}r", f"{_A}fld", f"{_A}br"):
        if inner.tag == f"{_A}br":
            pieces.append(("", "\n"))
            continue
        properties = inner.find(f"{_A}rPr")
        shift = (properties.get("baseline") if properties is not None else None) or "0"
        mark = "_" if shift.startswith("-") else "^" if shift.rstrip("%") != "0" else ""
        text = "".join(part.text or "" for part in inner.iterchildren(f"{_A}t"))
        pieces.append((mark, text))
    follows = [text for _, text in pieces[1:]] + [""]
    return "".join(
        raised(mark, text, after) if mark else text
        for (mark, text), after in zip(pieces, follows, strict=False)
    )


def _rows(table: Any) -> list[list[Cell]]:
    rows = []
    for number, row in enumerate(table.rows):
        rows.append(
            [
                Cell(
                    " ".join(_paragraph(p._p) for p in cell.text_frame.paragraphs),
                    cell.span_width if cell.is_merge_origin else 1,
                    cell.span_height if cell.is_merge_origin else 1,
                    number == 0,
                )
                for cell in row.cells
                if not cell.is_spanned
            ]
        )
    return rows


def _chart(chart: Any) -> Iterator[str]:
    """A chart's title and its numbers as a table: one row a category, one column a series."""
    named = chart.has_title and chart.chart_title.has_text_frame
    if title := " ".join(chart.chart_title.text_frame.text.split()) if named else "":
        yield f"Chart: {title}"
    for plot in chart.plots:
        series = list(plot.series)
        rows = [["", *(str(one.name) for one in series)]]
        for at, category in enumerate(plot.categories):
            values = [one.values[at] if at < len(one.values) else None for one in series]
            rows.append([str(category), *("" if v is None else f"{v:g}" for v in values)])
        if text := pipe_table(rows):
            yield text
