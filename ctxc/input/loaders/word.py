"""The parts of WordprocessingML that carry text: blocks, runs, styles, numbering (ECMA-376, 17)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lxml.etree import Entity  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from docx.document import Document as Opened

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_VAL = _W + "val"
# Deleted or moved-away text, properties, field codes, and the fallback copy of a drawing's text.
_PASSED_OVER = frozenset(
    "del moveFrom pPr rPr sdtPr sdtEndPr tblPr trPr tcPr instrText delText Fallback sectPr".split()  # noqa: SIM905
)
_HEADING = re.compile(r"heading (\d)", re.I)
_LONGEST_CHAIN = 20
"""Styles based on styles; a longer chain is a cycle."""


def local(element: Any) -> str:
    """An element's name without its namespace; "" for comments and the like."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def blocks(parent: Any, *, into_tables: bool = False) -> Iterator[Any]:
    """The paragraphs and tables in ``parent`` in order, through content controls.

    ``into_tables``: the paragraphs in tables instead of the tables.
    """
    pending = list(parent.iterchildren())[::-1]
    while pending:
        element = pending.pop()
        name = local(element)
        if name == "p" or (name == "tbl" and not into_tables):
            yield element
        elif name not in _PASSED_OVER:
            pending.extend(list(element.iterchildren())[::-1])


def cells_of(row: Any) -> list[Any]:
    """A row's cells, each once however many columns it claims to span."""
    pending = list(row.iterchildren())[::-1]
    cells = []
    while pending:
        element = pending.pop()
        if local(element) == "tc":
            cells.append(element)
        elif local(element) in ("sdt", "sdtContent", "customXml", "ins"):
            pending.extend(list(element.iterchildren())[::-1])
    return cells


def text_of(paragraph: Any) -> str:
    """The text of a paragraph as shown: insertions in, deletions out, breaks as line ends."""
    pieces: list[str] = []
    pending = list(paragraph.iterchildren())[::-1]
    while pending:
        element = pending.pop()
        name = local(element)
        if name == "t":
            pieces.append("".join(_characters(element)))
        elif element.tag is Entity:
            pieces.append(element.text)
        elif name in ("tab", "ptab"):
            pieces.append("\t")
        elif name == "cr" or (name == "br" and element.get(_W + "type") in (None, "textWrapping")):
            pieces.append("\n")
        elif name == "noBreakHyphen":
            pieces.append("-")
        elif name not in _PASSED_OVER:
            if name == "p":
                pieces.append(" ")  # a paragraph of a text box inside this one
            pending.extend(list(element.iterchildren())[::-1])
    return "".join(pieces)


def _characters(element: Any) -> Iterator[str]:
    """What stands in a text element, comments and processing instructions apart.

    No entity is ever put in place of its reference (one can hold a file, or unfold without
    end), so a reference stands as it is written: ``&name;``.
    """
    yield element.text or ""
    for inner in element.iterchildren():
        if inner.tag is Entity:
            yield inner.text
        elif isinstance(inner.tag, str):
            yield str(inner.xpath("string()"))
        yield inner.tail or ""


def _child(element: Any, *names: str) -> Any:
    for name in names:
        if element is None:
            return None
        element = element.find(_W + name)
    return element


def _value(element: Any, *names: str) -> str | None:
    found = _child(element, *names)
    value = None if found is None else found.get(_VAL)
    return str(value) if value is not None else None


def _number(value: str | None) -> int | None:
    return int(value) if value is not None and re.fullmatch(r"\d{1,9}", value) else None


class Styles:
    """Paragraph styles by id, each with the styles it is based on."""

    def __init__(self, opened: Opened) -> None:
        self._styles = {
            style.get(_W + "styleId"): style
            for style in opened.styles.element.iterchildren(_W + "style")
        }

    def of(self, paragraph: Any) -> list[Any]:
        """The style of a paragraph and those it is based on, nearest first."""
        chain: list[Any] = []
        name = _value(paragraph, "pPr", "pStyle")
        while name in self._styles and len(chain) < _LONGEST_CHAIN:
            chain.append(self._styles[name])
            name = _value(chain[-1], "basedOn")
        return chain


def outline_level(paragraph: Any, styles: list[Any]) -> int:
    """1 for a title or a first-level heading, down to 9; 0 for running text."""
    for element in (paragraph, *styles):
        level = _number(_value(element, "pPr", "outlineLvl"))
        if level is not None:
            return level + 1 if level < 9 else 0
        # Built-in styles keep their English name in every language of the program.
        name = _value(element, "name") or ""
        if match := _HEADING.fullmatch(name):
            return int(match[1])
        if name.lower() == "title":
            return 1
    return 0


class Numbering:
    """List markers: which paragraphs are items, how deep, and their numbers so far."""

    def __init__(self, opened: Opened) -> None:
        self._formats: dict[tuple[str, int], str] = {}
        self._counts: dict[tuple[str, int], int] = {}
        try:
            root = opened.part.numbering_part.element
        except (KeyError, NotImplementedError, AttributeError):
            return  # no list in this document
        abstract = {
            definition.get(_W + "abstractNumId"): {
                level.get(_W + "ilvl"): _value(level, "numFmt") or "decimal"
                for level in definition.iterchildren(_W + "lvl")
            }
            for definition in root.iterchildren(_W + "abstractNum")
        }
        for number in root.iterchildren(_W + "num"):
            levels = abstract.get(_value(number, "abstractNumId"), {})
            for level, form in levels.items():
                if (at := _number(level)) is not None:
                    self._formats[str(number.get(_W + "numId")), at] = form

    def marker(self, paragraph: Any, styles: list[Any]) -> tuple[int, str] | None:
        """The depth and the marker (``- ``, ``3. ``) of a list item; None for others."""
        for element in (paragraph, *styles):
            number = _value(element, "pPr", "numPr", "numId")
            if number is not None:
                break
        else:
            return None
        if number == "0":  # "no list after all"
            return None
        depth = _number(_value(paragraph, "pPr", "numPr", "ilvl")) or 0
        form = self._formats.get((number, depth), "bullet")
        if form in ("bullet", "none"):
            return depth, "- "
        self._counts[number, depth] = count = self._counts.get((number, depth), 0) + 1
        for deeper in [key for key in self._counts if key[0] == number and key[1] > depth]:
            del self._counts[deeper]
        return depth, f"{count}. "
