"""JSON Lines: told by lines that each hold one whole object or list.

Units: a line is a record (its keys are opened where it does not fit whole), and the lines are
compared as the elements of a list are. What is no JSON between them stays a line.
"""

from __future__ import annotations

import json

from ..segment.builder import Builder
from . import Passage
from .data_marks import mark_tree
from .data_tree import Node
from .json_scan import scan
from .json_text import add_node
from .test_events import mark_test_events

_SAMPLE = 50  # lines at the beginning that are parsed, and as many at the end
_SHARE = 0.9  # of them that must parse


def detect(passage: Passage) -> float:
    """0.95 for two lines and more that each parse, so that it goes before JSON."""
    lines = [line for line in passage.lines if not line.blank]
    if len(lines) < 2 or lines[0].text.lstrip("\ufeff \t")[:1] not in ("{", "["):
        return 0.0
    sample = lines if len(lines) <= 2 * _SAMPLE else [*lines[:_SAMPLE], *lines[-_SAMPLE:]]
    good = sum(_is_record(line.text) for line in sample)
    if good < 2 or good < _SHARE * (len(sample) - 1):  # the last one may be cut off
        return 0.0
    return 0.95 if good >= len(sample) - 1 else 0.8


def _is_record(line: str) -> bool:
    body = line.strip().lstrip("\ufeff")
    if body[:1] not in ("{", "[") or body[-1:] not in ("}", "]"):
        return False
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return bool(value)


def add_units(out: Builder, passage: Passage) -> None:
    """A record for each line; a line that is none is kept or dropped whole."""
    roots: list[Node] = []
    for line in passage.lines:
        if line.blank:
            continue
        out.begin_block()
        result = scan(passage.text, line.start, line.end)
        if len(result.roots) != 1 or result.faulty:
            out.add(line.start, "line")
            continue
        add_node(out, result.roots[0], whole=True)
        roots.append(result.roots[0])
    if roots:
        mark_tree(out, Node(form="array", children=roots))
        mark_test_events(out, roots)
