"""YAML's block structure line by line: entries by their indentation, values as they stand.

What a line-based reading cannot open safely stays whole: flow collections, quoted and block
scalars, complex keys, and everything with an anchor, since an alias repeats all of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..segment.lines import Line

_KEY = re.compile(
    r"(?P<key>\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'"
    r"|(?:[^\s\"'#&*!|>%@`{}\[\],?-]|[-?](?=\S))(?:[^:#]|:(?=\S)|(?<=\S)#){0,200}?)"
    r"\s{0,8}:(?=\s|$)"
)
_DASH = re.compile(r"-(?=\s|$)")
_BLOCK = re.compile(r"[|>][-+0-9]{0,2}\s*(?:\s#.*)?$")
_PROPERTY = re.compile(r"(?:&\S+|!\S*)(?:\s+|$)")
_COMMENT = re.compile(r"\s*#")
_MARKER = re.compile(r"(?:---|\.\.\.)(?=\s|$)|%[A-Z]+\s")


@dataclass(frozen=True, slots=True)
class Entry:
    """A key or a list item: where it starts in the text, where its head ends, its value.

    ``level`` orders entries: an item counts as deeper than a key of the same column.
    ``anchored``: its value has an anchor, so that it must stay whole with all below it.
    """

    start: int
    head_end: int
    level: int
    key: str
    is_item: bool
    value: str
    anchored: bool
    base: int


def is_comment(line: Line) -> bool:
    return _COMMENT.match(line.text) is not None


def is_marker(line: Line) -> bool:
    """``---``, ``...`` or a directive."""
    return _MARKER.match(line.text) is not None


def column_of(line: Line) -> int:
    return len(line.text) - len(line.text.lstrip(" "))


def entry_at(line: Line, column: int) -> Entry | None:
    """The entry that begins in a line at a column; None where there is none."""
    text = line.text
    start = line.start + column
    if dash := _DASH.match(text, column):
        rest = text[dash.end() :].strip()
        return _entry(start, line.start + dash.end(), 2 * column + 1, "", rest, column)
    if text.startswith("? ", column) or text[column:] == "?":
        return Entry(start, line.end, 2 * column, "?", False, text[column:], True, column)
    if key := _KEY.match(text, column):
        name = key["key"].strip("\"'")
        return _entry(start, line.end, 2 * column, name, text[key.end() :].strip(), column)
    return None


def _entry(start: int, head_end: int, level: int, key: str, rest: str, base: int) -> Entry:
    anchored = False
    while prop := _PROPERTY.match(rest):
        anchored |= prop.group().startswith("&")
        rest = rest[prop.end() :]
    value = "" if rest.startswith("#") else rest
    return Entry(start, head_end, level, key, level % 2 == 1, value, anchored, base)


def inner_column(line: Line, item: Entry) -> int:
    """The column of what follows an item's dash, or -1 where nothing of its own does."""
    after = item.head_end - line.start
    text = line.text
    column = after + len(text[after:]) - len(text[after:].lstrip())
    return column if column < len(text) and text[column] not in "#&!" else -1


def value_end(lines: Sequence[Line], at: int, entry: Entry) -> int:
    """Behind the last line of the entry's own value, which begins in line ``at``."""
    value = entry.value
    if entry.key == "?" or entry.anchored:
        return _deeper(lines, at + 1, entry, complex_key=entry.key == "?")
    if _BLOCK.match(value):
        return _block_end(lines, at + 1, entry.base, "+" in value.partition("#")[0])
    if value[:1] in ("[", "{", '"', "'"):
        return max(_closed(lines, at, value), at + 1)
    return _deeper(lines, at + 1, entry) if value else at + 1


def _block_end(lines: Sequence[Line], at: int, column: int, keep: bool) -> int:
    last = at
    while at < len(lines) and (lines[at].blank or column_of(lines[at]) > column):
        last = at + 1 if keep or not lines[at].blank else last
        at += 1
    return last


def _deeper(lines: Sequence[Line], at: int, entry: Entry, complex_key: bool = False) -> int:
    """Behind the lines that stand deeper than an entry, blank lines at their end aside."""
    last = at
    while at < len(lines):
        line = lines[at]
        if not line.blank and not is_comment(line):
            column = column_of(line)
            answer = complex_key and column == entry.base and line.text[column] == ":"
            item = not entry.is_item and column == entry.base and _DASH.match(line.text, column)
            if (column <= entry.base and not answer and not item) or is_marker(line):
                break
            last = at + 1
        at += 1
    return last


def _closed(lines: Sequence[Line], at: int, value: str) -> int:
    """Behind the line in which the quote or the bracket that begins a value is closed."""
    if value[0] in "\"'":
        return _unquoted(lines, at, value)
    depth = 0
    text = value
    quote = ""
    while True:
        depth, quote = _balance(text, depth, quote)
        at += 1
        if (depth <= 0 and not quote) or at >= len(lines):
            return at
        text = lines[at].text


def _balance(text: str, depth: int, quote: str) -> tuple[int, str]:
    """Open brackets, and the quote still open, behind a line of a flow collection."""
    at = 0
    while at < len(text):
        char = text[at]
        if quote:
            if char == "\\" and quote == '"':
                at += 1
            elif char == quote:
                quote = ""
        elif char in "\"'" and (not at or text[at - 1] in " \t,[{:"):
            quote = char
        elif char == "#" and (not at or text[at - 1] in " \t"):
            break
        else:
            depth += (char in "[{") - (char in "]}")
        at += 1
    return depth, quote


def _unquoted(lines: Sequence[Line], at: int, value: str) -> int:
    quote, text = value[0], value[1:]
    while True:
        if _ends_quote(text, quote):
            return at + 1
        at += 1
        if at >= len(lines):
            return at
        text = lines[at].text


def _ends_quote(text: str, quote: str) -> bool:
    if quote == "'":
        return text.count("'") % 2 == 1  # a doubled one stands for itself
    at = 0
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == '"':
            return True
        at += 1
    return False
