"""TOML: told by parsing, or by tables and assignments that nearly all lines are.

Units: a key with its value (lists, inline tables and strings over lines whole); a ``[table]`` is
the head of its keys, ``[[table]]`` of its keys and of the tables below it. Comments above
belong to what follows.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..segment.builder import Builder
from ..segment.lines import Line
from . import Passage
from .data_marks import mark_tree
from .data_tree import Node, scalar_form

_NAME = r"(?:[A-Za-z0-9_-]+|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*')"
_PATH = rf"{_NAME}(?:[ \t]{{0,8}}\.[ \t]{{0,8}}{_NAME})*"
_KEY = re.compile(rf"[ \t]*({_PATH})[ \t]{{0,40}}=[ \t]*")
_TABLE = re.compile(rf"[ \t]*(\[\[?)[ \t]*({_PATH})[ \t]{{0,40}}\]\]?[ \t]*(?:#.*)?$")
_VALUE = re.compile(r"[\"'\[{+-]|\d|true\b|false\b|inf\b|nan\b")
_TRIPLE = ('"""', "'''")
_LARGEST = 400_000  # characters that are parsed to tell the kind
_SAMPLE = 300  # lines


def detect(passage: Passage) -> float:
    """0.9 for what parses with a table or by its name; 0.6 for what would but for its end."""
    declared = "toml" in passage.media_type or passage.suffix == "toml"
    lines = [x for x in passage.lines[:_SAMPLE] if not x.blank and x.text.lstrip()[0] != "#"]
    keys = sum(_assigns(line) for line in lines)
    tables = sum(_TABLE.match(line.text) is not None for line in lines)
    if not keys or not (declared or tables):
        return 0.0
    if passage.end - passage.start <= _LARGEST and _parses(passage.body):
        return 0.9
    strict = (keys + tables) * 10 >= 9 * len(lines) and keys >= 3
    return 0.6 if declared or strict else 0.0


def _assigns(line: Line) -> bool:
    key = _KEY.match(line.text)
    return key is not None and _VALUE.match(line.text, key.end()) is not None


def _parses(text: str) -> bool:
    try:
        tomllib.loads(text.lstrip("\ufeff").replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError, ValueError):
        return False
    return True


def add_units(out: Builder, passage: Passage) -> None:
    """Pieces for tables and keys; a line that is neither stays one."""
    writer = _Writer(out, list(passage.lines))
    writer.run()
    writer.root.children.append(writer.top)
    mark_tree(out, writer.root)


@dataclass(slots=True)
class _Writer:
    """Adds pieces in reading order. ``elements`` are the open ``[[tables]]`` by name."""

    out: Builder
    lines: list[Line]
    root: Node = field(default_factory=lambda: Node(form="object"))
    top: Node = field(default_factory=lambda: Node(form="object"))  # keys above any table
    table: Node | None = None
    arrays: dict[str, Node] = field(default_factory=dict)
    elements: dict[str, Node] = field(default_factory=dict)
    lead: int = -1

    def run(self) -> None:
        at = 0
        while at < len(self.lines):
            line = self.lines[at]
            if line.blank:
                self._end_lead()
            elif line.text.lstrip()[0] == "#":
                self.lead = line.start if self.lead < 0 else self.lead
            elif table := _TABLE.match(line.text):
                self._add_table(line, table[1] == "[[", _plain(table[2]))
            else:
                at = self._add_key(at) - 1
            at += 1
        self._end_lead()

    def _end_lead(self) -> None:
        """Comments with a blank line below, or at the end, are a piece of their own."""
        if self.lead >= 0:
            self.out.mark(self.out.add(self.lead, "comment"), salience=0.5)
            self.lead = -1

    def _start(self, line: Line) -> int:
        start, self.lead = (self.lead if self.lead >= 0 else line.start), -1
        return start

    def _add_table(self, line: Line, is_element: bool, name: str) -> None:
        above = self._element_above(name, is_element)
        self.out.begin_block()
        index = self.out.add(self._start(line), "record", needs=above.index if above else -1)
        self.out.mark(index, core_end=line.end)
        self.table = Node(key=name, form="object", index=index)
        if is_element:
            self._forget_below(name)
            self.elements[name] = self.table
            self._array(name).children.append(self.table)
        else:
            self.root.children.append(self.table)

    def _array(self, name: str) -> Node:
        if name not in self.arrays:
            self.arrays[name] = Node(key=name, form="array")
            self.root.children.append(self.arrays[name])
        return self.arrays[name]

    def _element_above(self, name: str, is_element: bool) -> Node | None:
        """The ``[[table]]`` that a table of this name is part of."""
        parts = name.split(".")
        for size in range(len(parts) - is_element, 0, -1):
            if element := self.elements.get(".".join(parts[:size])):
                return element
        return None

    def _forget_below(self, name: str) -> None:
        """A new element has no tables below it yet."""
        for below in [key for key in self.elements if key.startswith(name + ".")]:
            del self.elements[below]

    def _add_key(self, at: int) -> int:
        """Add the key or stray line at ``at``; returns the line behind it."""
        line = self.lines[at]
        key = _KEY.match(line.text)
        head = self.table.index if self.table else -1
        index = self.out.add(self._start(line), "key" if key else "line", needs=head)
        last = at + 1
        if key:
            last = _value_end(self.lines, at, key.end())
            value = line.text[key.end() :].split(" #")[0].strip()
            form = scalar_form(value) if value[:1] not in "\"'" else "string"
            node = Node(key=_plain(key[1]), value=value.strip("\"'"), form=form, index=index)
            (self.table or self.top).children.append(node)
        self.out.mark(index, core_end=self.lines[last - 1].end)
        return last


def _plain(name: str) -> str:
    return re.sub(r"[ \t\"']", "", name)


def _value_end(lines: Sequence[Line], at: int, column: int) -> int:
    """Behind the last line of a value that begins in a line at a column."""
    quote, depth = "", 0
    text, where = lines[at].text, column
    while True:
        quote, depth = _balance(text, where, quote, depth)
        at += 1
        if (not quote and depth <= 0) or at >= len(lines):
            return at
        text, where = lines[at].text, 0


def _balance(text: str, at: int, quote: str, depth: int) -> tuple[str, int]:
    """The triple quote and the number of brackets still open behind a line."""
    while at < len(text):
        if quote:
            if text[at] == "\\" and quote[0] == '"':
                at += 1
            elif text.startswith(quote, at):
                at += len(quote) - 1
                quote = ""
        elif text[at] in "\"'":
            triple = text[at] * 3
            quote = triple if text.startswith(triple, at) else text[at]
            at += len(quote) - 1
        elif text[at] == "#":
            break
        else:
            depth += (text[at] in "[{") - (text[at] in "]}")
        at += 1
    return (quote if quote in _TRIPLE else ""), depth
