"""YAML: told by its keys and lists, nested by indentation, or by name and media type.

Units: a key with its value, ``key:`` as the head of what stands deeper, ``-`` as the head of an
item with keys. Flow collections, quoted and block scalars are whole, and so is what has an
anchor; an alias refers to the unit of its anchor. Documents of one stream keep their ``---``.
Comments above a key belong to it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..segment.builder import Builder
from ..segment.lines import Line
from . import Passage
from .data_marks import mark_tree
from .data_tree import Node, scalar_form
from .yaml_scan import (
    Entry,
    column_of,
    entry_at,
    inner_column,
    is_comment,
    is_marker,
    value_end,
)

_SAMPLE = 300  # lines that are looked at
_LEAST = 4  # entries of what is told by content alone
_PLAIN_KEY = re.compile(r"[\w$<./@][\w$.\-/@<]*$")
_ALIAS = re.compile(r"(?:^|[\s,\[{:-])\*([\w.\-]+)")
_ANCHOR = re.compile(r"(?:^|[\s,\[{:-])&([\w.\-]+)")


def detect(passage: Passage) -> float:
    """0.9 where name or media type says so, 0.75 for nested keys that look like a program's."""
    declared = "yaml" in passage.media_type or passage.suffix in ("yaml", "yml")
    lines = list(passage.lines[:_SAMPLE])
    first = next((line.text.strip() for line in lines if not line.blank), "")
    if not first or first[0] in "<|{[":
        return 0.0
    reading = _Reading(lines)
    entries, strays = reading.count()
    if declared:
        return 0.9 if entries > 2 * strays else 0.0
    if strays or entries < _LEAST or reading.odd_keys * 5 > entries:
        return 0.0
    nested = reading.nested > 0 or (first == "---" and reading.keys > 1)
    return 0.75 if nested and reading.keys * 3 >= entries else 0.0


class _Reading:
    """Counts what a sample of lines would be cut into."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = lines
        self.keys = self.nested = self.odd_keys = 0

    def count(self) -> tuple[int, int]:
        """Entries, and lines that belong to none."""
        entries = strays = at = 0
        while at < len(self.lines):
            line = self.lines[at]
            if line.blank or is_comment(line) or is_marker(line):
                at += 1
                continue
            entry = entry_at(line, column_of(line))
            if entry is None:
                strays += 1
                at += 1
                continue
            entries += 1
            at = self._value(line, entry, at)
        return entries, strays

    def _value(self, line: Line, entry: Entry, at: int) -> int:
        inner = entry
        while inner.is_item and (column := inner_column(line, inner)) >= 0:
            below = entry_at(line, column)
            if below is None:
                break
            inner = below
        if not inner.is_item:
            self.keys += 1
            self.nested += inner.base > 0
            self.odd_keys += not _is_programs(inner.key)
        return value_end(self.lines, at, inner)


def _is_programs(key: str) -> bool:
    """Whether a key looks like a program's rather than like a heading or a speaker."""
    return _PLAIN_KEY.match(key) is not None and (not key[0].isupper() or not key.isalpha())


def add_units(out: Builder, passage: Passage) -> None:
    """Pieces of all documents of the stream; what is no entry stays a line."""
    writer = _Writer(out, list(passage.lines))
    writer.run()
    roots = [root for root in writer.roots if root.children]
    mark_tree(out, roots[0] if len(roots) == 1 else Node(form="array", index=-1, children=roots))


