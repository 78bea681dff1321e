"""Ties, salience and folds of a tree of data whose pieces have been added.

A record's names (its id, its title, ``metadata.name``, or whatever tells it apart from those
beside it) are what its other keys refer to. Among records that are alike, one that differs is
worth more, one that says a failure most, and one that only repeats another folds into it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..segment.builder import Builder
from .data_tree import Node, containers
from .failure_words import value_salience
from .oddness import Comparison, are_alike, compare

EDGE = 2.0  # the first and the last of many, and what is like no other
_NAMES = re.compile(
    r"^(?:name|title|path|file|filename|key|slug|login|hostname|host|label|symbol|testname|"
    r"test|subject|summary|email|username|address|arn|ref|tag)$",
    re.IGNORECASE,
)
_IDS = re.compile(r"^_?(?:id|uid|uuid|guid|number|no|nr|sha|pid|code|index)$|[a-z]_id$|[a-z]I[dD]$")
_NAME_LENGTH = 80  # characters: a longer name costs more than it says
_ID_LENGTH = 24


@dataclass(slots=True)
class Marks:
    """What is known of the pieces so far, each by its largest salience."""

    out: Builder
    values: dict[int, float] = field(default_factory=dict)
    caps: dict[int, float] = field(default_factory=dict)

    def raise_to(self, index: int, salience: float) -> None:
        self.values[index] = max(salience, self.values.get(index, 0.0))

    def write(self) -> None:
        for index, salience in self.values.items():
            if index >= 0:
                most = self.caps.get(index, salience)
                self.out.mark(index, salience=min(salience, most))


def mark_tree(out: Builder, root: Node) -> None:
    """Mark every piece of the tree; linear in its nodes."""
    marks = Marks(out)
    members: set[int] = set()  # the records that stand among others: their totals are nothing
    for node in containers(root):
        records = _records(node)
        if records:
            members.update(id(record) for record in records)
            named = node.form == "object" and bool(records[0].children)
            _mark_records(marks, records, named)
        _mark_scalars(marks, node, id(node) not in members)
        _mark_names(out, node)
    marks.write()


def mark_rows(out: Builder, rows: Sequence[Node]) -> None:
    """Mark rows, each one piece in which all its cells stand."""
    marks = Marks(out)
    for row in rows:
        marks.raise_to(row.index, 1.0)
    if are_alike(rows):
        _mark_records(marks, rows)
    else:
        for row in rows:
            _mark_scalars(marks, row, False)
    marks.write()


def _records(node: Node) -> list[Node]:
    """Children that can be compared: like-shaped records, or the scalars of an array."""
    inner = [child for child in node.children if child.children]
    if len(inner) * 2 >= len(node.children) and are_alike(inner):
        return inner if node.form == "object" else node.children
    if node.form == "array" and not inner and are_alike(node.children):
        return [child for child in node.children if child.index != node.index]
    if node.form == "object" and not inner and _is_map(node.children):
        return node.children
    return []


def _is_map(children: Sequence[Node]) -> bool:
    """Whether an object's scalars are one column, its keys their names."""
    values = {child.value for child in children}
    return len(children) >= 8 and len(values) * 3 <= len(children)


def _mark_records(marks: Marks, records: Sequence[Node], named: bool = False) -> None:
    comparison = compare(records, named)
    for record in {0, len(records) - 1, *comparison.rare}:
        marks.raise_to(records[record].index, EDGE)
    for oddity in comparison.oddities:
        node = oddity.node or records[oddity.record]
        index = node.index if node.index >= 0 else records[oddity.record].index
        marks.raise_to(index, oddity.salience)
        if oddity.common:
            marks.caps[index] = oddity.salience
    _fold(marks.out, records, comparison)
    _refer(marks.out, records, comparison.identifier)


def _fold(out: Builder, records: Sequence[Node], comparison: Comparison) -> None:
    for record, first in enumerate(comparison.repeats):
        if first >= 0 <= records[record].index and records[first].index >= 0:
            out.mark(records[record].index, folds=records[first].index)


def _refer(out: Builder, records: Sequence[Node], path: str) -> None:
    """Tie the keys of records without a name to what tells the records apart."""
    key = path.removeprefix(".")
    if not key or "." in key:
        return
    for record in records:
        if not names_of(record):
            _tie(out, record, [child for child in record.children if child.key == key])


def _mark_scalars(marks: Marks, node: Node, alone: bool) -> None:
    for child in node.children:
        if child.is_container and child.children:
            marks.raise_to(child.index, 1.0)
        else:
            key = child.key if node.form == "object" else node.key
            marks.raise_to(child.index, value_salience(key, child, alone))


def _mark_names(out: Builder, node: Node) -> None:
    if node.form == "object":
        _tie(out, node, names_of(node))


def _tie(out: Builder, record: Node, names: list[Node]) -> None:
    indices = tuple(name.index for name in names if name.index != record.index)
    if not indices:
        return
    bearing = {id(name) for name in names}
    for child in record.children:
        if id(child) not in bearing and not any(id(grand) in bearing for grand in child.children):
            out.mark(child.index, refers=(*child.refers, *indices))


def names_of(record: Node) -> list[Node]:
    """The scalars by which a reader knows the record: a name, a short id."""
    name = _first(record.children, _NAMES, _NAME_LENGTH)
    if name is None:
        inner = next((c for c in record.children if c.key == "metadata" and c.children), None)
        name = _first(inner.children, _NAMES, _NAME_LENGTH) if inner else None
    ident = _first(record.children, _IDS, _ID_LENGTH if name else _NAME_LENGTH)
    return [node for node in (ident, name) if node is not None]


def _first(children: Sequence[Node], pattern: re.Pattern[str], longest: int) -> Node | None:
    for child in children:
        if child.is_container or child.is_empty or len(child.value) > longest:
            continue
        if pattern.search(child.key):
            return child
    return None
