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
    # Units of machine text (``text.kinds``); each stays whole while the budget allows.
    "record",  # an object, a list element, a JSON line: the head of what is in it
    "key",  # a key with its value, or with the head of one that holds more
    "close",  # what ends a unit: a bracket, a closing tag, a brace; there with its head
    "hunk",  # the file and ``@@`` lines of a change, or a whole commit's head
    "change",  # removed and added lines that belong together, with their context
    "line",  # one line of output: a listing's, a log's without a time
    "event",  # a log's line with what continues it
    "exception",  # a traceback's message: the head of its frames
    "frame",  # one stack frame with its source line
    "failure",  # a failed test or a compiler's error: name, message, excerpt
    "verdict",  # a summary, a total, an exit status
    "step",  # what a build or a test run did, without a fault
    "member",  # a class's, module's or function's signature: the head of its body
    "comment",  # a comment or docstring
    "instruction",  # what a prompt asks for
    "example",  # a whole example of a prompt
    "message",  # a turn of a conversation kept as data, or a mail's head
    "cell",  # a notebook's cell
    "cue",  # a subtitle with its time
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
    empty for the whole text. ``kind`` is the kind of text (``text.kinds.KINDS``)
    where a user named it, "" to tell it by content.
    """

    text: str
    source: str
    media_type: str = "text/plain"
    parts: tuple[Part, ...] = ()
    original_spans: tuple[Span, ...] = ()
    id: Any = None
    question: str | None = None
    notes: tuple[str, ...] = field(default=(), compare=False)
    kind: str = ""

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

    ``text_kind`` names the kind of text it was cut by (``text.kinds.KINDS``; "" for prose).
    ``closes`` is the index of the unit it ends, or -1: it is there if and only if that is.
    ``salience`` says how much it is worth without any question, from 0 for one of many
    to 5 for the failure everything else is about; above 5 (a conversation's system message and
    last turns) it goes before anything a question asks for.
    ``folds`` is the index of the earlier segment it repeats but for numbers and ids, or -1.

    ``leans_on`` is the index of the sentence without which this one could be about anything
    (its subject is a pronoun; it is an item of the list which that one opens), or -1.
    ``continues`` says that it is the rest of a sentence too long for one segment.
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
    text_kind: str = ""
    closes: int = -1
    salience: float = 0.0
    folds: int = -1
    leans_on: int = -1
    continues: bool = False

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
