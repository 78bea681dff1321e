"""HTML made to hurt a parser -> HTML of the same text that does not.

A tree builder looks up its stack of open elements at nearly every tag and
compares each attribute with the ones before it, so 160 kB of ``<div>`` take it
7 s and the time grows with the square. Ordinary pages pass through untouched.
"""

from __future__ import annotations

import re

DEEPEST = 400
"""Levels of open elements that are left as they are (browsers stop at 512)."""

_MOST_ATTRIBUTES = 500
_TAG = re.compile(r"<(/?)([A-Za-z][^\s/><]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*+)>")
# A long tag is looked for by its length; counting attributes in each would cost more than parsing.
_LONG_TAG = re.compile(r"<[A-Za-z][^<>]{4000}")
_UNCLOSED = frozenset(
    "area base br col embed hr img input link meta param source track wbr"
    " p li td th tr dd dt option optgroup thead tbody tfoot colgroup html head body rt rp".split()
)
_RAW = re.compile(r"<!--|<(script|style|svg|template|noscript|textarea|title|iframe)\b", re.I)


def tamed(text: str) -> str:
    """``text``, simplified where its markup would take too long to parse."""
    if not _wild(text):
        return text
    depth = 0

    def keep(match: re.Match[str]) -> str:
        nonlocal depth
        closing, name = match[1], match[2].lower()
        if name in _UNCLOSED:
            return f"<{closing}{name}>"
        if closing:
            depth -= 1
            if depth < 0:
                depth = 0
            return f"</{name}>" if depth < DEEPEST else " "
        depth += 1
        return f"<{name}>" if depth <= DEEPEST else " "

    return _TAG.sub(keep, _without_raw(text))


def _wild(text: str) -> bool:
    """Whether elements nest too deeply, or a tag has too many attributes."""
    for long in _LONG_TAG.finditer(text):
        if long[0].count("=") + long[0].count(" ") > _MOST_ATTRIBUTES:
            return True
    depth = 0
    for match in _TAG.finditer(text):
        if match[2].lower() in _UNCLOSED:
            continue
        if match[1]:
            depth = max(0, depth - 1)
        elif not match[3].endswith("/"):
            depth += 1
            if depth > DEEPEST:
                return True
    return False


def _without_raw(text: str) -> str:
    """The text without comments, scripts, styles and drawings."""
    kept = []
    at = 0
    while match := _RAW.search(text, at):
        kept.append(text[at : match.start()])
        end = _end_of(text, match)
        if end < 0:
            return "".join(kept)
        at = end
    kept.append(text[at:])
    return "".join(kept)


def _end_of(text: str, match: re.Match[str]) -> int:
    """Where what ``match`` begins is over, or -1."""
    if match[1] is None:
        end = text.find("-->", match.end())
        return end + 3 if end >= 0 else -1
    closing = re.compile(f"</{match[1]}[^>]*>", re.I).search(text, match.end())
    return closing.end() if closing else -1
