"""What goes in: documents, the parts they are made of, and the segments that tile them.

All offsets are indices into ``Document.text`` (Unicode code points), half-open.
A ``Document`` never changes, so every extractive result is spans of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal[
    "title",  # the title of a part (one retrieved passage of a record)
    "heading",  # a section heading, with its level
    "sentence",  # one sentence of running prose
    "turn",  # one sentence of a speaker's turn in a transcript
    "item",  # a list item (its first line carries the marker)
    "row",  # a table row; a header row is what its rows need
    "code",  # a fenced or indented code block, whole
    "data",  # JSON, YAML, front matter: whole, or it no longer parses
    "quote",  # one line or sentence of a block quotation
    "definition",  # a Markdown link reference definition: kept for the links that need it
    "other",  # anything else kept or dropped whole (HTML blocks, rules, footnotes)
]


@dataclass(frozen=True, slots=True)
class Span:
    """``text[start:end]``."""

    start: int
    end: int

    def of(self, text: str) -> str:
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Part:
    """One of several texts joined into a document (a record's documents; a PDF's pages).

    ``start:end`` covers the title and the body; ``body`` the body alone.
    """

    start: int
    end: int
    body: int
    title: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A text and where it came from.

    ``source`` is what a user would call it (a path, ``-``, a record's id);
    ``original_spans`` are what counts as the original when tokens are counted
    (for a record with documents: the documents' texts without their titles),
    empty for the whole text.
    """

    text: str
    source: str
    media_type: str = "text/plain"
    parts: tuple[Part, ...] = ()
    original_spans: tuple[Span, ...] = ()
    id: Any = None
    question: str | None = None
    notes: tuple[str, ...] = field(default=(), compare=False)

    @property
    def originals(self) -> list[str]:
        """The texts whose tokens are the original count."""
        return [s.of(self.text) for s in self.original_spans] or [self.text]


@dataclass(frozen=True, slots=True)
class Segment:
    """A span kept or dropped whole, unless words are pruned out of prose.

    Segments tile the document: each ends where the next begins, and joining
    all slices gives the text back. ``start:core_end`` is the visible text,
    ``core_end:end`` the white space behind it (leading white space of the
    document belongs to the first segment's core).

    ``needs`` is the index of the segment without which this one would not
    parse (a table's header for its row, a list item's parent), or -1.
    ``refers`` are the indices of the definitions its links go by.
    ``heading`` is the index of the nearest heading or title above, or -1.
    ``block`` numbers the paragraph, list, table or turn it belongs to.
    ``part`` is the index into ``Document.parts`` (0 where there are none).
    """

    start: int
    core_end: int
    end: int
    kind: Kind
    block: int
    part: int = 0
    heading: int = -1
    needs: int = -1
    level: int = 0
    refers: tuple[int, ...] = ()

    @property
    def prunable(self) -> bool:
        """Whether words may be cut out of it."""
        return self.kind in ("sentence", "turn")

    @property
    def is_title(self) -> bool:
        return self.kind in ("title", "heading")

    @property
    def comes_along(self) -> bool:
        """Whether it is kept for what needs it: a title, a heading, a link's definition."""
        return self.is_title or self.kind == "definition"

    def core(self, text: str) -> str:
        return text[self.start : self.core_end]
