"""Many documents as one, so that one budget is spent across them, and the way back."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ..document import Document, Part, Segment, Span
from ..errors import InputError
from ..text.segment import segments
from ..text.segment.places import Places
from .orders import orders
from .types import Place


@dataclass(frozen=True, slots=True)
class Origin:
    """``joined.text[start:end]`` is ``document.text[at : at + end - start]``."""

    document: Document
    start: int
    end: int
    at: int


@dataclass(frozen=True)
class Corpus:
    """``document`` is what is selected from; its text is the originals' under their names."""

    document: Document
    origins: tuple[Origin, ...]

    @classmethod
    def of(cls, documents: Sequence[Document]) -> Corpus:
        """Raises InputError where there is nothing but white space in them."""
        some = [d for d in documents if d.text.strip()]
        if not some:
            raise InputError(
                "there is nothing to answer from: no document has any text", kind="empty"
            )
        if len(some) == 1:
            only = some[0]
            return cls(only, (Origin(only, 0, len(only.text), 0),))
        return _joined(some)

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        return segments(self.document)

    @cached_property
    def orders(self) -> tuple[Span, ...]:
        """Where the text gives orders to a model: no reader sees it, and no claim stands on it."""
        return orders(self.document.text, self.segments)

    @cached_property
    def _starts(self) -> list[int]:
        return [origin.start for origin in self.origins]

    @cached_property
    def _part_starts(self) -> list[int]:
        return [part.start for part in self.document.parts]

    def title(self, at: int) -> str:
        """What the text at ``at`` stands under: its part's title, "" where it has none."""
        index = self.part(at)
        return self.document.parts[index].title if index >= 0 else ""

    def part(self, at: int) -> int:
        """The index of the part that the text at ``at`` is in, -1 where there are none."""
        return bisect_right(self._part_starts, at) - 1

    def bodies(self, start: int, end: int) -> list[Span]:
        """``start:end`` without the parts' title lines, one span a part."""
        parts = self.document.parts
        if not parts:
            return [Span(start, end)]
        out = []
        first = max(0, bisect_right(self._part_starts, start) - 1)
        for part in parts[first:]:
            if part.start >= end:
                break
            a, b = max(start, part.body), min(end, part.end)
            if a < b:
                out.append(Span(a, b))
        return out

    def origin(self, at: int) -> Origin:
        """Where the text at ``at`` comes from."""
        return self.origins[max(0, bisect_right(self._starts, at) - 1)]

    def place(self, span: Span) -> Place:
        """Where a span of the joined document (within one part) stands in its original."""
        origin = self.origin(span.start)
        shift = origin.at - origin.start
        own = Span(span.start + shift, min(span.end, origin.end) + shift)
        document = origin.document
        title, first, last = Places.of(document).at(own)
        if document.id is None and not document.original_spans:
            # A file: its own line numbers, whatever pages it has.
            first, last = Places.of(document).lines(own)
        part = title if document.parts else ""
        return Place(document.source, part, (first, last), own.start, own.end)


def _joined(documents: Sequence[Document]) -> Corpus:
    """Each document, or each page of it, under a line with its name."""
    pieces: list[str] = []
    parts: list[Part] = []
    origins: list[Origin] = []
    at = 0
    for document in documents:
        for title, body in _pieces(document):
            gap = "\n\n" if pieces else ""
            head = f"{title}\n"
            start = at + len(gap)
            begin = start + len(head)
            at = begin + body.end - body.start
            pieces += (gap, head, body.of(document.text))
            parts.append(Part(start, at, begin, title))
            origins.append(Origin(document, begin, at, body.start))
    types = {d.media_type for d in documents}
    kinds = {d.kind for d in documents}
    text = "".join(pieces)
    spans = tuple(Span(p.body, p.end) for p in parts)
    joined = Document(
        text,
        f"{len(documents)} documents",
        types.pop() if len(types) == 1 else "text/plain",
        tuple(parts),
        spans,
        notes=tuple(f"{d.source}: {note}" for d in documents for note in d.notes),
        kind=kinds.pop() if len(kinds) == 1 else "",
    )
    return Corpus(joined, tuple(origins))


def _pieces(document: Document) -> list[tuple[str, Span]]:
    """The document's parts under its name and theirs; itself where it has none."""
    name = " ".join(document.source.split()) or "document"
    if not document.parts:
        return [(name, Span(0, len(document.text)))]
    out = []
    at = 0
    for index, part in enumerate(document.parts):
        title = " ".join(part.title.split()) or f"part {index + 1}"
        # Text between two parts goes with the later one: nothing of a document is lost.
        body = part.body if document.text[at : part.body].strip() == part.title else at
        last = index == len(document.parts) - 1
        out.append((f"{name}, {title}", Span(body, len(document.text) if last else part.end)))
        at = part.end
    return [(title, span) for title, span in out if span.of(document.text).strip()]
