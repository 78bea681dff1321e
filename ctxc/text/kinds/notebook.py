"""Jupyter notebooks as JSON (piped: a file is read as text by its loader).

Told by an object with ``cells`` that have a ``cell_type``. Units: a cell, with its type in its
head; in it its source line by line, and its outputs. Ties: an output's lines to its kind. Errors
weigh most, words and code more than metadata; images and widgets are units of their own that go
first. Everything else of the document is cut as JSON is.
"""

from __future__ import annotations

import re

from ..segment.builder import Builder
from . import Passage
from .data_marks import mark_tree
from .data_tree import Node
from .json_scan import scan
from .json_text import add_node, add_rest
from .message_tree import is_encoded

_SAMPLE = 20_000
_CELLS = re.compile(r'"cells"\s*:\s*\[')
_CELL_TYPE = re.compile(r'"cell_type"\s*:\s*"(?:markdown|code|raw|heading)"')
_FORMAT = re.compile(r'"nbformat(?:_minor)?"\s*:\s*\d')
_HEAD_KEYS = frozenset("cell_type id execution_count output_type name level".split())
_HEADING = re.compile(r"\s{0,3}#{1,4}\s")
_WORDS = ("text/markdown", "text/plain", "text/latex", "text")
_HOLDERS = ("cells", "worksheets")
_SHORT = 100
_ERROR = 5.0
_TRACE = 2.5
_TITLE = 2.0
_PROSE = 1.2
_CODE = 1.0
_OUTPUT = 1.4
_WARNINGS = 0.8
_FORMS = 0.3  # the same output for a browser
_NOISE = 0.0


def detect(passage: Passage) -> float:
    """0.98 for an object with cells and a format, less for one that is cut off."""
    text, start, end = passage.text, passage.start, passage.end
    if not text[start : start + 200].lstrip("\ufeff \t\r\n").startswith("{"):
        return 0.0
    cells = _CELLS.search(text, start, end)
    if not cells or not _CELL_TYPE.search(text, cells.end(), min(end, cells.end() + _SAMPLE * 50)):
        return 0.0
    head = scan(text, start, min(end, cells.end()))
    if head.faulty or len(head.roots) != 1 or head.roots[0].children[-1].key not in _HOLDERS:
        return 0.0
    near = (text[start : start + _SAMPLE], text[max(start, end - _SAMPLE) : end])
    return 0.98 if any(_FORMAT.search(part) for part in near) else 0.91


def add_units(out: Builder, passage: Passage) -> None:
    """Pieces for the cells, and for the rest of the document as for JSON."""
    result = scan(passage.text, passage.start, passage.end)
    cells = [cell for root in result.roots for cell in _cells(root)]
    for cell in cells:
        _fold_head(cell)
        for output in _child(cell, "outputs").children:
            _fold_head(output)
    for root in result.roots:
        out.begin_block()
        add_node(out, root)
    for root in result.roots:
        rest = [child for child in root.children if child.key not in _HOLDERS]
        mark_tree(out, Node(form="array", children=rest))
    for cell in cells:
        _mark_cell(out, cell)
    if result.faulty or not result.roots:
        add_rest(out, result.end if result.roots else passage.start, passage.end)


def _cells(root: Node) -> list[Node]:
    sheets = [root, *_child(root, "worksheets").children]
    return [cell for sheet in sheets for cell in _child(sheet, "cells").children]


def _child(node: Node, key: str) -> Node:
    """The value under a key; an empty one without it."""
    return next((child for child in node.children if child.key == key), Node(form="null"))


def _fold_head(node: Node) -> None:
    """Move the type, the number and empty values that stand first into the head."""
    size = 0
    for child in node.children:
        if child.children or not (
            child.is_empty or (child.key in _HEAD_KEYS and len(child.value) <= _SHORT)
        ):
            break
        node.value += f" {child.value}" if child.key in ("cell_type", "output_type", "name") else ""
        size += 1
    if size and node.form == "object":
        node.head_end = node.children[size - 1].end
        node.children = node.children[size:]


def _kind(node: Node) -> str:
    """The type and name of a cell or an output, wherever they stand in it."""
    loose = (
        child.value for child in node.children if child.key in ("cell_type", "output_type", "name")
    )
    return " ".join([node.value, *loose])


def _mark_cell(out: Builder, cell: Node) -> None:
    words = "markdown" in _kind(cell) or "heading" in _kind(cell)
    _mark_all(out, cell, _NOISE)
    source = _child(cell, "source") if _child(cell, "source").start else _child(cell, "input")
    for line in source.children or [source]:
        titled = words and _HEADING.match(line.value)
        _mark(out, line, _TITLE if titled else _PROSE if words else _CODE)
    for output in _child(cell, "outputs").children:
        _mark_output(out, output)
    _tie(out, cell, [child for child in cell.children if child.key in ("cell_type", "level")])


def _mark_output(out: Builder, output: Node) -> None:
    kind = _kind(output)
    _tie(out, output, [child for child in output.children if child.key in ("output_type", "name")])
    if "error" in kind or "pyerr" in kind:
        _mark_all(out, _child(output, "traceback"), _TRACE)
        _mark(out, _child(output, "ename"), _ERROR)
        _mark(out, _child(output, "evalue"), _ERROR)
        return
    data = _child(output, "data")
    for value in [*data.children, *output.children]:
        if value.key in _WORDS:
            _mark_all(out, value, _WARNINGS if "stderr" in kind else _OUTPUT)
        elif value.key.startswith("text/"):
            _mark_all(out, value, _FORMS)
        elif _is_picture(value):
            _set_apart(out, value, data if value in data.children else output)


def _is_picture(value: Node) -> bool:
    named = value.key.startswith(("image/", "application/vnd", "video/", "audio/"))
    return named or value.key in ("png", "jpeg", "svg") or is_encoded(value.value)


def _set_apart(out: Builder, value: Node, head: Node) -> None:
    """A unit of its own, which what it stands in does without."""
    if value.index >= 0 and head.index >= 0:
        ties = tuple({head.index})
        out.mark(value.index, needs=-1, refers=ties, salience=_NOISE)


def _mark(out: Builder, node: Node, salience: float) -> None:
    if node.index >= 0:
        out.mark(node.index, salience=salience)


def _mark_all(out: Builder, node: Node, salience: float) -> None:
    stack = [node]
    while stack:
        at = stack.pop()
        _mark(out, at, salience)
        stack += at.children


def _tie(out: Builder, head: Node, names: list[Node]) -> None:
    """Types that do not stand in the head come with whatever is kept of it."""
    indices = tuple(name.index for name in names if name.index >= 0)
    for child in head.children if indices else ():
        if child not in names and child.index >= 0:
            out.mark(child.index, refers=indices)
