"""JSON: told by parsing, or by a tolerant scan where its end is cut off or comments stand in it.

Units: an object or a list element (``{`` is the head, its keys need it, ``}`` closes it), a key
with its value, or ``"key": {`` as the head of what the value holds. Small lists of scalars are
one unit. A comma belongs to no unit: it is in the gap behind an element's core.
Ties: the keys above; a record's id and name are what its other keys refer to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace

from ..segment.builder import Builder
from ..segment.lines import Line, lines_of
from . import Passage
from .data_marks import mark_tree
from .data_tree import Node
from .json_scan import Scan, scan

_COMPACT = 40  # characters: a list or object of scalars that is no longer is one unit
_SAMPLE = 20_000
_HEAD = re.compile(
    r"[\s\ufeff]*(?:\{\s*(?:[\"'}/]|[A-Za-z_$][\w$]*\s*:|$)"
    r"|\[\s*(?:[\[{\"'\]/]|-?\d|true|false|null|$))"
)
_OPENS = re.compile(r"\s*(?:\{(?:\s*$|\s*\"[^\"]*\"\s*:)|\[\s*(?:$|\{\s*(?:$|\")))")
_FENCE = re.compile(r"\s*(?:```|~~~)")
_LEAST_LINES = 3  # of a block inside other text
_LEAST_LENGTH = 200


def detect(passage: Passage) -> float:
    """0.9 for what parses, less for what would but for its end, comments or quotes."""
    text = passage.text
    if not _HEAD.match(text, passage.start, min(passage.end, passage.start + 400)):
        return 0.0
    if _loads(passage.body):
        return 0.9
    declared = "json" in passage.media_type or passage.suffix in ("json", "json5", "jsonc")
    return _likelihood(text, passage.start, passage.end, declared)


def _likelihood(text: str, start: int, end: int, declared: bool) -> float:
    """How sure a text is JSON that does not parse."""
    stop = min(end, start + _SAMPLE)
    result = scan(text, start, stop)
    if not result.faulty and any(_has_keys(root) for root in result.roots):
        return 0.8
    if declared and result.end - start > min(500, (stop - start) // 2):
        return 0.6
    return 0.0


def _has_keys(root: Node) -> bool:
    """Whether an object stands at the top or in it."""
    nodes = [root, *root.children[:20]]
    return any(node.form == "object" and node.children for node in nodes)


def _loads(text: str) -> bool:
    try:
        json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return False
    return True


def add_units(out: Builder, passage: Passage) -> None:
    """Pieces for every document in the passage; lines from where it stops being JSON."""
    result = scan(passage.text, passage.start, passage.end)
    if not result.roots:
        add_rest(out, passage.start, passage.end)
        return
    add_scan(out, result)
    if result.faulty:
        add_rest(out, result.end, passage.end)


def add_scan(out: Builder, result: Scan) -> None:
    """Pieces, ties and marks of what a scan has read; not of what stands behind it."""
    for root in result.roots:
        out.begin_block()
        add_node(out, root)
    mark_tree(out, Node(form="array", children=result.roots))


def add_rest(out: Builder, start: int, end: int) -> None:
    """Lines, for what is no JSON any more."""
    for line in lines_of(out.text, start, end):
        if not line.blank:
            out.begin_block()
            out.add(line.end - len(line.text.lstrip()), "other")


def add_node(out: Builder, root: Node, whole: bool = False) -> None:
    """Pieces of one document, in reading order, without recursion.

    ``whole``: a short document is one piece, as one on a line of its own is.
    """
    stack: list[tuple[Node, int, bool]] = [(root, -1, False)]
    while stack:
        node, head, closing = stack.pop()
        if closing:
            out.add_close(node.close, node.index, node.end)
        elif not node.is_container or (_is_compact(node) and (whole or head >= 0)):
            node.index = out.add(node.start, "key", needs=head)
            out.mark(node.index, core_end=node.end)
            _carry(node)
        else:
            if not node.key and head >= 0:
                out.begin_block()
            node.index = out.add(node.start, "key" if node.key else "record", needs=head)
            out.mark(node.index, core_end=node.head_end)
            if node.close >= 0:
                stack.append((node, head, True))
            stack += [(child, node.index, False) for child in reversed(node.children)]


def _is_compact(node: Node) -> bool:
    if node.close < 0:
        return False
    if not node.children:
        return True
    short = node.close - node.head_end <= _COMPACT
    return short and not any(child.is_container for child in node.children)


def _carry(node: Node) -> None:
    """The scalars of a compact list or object stand in its own piece."""
    for child in node.children:
        child.index = node.index


def blocks(lines: Sequence[Line]) -> list[tuple[int, int]]:
    """Documents of several lines inside other text, outside fences; linear."""
    out: list[tuple[int, int]] = []
    text = "\n".join(line.text for line in lines)
    starts = _starts(lines)
    fenced, at, passed = False, 0, 0
    while at < len(lines):
        line = lines[at]
        fenced ^= _FENCE.match(line.text) is not None
        if fenced or starts[at] < passed or not _OPENS.match(line.text):
            at += 1
            continue
        last, passed = _block_end(text, starts, at)
        if last > at:
            out.append((at, last))
        at = max(last, at + 1)
    return out


def _starts(lines: Sequence[Line]) -> list[int]:
    out, at = [], 0
    for line in lines:
        out.append(at)
        at += len(line.text) + 1
    return [*out, at]


def _block_end(text: str, starts: Sequence[int], first: int) -> tuple[int, int]:
    """The line behind the document that begins at a line (that line without one), and how far
    was read."""
    result = scan_one(text, starts[first])
    root = result.roots[0] if result.roots else None
    if root is None or root.close < 0 or not root.children:
        return first, result.end
    last = first
    while starts[last] < root.end:
        last += 1
    rest = text[root.end : starts[last] - 1].strip()
    large = last - first >= _LEAST_LINES or root.end - root.start >= _LEAST_LENGTH
    return (last if large and not rest else first), result.end


def scan_one(text: str, start: int) -> Scan:
    """Read one document from ``start``; the text behind it is not looked at."""
    step = 4_096
    while True:  # doubled, so that what is read twice is no more than what is read once
        stop = min(len(text), start + step)
        result = scan(text, start, stop)
        first = result.roots[0] if result.roots else None
        closed = first is not None and first.close >= 0
        if first is not None and closed:
            return replace(result, roots=[first], end=first.end)
        if stop == len(text) or (result.faulty and result.end < stop - 64):
            return result
        step *= 2
