"""Elements inside a line of HTML: what is raised, lowered, or not to be seen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .raised import LONGEST, raised

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_MOST_NODES = 20


def raised_text(mark: str, node: LexborNode) -> str:
    """What a short superscript or subscript says, with its mark; "" where it is no such thing."""
    text = _few_words(node)
    if len(text) > LONGEST:
        return ""
    after = node.next
    follows = (after.text_content or "") if after is not None and after.tag == "-text" else ""
    return raised(mark, text, follows)


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
