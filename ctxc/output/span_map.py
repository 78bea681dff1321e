"""Loss that can be seen: which spans of the original are left, and which are gone.

``as_map`` is the object behind ``--map`` (one JSON line a document), ``shown``
the original with what was dropped dimmed, behind ``--show``.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

from ..console import harmless
from ..document import Document
from ..result import SCHEMA, Compression

_NEWLINE = re.compile(r"\r\n|\n|\r")


class _Places:
    """Byte offsets and line numbers of character offsets, which are asked in order."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = [0, *(m.end() for m in _NEWLINE.finditer(text))]
        self._char = self._byte = 0

    def byte(self, at: int) -> int:
        self._byte += len(self._text[self._char : at].encode("utf-8", "replace"))
        self._char = at
        return self._byte

    def lines(self, start: int, end: int) -> list[int]:
        """First and last line, counted from 1."""
        last = max(start, end - 1)
        return [bisect_right(self._lines, start), bisect_right(self._lines, last)]


def as_map(document: Document, result: Compression) -> dict[str, Any]:
    """Spans kept and dropped, in order: characters, bytes of the UTF-8 text, lines from 1.

    ``output`` is where a kept span begins in the compressed text (characters);
    ``score`` what ranked it, null where nothing did. A text passed through
    unchanged is one kept span. ``parts`` are the titles of the first and the last
    part (page, slide, sheet, chapter) in a span, where the document has titled ones.
    A distillation has ``lines`` instead, each with
    its source spans, as in ``--json``.
    """
    name = {"id": result.id} if result.id is not None else {"source": result.source}
    if lines := result.extra.get("lines"):
        size = len(document.text)
        return {"schema": SCHEMA, **name, "characters": size, "lines": lines}
    places = _Places(document.text)
    spans = []
    starts = [part.start for part in document.parts]
    kinds = {span.start: span.kind for span in result.kept}
    for start, end, score, out in _spans(document, result):
        a, b = places.byte(start), places.byte(end)
        span: dict[str, Any] = {
            "kept": out >= 0,
            "start": start,
            "end": end,
            "bytes": [a, b],
            "lines": places.lines(start, end),
        }
        if out >= 0:
            span |= {"output": out, "score": round(score, 5) if math.isfinite(score) else None}
        if parts := _titles(document, starts, start, end):
            span["parts"] = parts
        if kind := kinds.get(start):
            span["kind"] = kind
        spans.append(span)
    return {"schema": SCHEMA, **name, "characters": len(document.text), "spans": spans}


def _titles(document: Document, starts: list[int], start: int, end: int) -> list[str]:
    """The titles of the parts in which a span begins and ends; none where a part has no title."""
    if not starts:
        return []
    ends = (bisect_right(starts, start) - 1, bisect_right(starts, max(start, end - 1)) - 1)
    titles = [document.parts[max(0, at)].title for at in ends]
    return titles if all(titles) else []


def _spans(document: Document, result: Compression) -> Iterator[tuple[int, int, float, int]]:
    """``(start, end, score, out)`` tiling the text; ``out`` is -1 for what was dropped."""
    kept = result.kept
    if not kept and result.text and result.text == document.text:
        yield 0, len(document.text), math.nan, 0
        return
    at = 0
    for span in kept:
        if at < span.start:
            yield at, span.start, math.nan, -1
        yield span.start, span.end, span.score, span.out
        at = span.end
    if at < len(document.text):
        yield at, len(document.text), math.nan, -1


def shown(document: Document, result: Compression, *, color: bool, terminal: bool = True) -> str:
    """The original to look at: dropped text dimmed, or in ``[-…-]`` without colour.

    Control characters of the document are shown as escapes, so that none reaches a terminal.
    """
    on, off = ("\x1b[2m", "\x1b[22m") if color else ("[-", "-]")
    out = []
    for start, end, _, place in _spans(document, result):
        text = document.text[start:end]
        text = harmless(text) if terminal else text
        if place >= 0 or not text.strip():
            out.append(text)
            continue
        lead = text[: len(text) - len(text.lstrip())]
        tail = text[len(text.rstrip()) :]
        out.append(f"{lead}{on}{text.strip()}{off}{tail}")
    return "".join(out)
