"""Elements inside a line of HTML: what is raised, lowered, or not to be seen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from .css import raised_by, raised_classes
from .raised import LONGEST, raised

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_RAISED = {"sup": "^", "sub": "_"}
_MOST_NODES = 20
_LONGEST_NOTE = 300
"""Letters of a note that still reads as part of the sentence it belongs to."""


def page_styles(root: LexborNode) -> dict[str, str]:
    """The classes that a page's own styles raise or lower."""
    return raised_classes("\n".join(node.text(deep=True) or "" for node in root.css("style")))


def raised_sign(tag: str, node: LexborNode, styles: Mapping[str, str]) -> str:
    """The mark of an element inside a line that is raised or lowered, "" for others."""
    if tag != "span":
        return _RAISED.get(tag, "")
    attributes = node.attributes
    names = (attributes.get("class") or "").split() if styles else ()
    by_class = next((styles[name] for name in names if name in styles), "")
    return by_class or raised_by(attributes.get("style") or "")


def raised_text(mark: str, node: LexborNode) -> str:
    """What a short superscript or subscript says, with its mark; "" where it is no such thing."""
    text = _few_words(node)
    if len(text) > LONGEST:
        return ""
    after = node.next
    follows = (after.text_content or "") if after is not None and after.tag == "-text" else ""
    return raised(mark, text, follows)


class NoteTexts:
    """The notes that a page's references lead to (DPUB-ARIA ``doc-noteref``, EPUB ``noteref``).

    ``used``: the elements whose text stands at its reference, and is not read again.
    """

    def __init__(self) -> None:
        self.used: set[int] = set()
        self._targets: dict[str, LexborNode] | None = None
        self._texts: dict[int, str] = {}

    def of(self, link: LexborNode) -> str:
        """The note's text in brackets, or its number where it is long; "" for another link."""
        attributes = link.attributes
        names = f"{attributes.get('epub:type') or ''} {attributes.get('role') or ''}".split()
        if not {"noteref", "doc-noteref"} & set(names):
            return ""
        number = _few_words(link) or " ".join((link.text(deep=True) or "").split())[:LONGEST]
        number = number.strip("[]^")
        target = self._target(link, (attributes.get("href") or "").rpartition("#")[2])
        if target is None:
            return f"[{number}]" if number else ""
        if target.mem_id not in self._texts:
            text = " ".join((target.text(deep=True) or "").split()).rstrip("↩︎ ")
            self._texts[target.mem_id] = text.removesuffix(".")
        text = self._texts[target.mem_id]
        text = (
            text.removeprefix(f"[{number}] ").removeprefix(f"{number}. ").removeprefix(f"{number} ")
        )
        if not text or len(text) > _LONGEST_NOTE:
            return f"[{number}]"
        self.used.add(target.mem_id)
        return f"[footnote {number}: {text}]"

    def _target(self, link: LexborNode, name: str) -> LexborNode | None:
        """The element of that name, unless the reference stands in it."""
        if self._targets is None:
            top = link
            while top.parent is not None:
                top = top.parent
            self._targets = {node.attributes.get("id") or "": node for node in top.css("[id]")}
        target = self._targets.get(name) if name else None
        above = link.parent
        while target is not None and above is not None:
            if above.mem_id == target.mem_id:
                return None
            above = above.parent
        return target


def _few_words(node: LexborNode) -> str:
    """The text in an element of a few nodes, all of them inline; "" for anything else."""
    pieces: list[str] = []
    pending = [node.child]
    for _ in range(_MOST_NODES):
        if not pending:
            return " ".join("".join(pieces).split())
        below = pending.pop()
        if below is None:
            continue
        pending.append(below.next)
        tag = below.tag or ""
        if tag == "-text":
            pieces.append(below.text_content or "")
            if sum(map(len, pieces)) > 2 * LONGEST:
                return ""
        elif tag in ("a", "b", "em", "i", "span", "strong", "small", "var", "cite", "abbr"):
            if not is_hidden(below):
                pending.append(below.child)
        else:
            return ""
    return ""


def is_hidden(node: LexborNode) -> bool:
    attributes = node.attributes
    if not attributes:
        return False
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    return bool(_HIDDEN.search(attributes.get("style") or ""))


def span_of(node: LexborNode, name: str) -> int:
    """A cell's ``colspan`` or ``rowspan``; 1 where it says nothing that is a number."""
    value = (node.attributes.get(name) or "").strip()
    return max(1, int(value)) if re.fullmatch(r"[0-9]{1,6}", value) else 1
