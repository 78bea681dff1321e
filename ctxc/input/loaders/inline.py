"""Elements inside a line of HTML: what is raised, lowered, or not to be seen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_ORDINAL = re.compile(r"(?:st|nd|rd|th|er|re|e|ème|o|a|º|ª|TM|SM|™|®|©|\[.*\]|\(.*\))", re.I | re.S)
_LONGEST_RAISED, _MOST_RAISED = 40, 20


def raised(mark: str, node: LexborNode) -> str:
    """A short superscript or subscript with its mark; "" where it is no such thing.

    ``10^9``, ``H_2O``, ``x^(n+1)``; an ordinal's letters and a note's brackets need no mark.
    """
    text = _few_words(node)
    if not text or len(text) > _LONGEST_RAISED:
        return ""
    if _ORDINAL.fullmatch(text):
        return text
    after = node.next
    follows = (after.text_content or "")[:1] if after is not None and after.tag == "-text" else ""
    simple = re.fullmatch(r"[-−+]?[\w.,′″*†‡]+", text)
    runs_on = (text[-1].isdigit() and follows.isdigit()) or (
        text[-1].isalpha() and follows.isalpha()
    )
    return f"{mark}({text})" if not simple or runs_on else mark + text


def _few_words(node: LexborNode) -> str:
    """The text in an element of a few nodes, all of them inline; "" for anything else."""
    pieces: list[str] = []
    pending = [node.child]
    for _ in range(_MOST_RAISED):
        if not pending:
            return " ".join("".join(pieces).split())
        below = pending.pop()
        if below is None:
            continue
        pending.append(below.next)
        tag = below.tag or ""
        if tag == "-text":
            pieces.append(below.text_content or "")
            if sum(map(len, pieces)) > 2 * _LONGEST_RAISED:
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
