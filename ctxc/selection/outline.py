"""The outline of source code: what is declared in it, and the first line of what is said of it.

Signatures with the lines that open and close them, under those of their classes, and the first
line of each docstring or comment that documents one; no bodies.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..document import Segment
from .prefix import Fit, Selection, longest_prefix
from .render import Piece

_BLOCK_COMMENT = re.compile(r"\s*/\*")
_QUOTES = re.compile(r"\s*\w{0,2}(\"\"\"|'''|\"|')")
_TELLING = re.compile(r"[^\W_]")


def outline(fit: Fit, segments: Sequence[Segment]) -> Selection | None:
    """As much of the outline as fits, outer declarations first; None for a text without any."""
    text = fit.render.text
    pieces = _pieces(text, segments)
    if not pieces:
        return None
    order = sorted(pieces, key=lambda i: (_depth(segments, i), segments[i].kind != "member", i))

    def first(size: int) -> list[Piece]:
        kept = [piece for index in order[:size] for piece in pieces[index]]
        return sorted(kept, key=lambda p: (p.start, p.end))

    size = longest_prefix(
        len(order), lambda k: fit.tokens(first(k)) if k else 0, fit.target, len(order)
    )
    return fit.selection(first(size)) if size else None


def _pieces(text: str, segments: Sequence[Segment]) -> dict[int, list[Piece]]:
    """For each signature its lines, for each document of one its first line."""
    out: dict[int, list[Piece]] = {}
    for index, segment in enumerate(segments):
        if segment.kind == "member":
            out[index] = [Piece(segment.start, segment.core_end, segment.salience)]
        elif segment.closes in out:
            out[segment.closes].append(Piece(segment.start, segment.core_end))
    for index, segment in enumerate(segments):
        if segment.kind == "comment" and _documents(segments, index, out):
            out[index] = [_first_line(text, segment)]
    return out


def _documents(segments: Sequence[Segment], index: int, members: dict[int, list[Piece]]) -> bool:
    """Whether a comment stands right above the member that it needs, or right below its head."""
    head = segments[index].needs
    if head in members:
        return head == index - 1 or all(s.kind == "comment" for s in segments[index:head])
    return head < 0 and index == 0 and segments[index].text_kind == "code"


def _first_line(text: str, segment: Segment) -> Piece:
    """Up to the end of its first line with a word, closed as it was opened."""
    core = segment.core(text)
    word = _TELLING.search(core)
    end = core.find("\n", word.start() if word else 0)
    if end < 0:
        return Piece(segment.start, segment.core_end, segment.salience)
    end = len(core[:end].rstrip())
    quotes = _QUOTES.match(core)
    close = " */" if _BLOCK_COMMENT.match(core) else quotes.group(1) if quotes else ""
    close = "" if core[:end].endswith(close.strip()) and word and end > 3 else close
    return Piece(segment.start, segment.start + end, segment.salience, close)


def _depth(segments: Sequence[Segment], index: int) -> int:
    """How many members it stands in; a document of one counts with it."""
    depth = 0
    while segments[index].needs >= 0:
        index = segments[index].needs
        depth += 1
    return depth
