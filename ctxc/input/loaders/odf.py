"""ODT, ODS, ODP -> Markdown: text, sheets as parts, slides as parts (OpenDocument 1.3, part 3).

Notes stand where they are referred to, comments and headers are marked as such,
tracked deletions do not count. Nothing is unpacked but the parts of markup.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from ...document import Document
from ..media import ODP, ODS
from .archive import Package
from .odf_text import FIELDS, Text, attribute, local, number_of, own_rows
from .parts import of_parts
from .raw import Raw
from .sheets import tables

_MOST_CELLS = 5_000_000
_WIDEST = 1000
_MOST_REPEATED = 200
"""Filled cells or rows that one of them may stand for; a million more are a filled column."""


def load(raw: Raw) -> Document:
    """The document by what it holds. Raises InputError: no such file, encrypted, a zip bomb."""
    package = Package(raw, "OpenDocument file", "content.xml")
    manifest = "META-INF/manifest.xml"
    if manifest in package.names and b"encryption-data" in package.read(manifest):
        raise raw.refuse("is encrypted", "save it without a password")
    content = package.tree("content.xml")
    styles = package.tree("styles.xml") if "styles.xml" in package.names else None
    body = next((e for e in content.iter("{*}body")), None)
    kind = next((e for e in body.iterchildren()), None) if body is not None else None
    if kind is None:
        raise raw.refuse("is a broken OpenDocument file (it has no body)")
    text = Text(content, styles)
    if local(kind) == "spreadsheet" or raw.media_type == ODS:
        document = of_parts(raw, _sheets(raw, kind, text), _left_out(kind))
    elif local(kind) == "presentation" or raw.media_type == ODP:
        document = of_parts(raw, _slides(kind, text), _left_out(kind))
    else:
        words = _text(kind, text, styles)
        document = Document(words, raw.name, "text/markdown", notes=_left_out(kind))
    if not document.text:
        raise raw.refuse("holds no text")
    return document


def _left_out(body: Any) -> tuple[str, ...]:
    """A note of the pictures and embedded objects, which are not read."""
    counts: Counter[str] = Counter()
    for frame in body.iter("{*}frame"):
        kinds = {local(element) for element in frame.iterchildren()}
        if "object" in kinds:  # a chart or a formula, and a picture of it
            counts["embedded object"] += 1
        elif "image" in kinds and "table" not in kinds:
            counts["picture"] += 1
    names = [f"{name} ({count})" if count > 1 else name for name, count in counts.items()]
    return (f"left out: {', '.join(names)}",) if names else ()


def _text(body: Any, text: Text, styles: Any) -> str:
    blocks = [*_margins(styles, text, "header"), *text.blocks(body)]
    blocks += _margins(styles, text, "footer")
    return "\n\n".join(blocks) + "\n" if blocks else ""


def _margins(styles: Any, text: Text, kind: str) -> Iterator[str]:
    """Headers or footers, each text once; what is only a page number says nothing."""
    texts: dict[str, None] = {}
    for element in styles.iter(f"{{*}}{kind}") if styles is not None else ():
        words = " ".join(" ".join(text.blocks(element)).split())
        if sum(char.isalpha() for char in words) > 2:
            texts[f"[{kind}: {words}]"] = None
    yield from texts


def _slides(body: Any, text: Text) -> Iterator[tuple[str, str]]:
    for number, page in enumerate(body.iterchildren("{*}page"), 1):
        blocks: list[str] = []
        title = ""
        for frame in page.iterchildren():
            role = attribute(frame, "class")
            if local(frame) == "notes":
                notes = "\n\n".join(text.blocks(frame))
                blocks += [f"Speaker notes: {notes}"] if notes else []
            elif role == "title" and not title:
                title = " ".join(" ".join(text.blocks(frame)).split())
                blocks = [f"## {title}", *blocks] if title else blocks
            elif role not in FIELDS:
                blocks += text.blocks(frame)
        yield f"slide {number}" + (f": {title[:80]}" if title else ""), "\n\n".join(blocks)


def _sheets(raw: Raw, body: Any, text: Text) -> Iterator[tuple[str, str]]:
    left = [_MOST_CELLS]
    for sheet in body.iterchildren("{*}table"):
        blocks = list(tables(_rows(raw, sheet, text, left)))
        name = " ".join(attribute(sheet, "name").split())
        name += " (hidden)" if attribute(sheet, "style-name") in text.hidden else ""
        yield f"sheet {name}", "\n\n".join([f"## {name}", *blocks]) if blocks else ""


def _rows(raw: Raw, sheet: Any, text: Text, left: list[int]) -> Iterator[list[str]]:
    for row in own_rows(sheet):
        line: list[str] = []
        for cell in row.iterchildren("{*}table-cell", "{*}covered-table-cell"):
            left[0] -= 1
            words = text.cell(cell)
            times = number_of(cell, "number-columns-repeated")
            line += [words] * min(times, _MOST_REPEATED if words else _WIDEST - len(line))
            if len(line) > _WIDEST:
                break
        if left[0] < 0:
            raise raw.refuse(f"has over {_MOST_CELLS:,} cells, more than is safe to read")
        times = number_of(row, "number-rows-repeated") if any(line) else 1
        for _ in range(min(times, _MOST_REPEATED)):
            yield line
