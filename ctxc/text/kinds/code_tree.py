"""A syntax tree as rows of lines: which statements a node can be opened into.

All cuts fall between whole lines. Of a class, a function, a compound statement those of its rows
count as statements that hold nothing else; the rest of its rows (``if x {``, ``} else {``, ``}``)
are its skeleton, which stays together.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

_BLOCKS = (
    "block statement_block compound_statement class_body declaration_list field_declaration_list "
    "interface_body object_type enum_body enum_body_declarations annotation_type_body "
    "constructor_body body_statement then do do_group begin_block switch_body switch_block "
    "match_block enum_variant_list enumerator_list enum_member_declaration_list accessor_list "
    "enum_declaration_list statement_list interface_type column_definitions case_statement "
    "switch_case switch_default switch_block_statement_group switch_section case_item "
    "preproc_ifdef preproc_if preproc_else preproc_elif preproc_elifdef"
)
BLOCKS = frozenset(_BLOCKS.split())
"""Nodes whose children are statements or members."""

_FLAT = {
    "bash": frozenset(("if_statement", "elif_clause", "else_clause", "subshell")),
    "ruby": frozenset(("else", "elsif", "rescue", "ensure", "when", "begin", "block", "do_block")),
}
"""Nodes that hold their statements directly, in some languages."""

COMMENTS = frozenset(("comment", "line_comment", "block_comment", "marginalia", "doc_comment"))
ATTRIBUTES = frozenset(("attribute_item", "inner_attribute_item", "decorator", "attribute_list"))
"""Nodes before a member that belong to it."""

_CLOSING = re.compile(rb"\s*(?:[})\]]|end\b|fi\b|done\b|esac\b|;;)")


@dataclass(slots=True)
class Item:
    """Rows ``first`` to ``last``, with the node they hold; None for a skeleton's rows."""

    first: int
    last: int
    node: Node | None = None


def first_row(node: Node) -> int:
    return node.start_point[0]


def last_row(node: Node) -> int:
    """The last row with something of it: a node may end with a line's end."""
    row, column = node.end_point
    return row - 1 if column == 0 and row > node.start_point[0] else row


class Rows:
    """The lines of a text as bytes, as a grammar counts them."""

    def __init__(self, code: bytes, language: str) -> None:
        self.lines = code.split(b"\n")
        self.flat = _FLAT.get(language, frozenset())

    def starts_line(self, node: Node) -> bool:
        row, column = node.start_point
        return row < len(self.lines) and not self.lines[row][:column].strip()

    def ends_line(self, node: Node) -> bool:
        """Whether no bracket that closes something else follows on its last line."""
        row, column = node.end_point
        return row >= len(self.lines) or not _CLOSING.match(self.lines[row][column:])

    def blank(self, row: int) -> bool:
        return not self.lines[row].strip()

    def items(self, root: Node, *, whole: bool = False) -> list[Item]:
        """The statements of ``root`` and its skeleton between them, in order.

        ``whole``: ``root`` is a file, which has no first row of its own. Without any statement
        that could be dropped, the list is empty.
        """
        found = self._statements(root, whole)
        if not found:
            return []
        out: list[Item] = []
        row = 0 if whole else first_row(root)
        end = len(self.lines) - 1 if whole else last_row(root)
        for item in [*found, Item(end + 1, end + 1)]:
            out += self._skeleton(row, item.first)
            row = item.last + 1
            out.append(item)
        return out[:-1]

    def _skeleton(self, first: int, last: int) -> list[Item]:
        while first < last and self.blank(first):
            first += 1
        while first < last and self.blank(last - 1):
            last -= 1
        return [Item(first, last - 1)] if first < last else []

    def _statements(self, root: Node, whole: bool) -> list[Item]:
        out: list[Item] = []
        first = -1 if whole else first_row(root)
        inside = whole or root.type in BLOCKS or root.type in self.flat
        stack = [(child, inside) for child in reversed(root.children)]
        while stack:
            node, is_statement = stack.pop()
            row = first_row(node)
            if out and row <= out[-1].last:
                out[-1].last = max(out[-1].last, last_row(node))
                continue
            holds = node.type in BLOCKS or node.type in self.flat
            own = is_statement and node.is_named and row > first and self.starts_line(node)
            nested = holds and node.type in ("statement_list", "then", "body_statement", "block")
            clause = node.type in self.flat and not node.type.startswith(("if_", "begin", "do_"))
            if own and not (nested or clause) and self.ends_line(node):
                out.append(Item(row, last_row(node), node))
            elif last_row(node) > first or holds:
                stack += [(child, holds) for child in reversed(node.children)]
        return out


def names_of_import(text: str) -> list[str]:
    """Names that an import line defines, the longest part of a path aside.

    >>> names_of_import("from os.path import join, split as cut")
    ['join', 'split', 'cut']
    >>> names_of_import("import java.util.List;"), names_of_import("import React from 'react';")
    (['List'], ['React'])
    """
    text = re.sub(r"^\s*from\s+\S+\s+import\b", " ", text)
    text = re.sub(r"\bfrom\s+['\"].*", " ", text)
    words = re.findall(r"[\w$.:\\/-]+", text)
    parts = [re.split(r"[.:\\/]+", word.rstrip("."))[-1] for word in words]
    return [part for part in parts if len(part) > 1 and part not in _IMPORT_WORDS]


_NO_NAMES = (
    "import from as use using static require include require_relative const type package pub crate "
    "self super function namespace mut mod extern global default"
)
_IMPORT_WORDS = frozenset(_NO_NAMES.split())
WORD = re.compile(r"[^\W\d][\w$]+")


def blank_parts(rows: Rows, first: int, last: int) -> Sequence[Item]:
    """Rows ``first`` to ``last`` cut where a line that is not indented follows a blank one."""
    out: list[Item] = []
    after_blank = True
    for row in range(first, last + 1):
        if rows.blank(row):
            after_blank = True
            continue
        indented = rows.lines[row][:1].isspace()
        if not out or (after_blank and not indented):
            out.append(Item(row, row))
        out[-1].last = row
        after_blank = False
    return out
