"""The parts of WordprocessingML that carry text: blocks, runs, styles, numbering (ECMA-376, 17)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Protocol

from lxml.etree import Entity  # type: ignore[import-untyped]

from .numerals import numeral
from .raised import raised

if TYPE_CHECKING:
    from docx.document import Document as Opened

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_VAL = _W + "val"
# Deleted or moved-away text, properties, field codes, and the fallback copy of a drawing's text.
_PASSED_OVER = frozenset(
    "del moveFrom pPr rPr sdtPr sdtEndPr tblPr trPr tcPr instrText delText Fallback sectPr".split()
)
_HEADING = re.compile(r"heading (\d)", re.I)
_REFERENCES = ("footnoteReference", "endnoteReference", "commentReference")
_MARKS = {"superscript": "^", "subscript": "_"}
_CLOSING = frozenset(".!?;:,")
_LONGEST_REPEATED = 200
_PLACE = re.compile(r"%([1-9])")
_LONGEST_MARKER = 40
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


def rows_of(table: Any, text: Callable[[Any], str]) -> list[list[str]]:
    """A table's rows, each cell in its columns; one merged with the cell above repeats it.

    ``text`` reads a cell. A span counts for as many columns as the table has.
    """
    grid = _child(table, "tblGrid")
    width = 0 if grid is None else len(list(grid.iterchildren(_W + "gridCol")))
    rows: list[list[str]] = []
    for row in table.iterchildren("{*}tr"):
        cells = cells_of(row)
        above = rows[-1] if rows else []
        before = _number(_value(row, "trPr", "gridBefore")) or 0
        line = [""] * min(before, max(0, width - len(cells)))
        for index, cell in enumerate(cells):
            at, left = len(line), len(cells) - index - 1
            merged = _child(cell, "tcPr", "vMerge")
            if merged is not None and merged.get(_VAL) != "restart" and at < len(above):
                line.append(above[at] if len(above[at]) <= _LONGEST_REPEATED else "")
            else:
                line.append(text(cell))
            span = _number(_value(cell, "tcPr", "gridSpan")) or 1
            line += [""] * min(span - 1, max(0, width - at - 1 - left))
        rows.append(line)
    return rows


class Notes(Protocol):
    """What a paragraph's references stand for, and where its boxes go."""

    def reference(self, element: Any) -> str:
        """The text to put where a footnote, endnote or comment is referred to."""

    def box(self, element: Any) -> None:
        """A text box inside the paragraph."""


def text_of(paragraph: Any, notes: Notes | None = None) -> str:
    """The text of a paragraph as shown: insertions in, deletions out, breaks as line ends."""
    pieces: list[tuple[str, str]] = []
    pending = [("", element) for element in list(paragraph.iterchildren())[::-1]]
    while pending:
        mark, element = pending.pop()
        name = local(element)
        if name in ("txbxContent", *_REFERENCES) and notes is not None:
            if name == "txbxContent":
                notes.box(element)
            else:
                _refer(pieces, notes.reference(element))
        elif (character := _character(name, element)) is not None:
            pieces.append((mark, character))
        elif name not in _PASSED_OVER:
            if name == "p":
                pieces.append(("", " "))  # a paragraph of a text box inside this one
            elif name == "r":
                mark = _MARKS.get(_value(element, "rPr", "vertAlign") or "", "")
            pending.extend((mark, inner) for inner in list(element.iterchildren())[::-1])
    return _marked(pieces)


def _refer(pieces: list[tuple[str, str]], note: str) -> None:
    """Add a note; inside the sentence that it restricts, not behind its full stop."""
    mark, text = pieces[-1] if pieces else ("", "")
    if note and text[-1:] in _CLOSING:
        pieces[-1] = (mark, text[:-1])
        note += text[-1:]
    pieces.append(("", note))


def _character(name: str, element: Any) -> str | None:
    """What an element without further ones stands for; None for all others."""
    if name == "t":
        return "".join(_characters(element))
    if element.tag is Entity:
        return str(element.text)
    if name in ("tab", "ptab"):
        return "\t"
    if name == "cr" or (name == "br" and element.get(_W + "type") in (None, "textWrapping")):
        return "\n"
    if name == "noBreakHyphen":
        return "-"
    if name == "docPr" and (alt := " ".join((element.get("descr") or "").split())):
        return f" [image: {alt}] "
    return None


