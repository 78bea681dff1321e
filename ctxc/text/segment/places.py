"""Line numbers of a document's spans, as a reader would cite them."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache

from ...document import Document, Span


@dataclass(frozen=True, slots=True)
class Places:
    """Where lines and parts begin; line 1 of a part is its body's first line."""

    document: Document
    starts: tuple[int, ...]
    parts: tuple[int, ...]

    @classmethod
    def of(cls, document: Document) -> Places:
        return _places(document)

    def lines(self, span: Span) -> tuple[int, int]:
        """First and last line number of a span in the whole text, from 1."""
        return self._line(span.start), self._line(max(span.start, span.end - 1))

    def at(self, span: Span) -> tuple[str, int, int]:
        """The part's title ("" without parts), and the line numbers within its body."""
        first, last = self.lines(span)
        parts = self.document.parts
        index = bisect_right(self.parts, span.start) - 1
        if index < 0:
            return "", first, last
        before = self._line(parts[index].body) - 1
        title = parts[index].title or f"document {index + 1}"
        return title, max(1, first - before), max(1, last - before)

    def _line(self, at: int) -> int:
        return bisect_right(self.starts, at)


@lru_cache(maxsize=4)
def _places(document: Document) -> Places:
    starts = [0]
    at = document.text.find("\n")
    while at >= 0:
        starts.append(at + 1)
        at = document.text.find("\n", at + 1)
    return Places(document, tuple(starts), tuple(part.start for part in document.parts))
