"""Plain text: paragraphs at blank lines, headings as manuals and reports write them."""

from __future__ import annotations

import re

from .builder import Builder
from .lines import Line, fence_of, heading_level, is_delimiter_row, item_marker, underline_level
from .prose import add_paragraph

_NUMBERED = re.compile(
    r"(?:(?:Chapter|Section|Part|Appendix|CHAPTER|SECTION|PART|APPENDIX)\s+)?"
    r"(?:\d{1,3}(?:\.\d{1,3}){0,4}|[IVXLC]{1,7}|[A-Z])\.?\s+\S"
)
_LINK = re.compile(r"\]\([^()\s]{1,500}\)")
_SAMPLE = 4000  # lines looked at to tell what a text is


def looks_like_markdown(lines: list[Line]) -> bool:
    """Whether a text without a type uses enough Markdown to be read as Markdown."""
    signs = items = 0
    previous: Line | None = None
    for line in lines[:_SAMPLE]:
        if line.blank:
            previous = None
            continue
        if fence_of(line.text) or (previous and is_delimiter_row(line)):
            return True
        if heading_level(line) and line.text[0] == "#":
            signs += 1
        elif item_marker(line):
            items += 1
        else:
            underline = previous and len(line.text.strip()) >= 3 and underline_level(line)
            signs += bool(underline or _LINK.search(line.text[:2000]))
        previous = line
    return signs >= 2 or items >= 2


def add_plain(out: Builder, lines: list[Line]) -> None:
    at = 0
    while at < len(lines):
        if lines[at].blank:
            at += 1
            continue
        stop = at
        while stop < len(lines) and not lines[stop].blank:
            stop += 1
        at = _add_heading(out, lines, at, stop)
        if at < stop:
            add_paragraph(out, lines[at:stop])
        at = stop


def _add_heading(out: Builder, lines: list[Line], at: int, stop: int) -> int:
    """A heading at the head of the paragraph ``lines[at:stop]``, if there is one."""
    line = lines[at]
    text = line.text.strip()
    if line.indent or len(text) > 80 or text[-1] in ".,;!?" or stop >= len(lines):
        return at
    alone = stop == at + 1
    shouted = text.isupper() and sum(char.isalpha() for char in text) >= 3
    over_body = not alone and lines[at + 1].indent >= 2  # a manual page's "NAME"
    if shouted and (alone or over_body):
        level = 1
    elif alone and _NUMBERED.match(text):
        level = 2
    else:
        return at
    out.begin_block()
    out.add(line.start, "heading", level=level)
    return at + 1