def _marked(pieces: list[tuple[str, str]]) -> str:
    """Pieces joined, those of one superscript or subscript with their mark."""
    groups = [(mark, "".join(text for _, text in group)) for mark, group in groupby(pieces, _mark)]
    follows = [text for _, text in groups[1:]] + [""]
    return "".join(
        raised(mark, text, after) if mark and text.strip() == text else text
        for (mark, text), after in zip(groups, follows, strict=False)
    )


def _mark(piece: tuple[str, str]) -> str:
    return piece[0]


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
        if name.lower() == "title" and element is styles[0]:
            return 1  # what is only based on it is an author, a date, a subtitle
    return 0


@dataclass(frozen=True, slots=True)
class _Level:
    """How a list numbers one of its levels: ``text`` is like ``%1.%2.``."""

    form: str = "bullet"
    text: str = ""
    start: int = 1
    style: str = ""
    legal: bool = False


class Numbering:
    """List markers: which paragraphs are items, how deep, and their numbers so far."""

    def __init__(self, opened: Opened) -> None:
        self._levels: dict[str, dict[int, _Level]] = {}
        self._lists: dict[str, str] = {}  # a list's instance -> the list it goes on with
        self._counts: dict[str, dict[int, int]] = {}
        self._restarts: dict[str, dict[int, int]] = {}
        try:
            root = opened.part.numbering_part.element
        except (KeyError, NotImplementedError, AttributeError):
            return  # no list in this document
        abstract = {
            definition.get(_W + "abstractNumId"): _levels(definition)
            for definition in root.iterchildren(_W + "abstractNum")
        }
        for number in root.iterchildren(_W + "num"):
            name, base = str(number.get(_W + "numId")), _value(number, "abstractNumId") or ""
            self._lists[name] = base
            self._levels[name] = dict(abstract.get(base, {}))
            for own in number.iterchildren(_W + "lvlOverride"):
                at = _number(own.get(_W + "ilvl"))
                start = _number(_value(own, "startOverride"))
                if at is not None and start is not None:
                    self._restarts.setdefault(name, {})[at] = start
                self._levels[name].update(_levels(own))

    def marker(self, paragraph: Any, styles: list[Any]) -> tuple[int, str] | None:
        """The depth and the marker of an item (``-``, ``3.``, ``4.1``, ``(a)``); else None."""
        depth = None
        for element in (paragraph, *styles):
            number = _value(element, "pPr", "numPr", "numId")
            if depth is None:
                depth = _number(_value(element, "pPr", "numPr", "ilvl"))
            if number is not None:
                break
        else:
            return None
        if number == "0":  # "no list after all"
            return None
        levels = self._levels.get(number, {})
        if depth is None:
            names = {style.get(_W + "styleId") for style in styles}
            depth = next((at for at, level in levels.items() if level.style in names), 0)
        level = levels.get(depth, _Level())
        if level.form in ("bullet", "none"):
            return depth, "-"
        return depth, self._numbered(number, depth, level)

    def _numbered(self, number: str, depth: int, level: _Level) -> str:
        levels = self._levels[number]
        counts = self._counts.setdefault(self._lists[number], {})
        restarts = self._restarts.pop(number, None)
        if restarts:
            for at, start in restarts.items():
                counts[at] = start - 1
        counts[depth] = counts.get(depth, level.start - 1) + 1
        for deeper in [at for at in counts if at > depth]:
            del counts[deeper]

        def shown(match: re.Match[str]) -> str:
            at = int(match[1]) - 1
            of = levels.get(at, _Level("decimal"))
            return numeral(counts.get(at, of.start), "decimal" if level.legal else of.form)

        text = _PLACE.sub(shown, level.text).strip()
        return text or f"{counts[depth]}."


def _levels(parent: Any) -> dict[int, _Level]:
    levels = {}
    for level in parent.iterchildren(_W + "lvl"):
        at = _number(level.get(_W + "ilvl"))
        if at is not None:
            levels[at] = _Level(
                _value(level, "numFmt") or "decimal",
                (_value(level, "lvlText") or "")[:_LONGEST_MARKER],
                _number(_value(level, "start")) or 0,
                _value(level, "pStyle") or "",
                _child(level, "isLgl") is not None,
            )
    return levels