@dataclass(slots=True)
class _Writer:
    """Adds pieces in reading order; ``stack`` are the open containers with their levels."""

    out: Builder
    lines: list[Line]
    roots: list[Node] = field(default_factory=list)
    stack: list[tuple[int, Node]] = field(default_factory=list)
    anchors: dict[str, int] = field(default_factory=dict)
    marker: int = -1
    lead: int = -1  # the first line of the comments right above

    def run(self) -> None:
        self._new_document()
        at = 0
        while at < len(self.lines):
            line = self.lines[at]
            if line.blank:
                self._end_lead()
                at += 1
            elif is_comment(line):
                self.lead = line.start if self.lead < 0 else self.lead
                at += 1
            elif is_marker(line):
                at = self._mark_document(at)
            else:
                at = self._content(at)
        self._end_lead()

    def _new_document(self) -> None:
        self.roots.append(Node(form="object", index=-1))
        self.stack = [(-1, self.roots[-1])]
        self.anchors = {}

    def _end_lead(self) -> None:
        """Comments with a blank line below, or at the end, are a piece of their own."""
        if self.lead >= 0:
            self.out.mark(self.out.add(self.lead, "comment"), salience=0.5)
            self.lead = -1

    def _start(self, at: int) -> int:
        start, self.lead = (self.lead if self.lead >= 0 else at), -1
        return start

    def _mark_document(self, at: int) -> int:
        line = self.lines[at]
        directive = line.text[0] == "%"
        self.out.begin_block()
        above = self.marker if self.marker == len(self.out) - 1 else -1
        self.marker = self.out.add(self._start(line.start), "line", needs=above)
        self.out.mark(self.marker, salience=0.0)
        if not directive:
            self._new_document()
        rest = line.text[3:].strip()
        if directive or not rest or rest[0] in "#!":
            return at + 1
        at += 1
        while at < len(self.lines) and not is_marker(self.lines[at]):
            at += 1
        self.out.mark(self.marker, core_end=self._last_end(at), salience=1.0)
        return at

    def _last_end(self, at: int) -> int:
        """The end of the last line before ``at`` that is not blank."""
        while at and self.lines[at - 1].blank:
            at -= 1
        return self.lines[at - 1].end

    def _content(self, at: int) -> int:
        line = self.lines[at]
        column = column_of(line)
        entry = entry_at(line, column)
        if entry is None:
            return self._add_stray(at, column)
        start = self._start(line.start)
        while True:
            is_head, inner = self._open(line, entry, at, start)
            if not is_head:
                return self._add_leaf(at, entry, start)
            if inner is None:
                return at + 1
            entry, start = inner, inner.start

    def _add_stray(self, at: int, column: int) -> int:
        """A flow collection, a quoted or plain text where an entry would stand."""
        line = self.lines[at]
        text = line.text.strip()
        entry = Entry(line.start, line.end, 2 * column, "", False, text, False, column)
        start = self._start(line.start)
        index = self.out.add(start, "line", needs=self._head(entry.level))
        last = value_end(self.lines, at, entry)
        self.out.mark(index, core_end=self.lines[last - 1].end)
        self._tie(index, start, self.lines[last - 1].end)
        return last

    def _head(self, level: int) -> int:
        """The piece that an entry of this level needs."""
        while len(self.stack) > 1 and self.stack[-1][0] >= level:
            self.stack.pop()
        node = self.stack[-1][1]
        return node.index if node.index >= 0 else self.marker

    def _open(self, line: Line, entry: Entry, at: int, start: int) -> tuple[bool, Entry | None]:
        """Add a container's head; whether it is one, and the entry in the same line."""
        inner = None
        if entry.anchored:
            return False, None
        if entry.is_item and (column := inner_column(line, entry)) >= 0:
            inner = entry_at(line, column)
        if inner is None and (entry.value or not self._has_entries_below(at, entry)):
            return False, None
        head = self._head(entry.level)
        if len(self.stack) < 4:
            self.out.begin_block()
        index = self.out.add(start, "record" if entry.is_item else "key", needs=head)
        self.out.mark(index, core_end=entry.head_end if inner else line.end)
        node = Node(key=entry.key, form="object", index=index)
        self._attach(node, entry)
        self.stack.append((entry.level, node))
        return True, inner

    def _has_entries_below(self, at: int, entry: Entry) -> bool:
        for number in range(at + 1, len(self.lines)):
            line = self.lines[number]
            if line.blank or is_comment(line):
                continue
            below = entry_at(line, column_of(line))
            return below is not None and below.level > entry.level and not is_marker(line)
        return False

    def _attach(self, node: Node, entry: Entry) -> None:
        parent = self.stack[-1][1]
        if entry.is_item:
            parent.form = "array"
        parent.children.append(node)

    def _add_leaf(self, at: int, entry: Entry, start: int) -> int:
        head = self._head(entry.level)
        last = value_end(self.lines, at, entry)
        if not entry.value and not entry.anchored:
            last = self._scalar_below(at, entry)
        end = self.lines[last - 1].end
        index = self.out.add(start, "key", needs=head)
        self.out.mark(index, core_end=end)
        value = entry.value.split(" #")[0].strip().strip("\"'")
        form = scalar_form(value) if entry.value[:1] not in ("'", '"') else "string"
        node = Node(key=entry.key, value=value, form=form, index=index)
        node.refers = self._tie(index, start, end)
        self._attach(node, entry)
        return last

    def _scalar_below(self, at: int, entry: Entry) -> int:
        """Behind the lines of a scalar that begins below its key."""
        last = at + 1
        for number in range(at + 1, len(self.lines)):
            line = self.lines[number]
            if line.blank or is_comment(line):
                continue
            if column_of(line) <= entry.base or is_marker(line):
                break
            last = number + 1
        return last

    def _tie(self, index: int, start: int, end: int) -> tuple[int, ...]:
        """Remember the anchors of a piece; tie it to those it repeats, and return them."""
        text = self.out.text
        names = (match[1] for match in _ALIAS.finditer(text, start, end))
        refers = tuple(sorted({self.anchors[name] for name in names if name in self.anchors}))
        self.out.mark(index, refers=refers)
        for match in _ANCHOR.finditer(text, start, end):
            self.anchors[match[1]] = index
        return refers
