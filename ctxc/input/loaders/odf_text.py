"""The text of OpenDocument markup: paragraphs, headings, lists, tables, notes, boxes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from .grid import Cell, spread
from .numerals import numeral
from .pipes import pipe_table
from .raised import raised

_FORMS = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman", "": "none"}
_PASSED_OVER = frozenset(
    ("tracked-changes", "deletion", "forms", "sequence-decls", "variable-decls", "creator", "date",
     "note-citation", "title", "desc", "event-listeners", "bookmark", "change-marks", "shapes",
     "creator-initials")
)  # fmt: skip
FIELDS = frozenset(("date-time", "footer", "header", "page-number"))
"""Classes of a slide's frames that say nothing about it."""

_CLOSING = frozenset(".!?;:,")
_MOST_SPACES = 100
_DEEPEST = 12
_DEEPEST_TEXT = 200
"""Elements inside elements; what is deeper is only in a file made to hurt."""


def local(element: Any) -> str:
    """An element's name without its namespace; "" for an entity."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def attribute(element: Any, name: str) -> str:
    return next((v for k, v in element.attrib.items() if k.rpartition("}")[2] == name), "")


def number_of(element: Any, name: str) -> int:
    """A count in an attribute; 1 where it is not there or no number."""
    value = attribute(element, name)
    return max(1, int(value)) if value.isascii() and value.isdigit() and len(value) < 10 else 1


def own_rows(table: Any) -> Iterator[Any]:
    """A table's rows, not those of the tables in it."""
    pending = list(table.iterchildren())[::-1]
    while pending:
        element = pending.pop()
        if local(element) == "table-row":
            yield element
        elif local(element) in ("table-rows", "table-header-rows", "table-row-group"):
            pending.extend(list(element.iterchildren())[::-1])


