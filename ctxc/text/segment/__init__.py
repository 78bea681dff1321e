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

from ...document import Document, Segment
from .builder import Builder
from .lines import Line, lines_of
from .markdown import Markdown
from .plain import add_plain, looks_like_markdown
from .prose import add_turns, is_transcript
from .references import with_references
from .rows import add_code, add_csv, add_data, add_records, is_json
from .words import words

__all__ = ["segments", "words"]

_MARKDOWN = frozenset(("text/markdown", "text/x-markdown"))
_PROSE = frozenset(("text/plain", "text/html", "application/pdf", "application/xhtml+xml", "text/x-rst", ""))
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


def segments(document: Document) -> tuple[Segment, ...]:
    """Tile ``document.text``; empty only for an empty text.

    With parts, each part's title region is one ``title`` segment and its body
    is segmented by itself; text outside any part counts to the part before it.
    """
    text = document.text
    out = Builder(text)
    at = 0
    for index, part in enumerate(document.parts):
        _add_text(out, at, max(at, part.start), document.media_type)
        out.begin_part(index)
        body = min(max(part.body, part.start), part.end)
        if text[part.start : body].strip():
            out.begin_block()
            out.add(part.start, "title")
        _add_text(out, body, part.end, document.media_type)
        at = max(at, part.end)
    _add_text(out, at, len(text), document.media_type)
    return with_references(text, out.finish())


def _add_text(out: Builder, start: int, end: int, media_type: str) -> None:
    if start >= end or out.text[start:end].isspace():
        return
    kind = media_type.partition(";")[0].strip().lower()
    if kind in _DATA or kind.endswith(("+json", "+yaml")):
        add_data(out, start, end, must_parse="json" in kind)
        return
    lines = lines_of(out.text, start, end)
    if kind in _RECORDS:
        add_records(out, lines)
    elif kind in _TABLES:
        add_csv(out, lines)
    elif kind in _MARKDOWN:
        Markdown(out, lines, declared=True).run()
    elif kind in _PROSE or not _is_code(kind):
        _add_prose(out, start, end, lines)
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
