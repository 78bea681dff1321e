"""What stands outside a DOCX's body: footnotes, endnotes, comments, headers and footers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .word import blocks, local, text_of

if TYPE_CHECKING:
    from docx.document import Document as Opened

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_KINDS = {"footnote": "footnotes", "endnote": "endnotes", "comment": "comments"}
_LONGEST_INLINE = 300
"""Letters of a note that still reads as part of the sentence it belongs to."""


class NoteTexts:
    """Notes by kind and id; each stands at its first reference, and is named at the others."""

    def __init__(self, opened: Opened) -> None:
        self._texts: dict[tuple[str, str], tuple[str, str]] = {}
        self._numbers: dict[tuple[str, str], int] = {}
        self._counts: Counter[str] = Counter()
        self._long: list[str] = []
        self._boxes: list[Any] = []
        for kind, part in _KINDS.items():
            for element in _part(opened, part):
                # Separators between text and notes are kept as notes of a type of their own.
                if local(element) == kind and element.get(_W + "type") in (None, "normal"):
                    text = " ".join(_text(element).split())
                    author = " ".join((element.get(_W + "author") or "").split())
                    name = f"comment by {author}" if author and kind == "comment" else kind
                    if text:
                        self._texts[kind, str(element.get(_W + "id"))] = (name, text)

    def reference(self, element: Any) -> str:
        """The note's text in brackets; its name alone where it is long or stood before."""
        kind = local(element).removesuffix("Reference")
        key = (kind, str(element.get(_W + "id")))
        if key not in self._texts:
            return ""
        name, text = self._texts[key]
        again = key in self._numbers
        if not again:
            self._counts[kind] += 1
            self._numbers[key] = self._counts[kind]
        name = name if kind == "comment" else f"{name} {self._numbers[key]}"
        if not again and len(text) <= _LONGEST_INLINE:
            return f" [{name}: {text.removesuffix('.')}]"
        if not again:
            self._long.append(f"[{name}: {text}]")
        return f" [{name}]"

    def box(self, element: Any) -> None:
        self._boxes.append(element)

    def take_boxes(self) -> list[Any]:
        boxes, self._boxes = self._boxes, []
        return boxes

    def take_long(self) -> list[str]:
        """The long notes referred to since the last call."""
        long, self._long = self._long, []
        return long

    def rest(self) -> Iterator[str]:
        """Notes that nothing refers to."""
        for key, (name, text) in self._texts.items():
            if key not in self._numbers:
                yield f"[{name}: {text}]"


class Margins:
    """Headers and footers, each text once, however many sections and pages bear it."""

    def __init__(self, opened: Opened) -> None:
        self.headers = _margins(opened, "header")
        self.footers = _margins(opened, "footer")


def _margins(opened: Opened, kind: str) -> list[str]:
    texts: dict[str, None] = {}
    for relation in opened.part.rels.values():
        if not relation.is_external and relation.reltype.endswith(f"/{kind}"):
            text = " ".join(_text(_root(relation.target_part)).split())
            # What is left of a page number says nothing.
            if sum(char.isalpha() for char in text) > 2:
                texts[f"[{kind}: {text}]"] = None
    return list(texts)


def _text(element: Any) -> str:
    return " ".join(text_of(paragraph) for paragraph in blocks(element, into_tables=True))


def _part(opened: Opened, name: str) -> Iterator[Any]:
    for relation in opened.part.rels.values():
        if not relation.is_external and relation.reltype.endswith(f"/{name}"):
            yield from _root(relation.target_part).iterchildren()


def _root(part: Any) -> Any:
    """The markup of a part, parsed as the body is: no entity is unfolded, nothing is fetched."""
    element = getattr(part, "_element", None)
    if element is not None:
        return element
    from docx.oxml.parser import parse_xml

    return parse_xml(part.blob)