class Text:
    """Reads blocks of one document; the notes are counted through it."""

    def __init__(self, content: Any, styles: Any) -> None:
        roots = [root for root in (styles, content) if root is not None]
        self._marks: dict[str, str] = {}
        self._lists: dict[str, dict[int, tuple[str, str, str]]] = {}
        self._titles = {"Title"}
        self.hidden: set[str] = set()
        """Styles of tables that are not shown."""
        for root in roots:
            for style in root.iter("{*}style"):
                self._style(style)
            for style in root.iter("{*}list-style"):
                self._lists[attribute(style, "name")] = dict(_levels(style))
        self._notes = 0

    def _style(self, style: Any) -> None:
        name = attribute(style, "name")
        if attribute(style, "parent-style-name") == "Title" and name.startswith("P"):
            self._titles.add(name)
        for properties in style.iterchildren("{*}table-properties"):
            if attribute(properties, "display") == "false":
                self.hidden.add(name)
        for properties in style.iterchildren("{*}text-properties"):
            position = attribute(properties, "text-position").split(" ")[0]
            if position and position not in ("0%", "0"):
                low = position == "sub" or position.startswith("-")
                self._marks[name] = "_" if low else "^"

    def blocks(self, parent: Any) -> list[str]:
        """Markdown blocks of everything in ``parent``, in order."""
        out: list[str] = []
        pending = list(parent.iterchildren())[::-1]
        while pending:
            element = pending.pop()
            name = local(element)
            if name in ("p", "h"):
                boxes: list[Any] = []
                text = self.line(element, boxes).strip()
                if text:
                    out.append(self._prefix(element) + text)
                pending.extend(boxes[::-1])
            elif name == "list":
                out += self._list(element)
            elif name == "table":
                if text := pipe_table(spread(self._rows(element))):
                    out.append(text)
            elif name == "image":
                out += self._alt(element.getparent())
            elif name == "frame" and attribute(element, "class") in FIELDS:
                continue
            elif name not in _PASSED_OVER:
                pending.extend(list(element.iterchildren())[::-1])
        return out

    def cell(self, element: Any) -> str:
        """A cell in one line, as shown; its comments in brackets."""
        texts = [self.line(p, []) for p in element.iterchildren("{*}p", "{*}h")]
        for note in element.iterchildren("{*}annotation"):
            words = " ".join(self.line(p, []) for p in note.iterchildren("{*}p"))
            texts.append(f"[comment: {words}]" if words.strip() else "")
        return " ".join(" ".join(texts).split())

    def _prefix(self, element: Any) -> str:
        if local(element) == "h":
            return "#" * min(number_of(element, "outline-level"), 6) + " "
        return "# " if attribute(element, "style-name") in self._titles else ""

    def _alt(self, frame: Any) -> Iterator[str]:
        texts = [e.text or "" for e in frame.iterchildren("{*}desc", "{*}title")]
        alt = next((" ".join(text.split()) for text in texts if text.strip()), "")
        if alt:
            yield f"[image: {alt}]"

    def _rows(self, table: Any) -> list[list[Cell]]:
        rows = []
        for row in own_rows(table):
            header = local(row.getparent()) == "table-header-rows"
            cells = row.iterchildren("{*}table-cell")
            rows.append(
                [
                    Cell(
                        " ".join(self.blocks(cell)),
                        number_of(cell, "number-columns-spanned"),
                        number_of(cell, "number-rows-spanned"),
                        header,
                    )
                    for cell in cells
                ]
            )
        return rows

    def _list(self, top: Any) -> list[str]:
        """A list with those in it as one block; each item with its number."""
        levels = self._lists.get(attribute(top, "style-name"), {})
        lines: list[str] = []
        counts: dict[int, int] = {}
        pending: list[tuple[int, Any]] = [(0, top)]
        while pending:
            depth, element = pending.pop()
            name = local(element)
            if name == "list":
                counts.pop(depth + 1, None)
                pending.extend((depth + 1, item) for item in list(element.iterchildren())[::-1])
            elif name in ("list-item", "list-header"):
                counts[depth] = counts.get(depth, _start(levels, depth) - 1) + (name == "list-item")
                mark, first = _marker(levels, depth, counts, name), True
                indent = "  " * min(depth - 1, _DEEPEST)
                inner = [e for e in element.iterchildren() if local(e) == "list"]
                for block in (e for e in element.iterchildren() if local(e) in ("p", "h")):
                    text = " ".join(self.line(block, []).split())
                    if text:
                        lines.append(indent + (mark if first else " " * len(mark)) + text)
                        first = False
                pending.extend((depth, one) for one in inner[::-1])
        return ["\n".join(lines)] if lines else []

    def line(self, element: Any, boxes: list[Any]) -> str:
        """A paragraph's text; ``boxes`` gets the frames in it, which stand behind it."""
        pieces: list[tuple[str, str]] = []
        self._inline(element, "", pieces, boxes, 0)
        groups = [(m, "".join(t for _, t in group)) for m, group in groupby(pieces, _mark)]
        follows = [text for _, text in groups[1:]] + [""]
        return "".join(
            raised(mark, text, after) if mark and text.strip() == text else text
            for (mark, text), after in zip(groups, follows, strict=False)
        )

    def _inline(
        self, element: Any, mark: str, pieces: list[tuple[str, str]], boxes: list[Any], depth: int
    ) -> None:
        if element.text:
            pieces.append((mark, " ".join(_edges(element.text))))
        for inner in element.iterchildren():
            name = local(inner)
            if name == "s":
                pieces.append((mark, " " * min(number_of(inner, "c"), _MOST_SPACES)))
            elif name == "tab":
                pieces.append((mark, "\t"))
            elif name == "line-break":
                pieces.append((mark, "\n"))
            elif name in ("note", "annotation"):
                self._note(name, inner, pieces)
            elif name == "frame" or name.startswith("custom-shape"):
                boxes.append(inner)
            elif not isinstance(inner.tag, str):
                pieces.append((mark, str(inner.text)))  # an entity, as it is written
            elif name not in _PASSED_OVER and depth < _DEEPEST_TEXT:
                own = self._marks.get(attribute(inner, "style-name"), mark)
                self._inline(inner, own, pieces, boxes, depth + 1)
            if inner.tail:
                pieces.append((mark, " ".join(_edges(inner.tail))))

    def _note(self, name: str, element: Any, pieces: list[tuple[str, str]]) -> None:
        """A note inside the sentence that it restricts, not behind its full stop."""
        text = " ".join(" ".join(self.blocks(element)).split()).removesuffix(".")
        if name == "annotation":
            author = next(
                (" ".join((e.text or "").split()) for e in element.iter("{*}creator")), ""
            )
            title = f"comment by {author}" if author else "comment"
        else:
            self._notes += 1
            title = f"{attribute(element, 'note-class') or 'foot'}note {self._notes}"
            title = title.replace("notenote", "note")
        mark, before = pieces[-1] if pieces else ("", "")
        closing = before[-1:] if before[-1:] in _CLOSING else ""
        if closing:
            pieces[-1] = (mark, before[:-1])
        if text:
            pieces.append(("", f" [{title}: {text}]{closing}"))


def _edges(text: str) -> list[str]:
    """Words such that joining them with a space collapses white space but keeps it at the ends."""
    words = text.split()
    if not words:
        return ["", ""] if text else [""]
    return ([""] if text[0].isspace() else []) + words + ([""] if text[-1].isspace() else [])


def _mark(piece: tuple[str, str]) -> str:
    return piece[0]


def _levels(style: Any) -> Iterator[tuple[int, tuple[str, str, str]]]:
    for level in style.iterchildren():
        depth = number_of(level, "level")
        if local(level) == "list-level-style-number":
            form = attribute(level, "num-format")
            start = attribute(level, "start-value") or "1"
            yield depth, (_FORMS.get(form, "decimal"), attribute(level, "num-suffix")[:5], start)


def _start(levels: dict[int, tuple[str, str, str]], depth: int) -> int:
    value = levels.get(depth, ("", "", "1"))[2]
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 1


def _marker(
    levels: dict[int, tuple[str, str, str]], depth: int, counts: dict[int, int], name: str
) -> str:
    if depth not in levels or name == "list-header":
        return "- "
    form, suffix, _ = levels[depth]
    number = numeral(counts[depth], form)
    if form == "decimal":
        return f"{number}. " if suffix != ")" else f"{number}) "
    return f"- {number}{suffix} " if number else "- "
