"""A document into segments that tile it, and text into words.

``segments`` is linear in the document's length and never fails: any Unicode
text, whatever it claims to be, gives segments whose slices joined are the text.

============================  ==================================================
media type                    segments
============================  ==================================================
``text/markdown``             headings, sentences, items, rows, code, quotes, ...
``text/plain`` and others     the same where it looks like Markdown; a transcript
                              by turns; else paragraphs by sentences or lines
JSON, YAML, TOML              one ``data``; JSON Lines one a line
CSV, TSV                      a header ``row`` and the rows that need it
``text/x-...`` source code    ``code`` blocks between blank lines
============================  ==================================================
"""

from __future__ import annotations

from dataclasses import replace

from ...document import Document, Segment
from .. import kinds
from .builder import Builder
from .lines import Line, lines_of
from .markdown import Markdown
from .plain import add_plain, looks_like_markdown
from .prose import add_turns, is_transcript
from .references import with_references
from .rows import add_code, add_csv, add_data, add_records, is_json
from .ties import with_ties
from .words import words

__all__ = ["segments", "words"]

_MARKDOWN = frozenset(("text/markdown", "text/x-markdown"))
_PROSE = frozenset(
    ("text/plain", "text/html", "application/pdf", "application/xhtml+xml", "text/x-rst", "")
)
_DECLARED = frozenset(("application/pdf", "text/html", "application/xhtml+xml"))
"""Texts that a loader has made: their lines are not a program's output."""
_DATA = frozenset(
    f"{family}/{prefix}{name}"
    for family in ("application", "text")
    for prefix in ("", "x-")
    for name in ("json", "yaml", "toml")
)
_RECORDS = frozenset(
    f"application/{prefix}{name}"
    for prefix in ("", "x-")
    for name in ("jsonl", "jsonlines", "json-lines", "ndjson")
)
_TABLES = frozenset(("text/csv", "text/tab-separated-values", "application/csv"))
_CODE_NAMES = ("javascript", "x-sh", "typescript", "sql", "x-python", "x-httpd-php", "xml")


_REMEMBERED = 1 << 20
"""Characters of a document whose segments are kept until the next is asked for."""
_last: tuple[Document, tuple[Segment, ...]] | None = None


def segments(document: Document) -> tuple[Segment, ...]:
    """Tile ``document.text``; empty only for an empty text.

    With parts, each part's title region is one ``title`` segment and its body
    is segmented by itself; text outside any part counts to the part before it.
    """
    global _last
    last = _last
    if last is not None and last[0] is document:  # who looked at them before they were cut
        return last[1]
    made = _segments(document)
    _last = (document, made) if len(document.text) <= _REMEMBERED else None
    return made


def _segments(document: Document) -> tuple[Segment, ...]:
    text = document.text
    out = Builder(text)
    at = 0
    for index, part in enumerate(document.parts):
        _add_text(out, at, max(at, part.start), document)
        out.begin_part(index)
        body = min(max(part.body, part.start), part.end)
        if text[part.start : body].strip():
            out.begin_block()
            out.add(part.start, "title")
        _add_text(out, body, part.end, document, part.title)
        at = max(at, part.end)
    _add_text(out, at, len(text), document)
    return with_ties(text, with_references(text, out.finish()))


def _add_text(out: Builder, start: int, end: int, document: Document, title: str = "") -> None:
    if start >= end or out.text[start:end].isspace():
        return
    media = document.media_type.partition(";")[0].strip().lower()
    lines = lines_of(out.text, start, end)
    passage = kinds.Passage(out.text, start, end, lines, media, document.source)
    if media == "message/rfc822" and start > 0 and not document.kind:
        _add_attached(out, replace(passage, media_type="", name=title))
    elif document.kind == "markdown" or (media in _MARKDOWN and not document.kind):
        Markdown(out, lines, declared=True).run()
    elif document.kind in kinds.SPECIAL:
        _add_by_content(out, passage, document.kind)
    else:
        kinds.add_units(out, passage, document.kind)


def _add_attached(out: Builder, passage: kinds.Passage) -> None:
    """A document attached to a mail, by its content; what loaders make of documents is Markdown."""
    if kind := kinds.detect(passage):
        kinds.add_units(out, passage, kind)
    else:
        Markdown(out, list(passage.lines), declared=True).run()


def _add_by_content(out: Builder, passage: kinds.Passage, named: str) -> None:
    """The units of the kind that the content is of; else prose, with blocks of kinds inside it."""
    kind = "" if named else kinds.detect(passage)
    if kind:
        kinds.add_units(out, passage, kind)
    elif named or not _has_blocks(out, passage):
        _add_rest(out, passage)


def _has_blocks(out: Builder, passage: kinds.Passage) -> bool:
    """Add prose and the blocks of other kinds inside it; False, adding nothing, without any."""
    lines = list(passage.lines)
    blocks = [] if passage.media_type in _DECLARED else kinds.blocks(lines)
    if not blocks:
        return False
    at = 0
    for first, last, kind in [*blocks, (len(lines), len(lines), "")]:
        if at < first:
            between = _part(passage, lines[at:first])
            if not between.body.isspace():
                _add_rest(out, between)
        if kind:
            kinds.add_units(out, _part(passage, lines[first:last]), kind)
        at = last
    return True


def _part(passage: kinds.Passage, lines: list[Line]) -> kinds.Passage:
    return replace(passage, start=lines[0].start, end=lines[-1].stop, lines=lines)


def _add_rest(out: Builder, passage: kinds.Passage) -> None:
    """What is of no kind with a file of its own."""
    media, lines = passage.media_type, list(passage.lines)
    if media in _DATA or media.endswith(("+json", "+yaml")):
        add_data(out, passage.start, passage.end, must_parse="json" in media)
    elif media in _RECORDS:
        add_records(out, lines)
    elif media in _TABLES:
        add_csv(out, lines)
    elif media in _PROSE or not _is_code(media):
        _add_prose(out, passage.start, passage.end, lines)
    else:
        add_code(out, lines)


def _is_code(kind: str) -> bool:
    family, _, name = kind.partition("/")
    return name in _CODE_NAMES or (family == "text" and name.startswith("x-")) or name == "css"


def _add_prose(out: Builder, start: int, end: int, lines: list[Line]) -> None:
    if is_json(out.text[start:end]):
        add_data(out, start, end, must_parse=False)
    elif is_transcript(lines):
        add_turns(out, lines)
    elif looks_like_markdown(lines):
        Markdown(out, lines, declared=False).run()
    else:
        add_plain(out, lines)
