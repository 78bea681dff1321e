"""Formats whose lines are records, and source code: pieces that stay whole."""

from __future__ import annotations

import json

from ...document import Kind
from .builder import Builder
from .lines import Line, lines_of

_LONG_CODE = 6_000  # characters: a longer run without a blank line is cut between lines


def add_data(out: Builder, start: int, end: int, *, must_parse: bool) -> None:
    """JSON, YAML, TOML: one piece. Broken JSON has nothing to lose and is kept by lines."""
    if must_parse and not _loads(out.text[start:end]):
        out.begin_block()
        for line in lines_of(out.text, start, end):
            if not line.blank:
                out.add(line.start, "other")
        return
    out.begin_block()
    out.add(start, "data")


def is_json(text: str) -> bool:
    """Whether a text without a type is one JSON object or array."""
    head = text[:200].lstrip("\ufeff \t\r\n")[:1]
    return head in ("{", "[") and text[-200:].rstrip()[-1:] in ("}", "]") and _loads(text)


def _loads(text: str) -> bool:
    try:
        json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return False
    return True


def add_records(out: Builder, lines: list[Line]) -> None:
    """JSON Lines: each line is its own block."""
    for line in lines:
        if not line.blank:
            out.begin_block()
            out.add(line.start, "data")


def add_csv(out: Builder, lines: list[Line]) -> None:
    """A header and the rows that need it; a quoted field may hold line ends.

    A quote that is never closed would swallow the rest: from there on, lines count.
    """
    out.begin_block()
    quotes = 0
    last_even = _last_line_with_closed_quotes(lines)
    header, fresh = -1, True
    for index, line in enumerate(lines):
        if fresh and not line.blank:
            row = out.add(line.start, "row", needs=header)
            header = row if header < 0 else header
        quotes += line.text.count('"')
        fresh = quotes % 2 == 0 or index > last_even


def _last_line_with_closed_quotes(lines: list[Line]) -> int:
    quotes, last = 0, -1
    for index, line in enumerate(lines):
        quotes += line.text.count('"')
        if quotes % 2 == 0:
            last = index
    return last


def add_code(out: Builder, lines: list[Line], kind: Kind = "code") -> None:
    """Source code: blocks that begin after a blank line at indentation 0.

    Lines are never cut, and blank lines inside a triple-quoted string do not
    end a block while the string is short.
    """
    begun = -1
    open_string = False
    after_blank = True
    for line in lines:
        if line.blank:
            after_blank = True
            continue
        long = begun >= 0 and line.start - begun > _LONG_CODE
        if begun < 0 or (after_blank and line.indent == 0 and not open_string) or long:
            out.begin_block()
            out.add(line.start, kind)
            begun, open_string = line.start, False
        if (line.text.count('"""') + line.text.count("'''")) % 2:
            open_string = not open_string
        after_blank = False
