"""Files that an earlier run of ctxc wrote, told by what they begin with."""

from __future__ import annotations

import json
import os
from pathlib import Path

from .input.front_matter import read_front_matter
from .result import SCHEMA

_LONGEST = 1 << 20
SVG_MARK = "<!-- a chart by ctxc -->"
PNG_SOFTWARE = "ctxc"
HTML_MARK = "<!-- a page by ctxc -->"

_PNG = b"\x89PNG\r\n"
_PNG_MARK = b"Software\0" + PNG_SOFTWARE.encode()
# Keys that objects of ctxc have, beside "schema" and a name.
_KEYS = {"tokens", "error", "spans", "lines", "reason", "action", "question"}


def is_product(path: Path) -> bool:
    """Whether ``path`` is empty, or an output of ctxc's: text, a map, a page, a chart, JSON."""
    try:
        if not os.path.getsize(path):
            return True
        with open(path, "rb") as file:
            head = file.readline(_LONGEST)
            more = head + file.read(1 << 12)
    except (OSError, ValueError):
        return False
    if head == b"<!doctype html>\n" and more.startswith(HTML_MARK.encode(), len(head)):
        return True
    if SVG_MARK.encode() in more or (more.startswith(_PNG) and _PNG_MARK in more):
        return True
    return _is_object(head) or read_front_matter(path) is not None


def _is_object(line: bytes) -> bool:
    """Whether a line is one of the JSON objects that ctxc prints."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return False
    if not isinstance(value, dict) or value.get("schema") != SCHEMA:
        return False
    return bool({"source", "id"} & set(value)) and bool(_KEYS & set(value))
