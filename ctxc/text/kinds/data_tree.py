"""A document of data as a tree: what JSON, YAML, TOML, XML, CSV and tables have in common."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

Form = Literal["object", "array", "string", "number", "word", "null"]

_LEAVES = 400  # of one record: what comes behind them is not compared
_DEPTH = 8  # levels below a record that are compared
EMPTY = frozenset(("", "null", "none", "nil", "~", "-", "n/a", "<none>", "<unset>", "{}", "[]"))


@dataclass(slots=True)
class Node:
    """A value with its key; a scalar has no children and its text as ``value``.

    ``start:end`` is the key with the value (without a comma behind it), ``head_end`` where the
    head of a container ends (behind its bracket), ``close`` where its closing bracket starts, or
    -1 where it has none. ``index`` is the piece of the ``Builder`` that carries it: a container's
    head, or the piece in which the scalar stands; ``refers`` are pieces it cannot do without.
    """

    key: str = ""
    value: str = ""
    form: Form = "string"
    start: int = 0
    end: int = 0
    head_end: int = -1
    close: int = -1
    index: int = -1
    refers: tuple[int, ...] = ()
    children: list[Node] = field(default_factory=list)

    @property
    def is_container(self) -> bool:
        return self.form in ("object", "array")

    @property
    def is_empty(self) -> bool:
        if self.is_container:
            return not self.children
        return len(self.value) < 8 and self.value.strip().lower() in EMPTY


def scalar_form(text: str) -> Form:
    """What an unquoted scalar is.

    >>> [scalar_form(t) for t in ("1.5e3", "true", "null", "-", "run 1")]
    ['number', 'word', 'null', 'null', 'string']
    """
    lowered = text.lower()
    if lowered in EMPTY:
        return "null"
    if lowered in ("true", "false", "yes", "no", "on", "off"):
        return "word"
    return "number" if number_of(text) is not None else "string"


def number_of(text: str) -> float | None:
    """The number a scalar is, thousands' commas and a percent sign aside; None for any other."""
    if not text or len(text) > 32 or text[-1] not in "0123456789%.":
        return None
    try:
        number = float(text.rstrip("%").replace(",", "").replace("_", "x"))
    except ValueError:
        return None
    return number if abs(number) < 1e300 else None


def leaves(record: Node) -> Iterator[tuple[str, Node]]:
    """``(path, node)`` of a record's scalars and empty containers, in reading order.

    The elements of an array share a path. At most 400 leaves and eight levels, so that comparing
    the records of nested arrays stays linear.
    """
    if not record.is_container or not record.children:
        yield "", record
        return
    stack = [("", record, 0)]
    count = 0
    while stack and count < _LEAVES:
        path, node, depth = stack.pop()
        if node.is_container and node.children and depth < _DEPTH:
            names = node.form == "object"
            below = node.children[:_LEAVES]
            stack += [
                (f"{path}.{child.key}" if names else f"{path}[]", child, depth + 1)
                for child in reversed(below)
            ]
            continue
        count += 1
        yield path, node


def containers(root: Node) -> Iterator[Node]:
    """Every container with children of the tree, parents first."""
    stack = [root]
    while stack:
        node = stack.pop()
        if node.children:
            yield node
            stack += [child for child in reversed(node.children) if child.children]
