"""Source code: members under their classes, statements under the line that leads to them.

Told by the file's suffix, or by signs of a language and a grammar that can read the text. A class
or function is the head of its body; a comment right above it, its decorators and its docstring
are its own. Bodies are cut into statements, long compound statements into theirs; what opens and
closes them (``if x {``, ``} else {``, ``}``) stays together. Statements need the imports whose
names they use. No cut falls inside a line or an expression. Without a grammar, code is cut where
a line that is not indented follows a blank one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...document import Kind
from ..segment.builder import Builder
from ..segment.rows import add_code
from . import Passage
from .code_languages import guess, named, parse
from .code_tree import (
    ATTRIBUTES,
    COMMENTS,
    WORD,
    Item,
    Rows,
    blank_parts,
    first_row,
    last_row,
    names_of_import,
)

if TYPE_CHECKING:
    from tree_sitter import Node

MEMBER = 2.0
DOC = 1.5
TODO = 2.0
STATEMENT = 1.0
COMMENT = 0.5

_MEMBERS = re.compile(
    r"(?:function|method|class|interface|struct|trait|impl|enum|constructor|record|union|namespace|"
    r"mod|module|annotation_type|template|package_object|type_alias|property|operator|delegate|"
    r"indexer|event)_(?:definition|declaration|item|specifier|signature|type_declaration|literal)$"
    r"|^(?:class|module|method|singleton_method|singleton_class|decorated_definition|namespace|"
    r"type_declaration|type_item|macro_definition|create_\w+|internal_module|"
    r"compact_constructor_declaration|deinit_declaration|method_elem)$"
)
_WRAPPERS = frozenset(
    (
        "export_statement",
        "ambient_declaration",
        "statement",
        "declaration",
        "type_definition",
        "linkage_specification",
        "template_declaration",
    )
)
_IMPORTS = re.compile(
    r"(?:^|_)import|^(?:use_declaration|using_directive|preproc_include|namespace_use_declaration|"
    r"package_declaration|package_clause|extern_crate_declaration|php_tag|file_scoped_namespace)"
)
_REQUIRE = re.compile(r"(?:require|require_relative|load|source|\.)[\s(]+[\"'./\w]")
_NAMED_CALL = re.compile(r"\s*[\w.$]+\(\s*['\"`]|\s*[\w.$]+\s*=")
_TODO = re.compile(r"\b(?:TODO|FIXME|XXX|HACK|BUG)\b")
_LICENSE = re.compile(r"licen[sc]e|copyright|all rights reserved|SPDX", re.IGNORECASE)
_SMALL_MEMBER = 1  # rows of a function that is not opened
_OPEN_ROWS = 8  # rows of a statement from which it is opened
_OPEN_CHARS = 500  # or characters
_CHUNK_ROWS = 3  # rows of plain statements that are one unit
_BROKEN = 400  # characters that no grammar reads, cut at blank lines
_DEEPEST = 40  # levels of statements inside each other that are opened
_MOST_IMPORTS = 3  # that one unit brings along


def detect(passage: Passage) -> float:
    """0.9 for a file of a language that has a grammar, 0.8 for text that one can read."""
    if passage.media_type in ("", "text/plain", "text/x-code") or passage.suffix:
        if named(passage.suffix):
            return 0.9 if passage.media_type not in ("text/html", "application/pdf") else 0.0
        if passage.media_type in ("", "text/plain") and guess(passage.body):
            return 0.8
    return 0.0


def add_units(out: Builder, passage: Passage) -> None:
    """Members, statements and comments; blocks between blank lines without a grammar."""
    body = passage.body
    language = named(passage.suffix, body) or guess(body)
    # The grammar's lines end with LF alone; a lone CR is white space to it.
    tree = parse(body, language) if language else None
    if tree is None or not body.strip():
        add_code(out, list(passage.lines))
        return
    _Writer(out, passage, body, language).run(tree.root_node)


class _Writer:
    """Adds a tree's units in order, each with the head that it stands under."""

    def __init__(self, out: Builder, passage: Passage, body: str, language: str) -> None:
        self.out, self.body, self.offset = out, body, passage.start
        self.rows = Rows(body.encode("utf-8", "replace"), language)
        self.starts = [0]
        for line in body.split("\n"):
            self.starts.append(self.starts[-1] + len(line) + 1)
        self.imports: dict[str, int] = {}
        self.units: list[tuple[int, int, int]] = []  # unit, first row, last row

    def run(self, root: Node) -> None:
        items = self.rows.items(root, whole=True)
        if not items:
            items = list(blank_parts(self.rows, 0, len(self.rows.lines) - 1))
        self._siblings(items, -1, 0)
        self._tie_imports()

    def _text(self, first: int, last: int) -> str:
        return self.body[self.starts[first] : self.starts[last + 1]]

    def _unit(self, item: Item, kind: Kind, head: int, salience: float) -> int:
        if head < 0:
            self.out.begin_block()
        index = self.out.add(self.offset + self.starts[item.first], kind, needs=head)
        self.out.mark(index, salience=salience)
        self.units.append((index, item.first, item.last))
        return index

    def _siblings(self, items: list[Item], head: int, depth: int) -> None:
        """Statements beside each other, a comment or attribute with what it stands above."""
        waiting: list[int] = []
        above = last = -1  # the first row of attributes; the last row of a comment
        chunk: Item | None = None
        for item in items:
            node = item.node
            if node is None and head >= 0:
                self.out.add_close(self.offset + self.starts[item.first], head)
                chunk, waiting = None, []
            elif node is not None and node.type in COMMENTS:
                waiting = waiting if last + 1 == item.first else []
                waiting.append(self._comment(item, head))
                last, chunk = item.last, None
                if self._text(item.first, item.first).startswith("#!"):
                    waiting = []
            elif node is not None and node.type in ATTRIBUTES:
                above = item.first if above < 0 else above
            else:
                if above >= 0:
                    item.first, above = above, -1
                    chunk = None
                if self._joins(chunk, item, head):
                    assert chunk is not None
                    chunk.last = item.last
                    self.units[-1] = (*self.units[-1][:2], item.last)
                    continue
                unit, plain = self._statement(item, head, depth)
                chunk = Item(item.first, item.last) if plain else None
                if last + 1 == item.first:
                    self._document(waiting, unit, item)
                waiting = []
        if above >= 0:
            self._unit(Item(above, above), "code", head, STATEMENT)

    def _joins(self, chunk: Item | None, item: Item, head: int) -> bool:
        """Whether a plain statement goes into one unit with those right above it."""
        return (
            chunk is not None
            and head >= 0
            and chunk.last + 1 == item.first
            and item.last - chunk.first < _CHUNK_ROWS
            and self._is_plain(item)
        )

    def _is_plain(self, item: Item) -> bool:
        node = item.node
        return node is not None and not (
            self._is_member(node) or self._is_import(node) or node.type == "ERROR"
        )

    def _comment(self, item: Item, head: int) -> int:
        text = self._text(item.first, item.last)
        worth = TODO if _TODO.search(text) else COMMENT
        if item.first < 3 and _LICENSE.search(text):
            worth = 0.0
        if text.startswith("#!"):
            return self._unit(item, "code", head, STATEMENT)
        return self._unit(item, "comment", head, worth)

    def _document(self, comments: list[int], unit: int, item: Item) -> None:
        """Comments right above a statement are read with it, and document a member."""
        node = item.node
        if node is None or self._is_import(node):
            return
        member = self._is_member(node)
        for comment in comments:
            self.out.mark(comment, needs=unit, salience=DOC if member else None)

    def _statement(self, item: Item, head: int, depth: int) -> tuple[int, bool]:
        """Add a statement or member, opened where it is long; returns its unit, and if plain."""
        node = item.node
        if node is None or node.type == "ERROR" or node.type == "text":
            return self._broken(item, head), False
        if self._is_import(node):
            return self._import(item, head), False
        member = self._is_member(node)
        parts = self._parts(node, item, member) if depth < _DEEPEST else []
        if self._is_docstring(node, head):
            return self._unit(item, "comment", head, DOC), False
        kind: Kind = "member" if member else "code"
        unit = self._unit(
            Item(item.first, parts[0].last if parts else item.last),
            kind,
            head,
            MEMBER if member else STATEMENT,
        )
        if parts:
            self._siblings(parts[1:], unit, depth + 1)
        return unit, not member and not parts

    def _parts(self, node: Node, item: Item, member: bool) -> list[Item]:
        """Its skeleton and statements, the head's rows first; none where it is kept whole."""
        size = last_row(node) - first_row(node) + 1
        chars = self.starts[item.last + 1] - self.starts[item.first]
        least = _SMALL_MEMBER if member else _OPEN_ROWS
        if size <= least and not (chars > _OPEN_CHARS and size > 2):
            return []
        parts = self.rows.items(node)
        if len(parts) < 2 or parts[0].node is not None:
            return []
        parts[0].first = item.first
        return (
            parts if item.last <= parts[-1].last else [*parts, Item(parts[-1].last + 1, item.last)]
        )

    def _is_member(self, node: Node) -> bool:
        if node.type.startswith("namespace") and first_row(node) == last_row(node):
            return False
        if node.type != "property_signature" and _MEMBERS.search(node.type):
            return True
        if node.type == "expression_statement":
            line = self._text(first_row(node), first_row(node))
            return _NAMED_CALL.match(line) is not None and _binds_function(node)
        if node.type in ("lexical_declaration", "variable_declaration"):
            return _binds_function(node)
        return node.type in _WRAPPERS and any(self._is_member(c) for c in node.named_children)

    def _is_import(self, node: Node) -> bool:
        if _IMPORTS.search(node.type):
            return True
        if node.type not in ("call", "command", "expression_statement", "lexical_declaration"):
            return False
        text = self._text(first_row(node), first_row(node))
        bound = node.type == "lexical_declaration" and "require(" in text
        return bound or _REQUIRE.match(text.strip()) is not None

    def _import(self, item: Item, head: int) -> int:
        unit = self._unit(item, "code", head, STATEMENT if head < 0 else COMMENT)
        text = self._text(item.first, item.last)
        if "include" not in text:
            for name in names_of_import(text):
                self.imports.setdefault(name, unit)
        return unit

    def _is_docstring(self, node: Node, head: int) -> bool:
        """Whether it is a string that stands alone right below its head, or begins the file."""
        if node.type != "expression_statement" or node.named_child_count != 1:
            return False
        first = len(self.out) == head + 1 if head >= 0 else not self.units
        return first and node.named_children[0].type == "string"

    def _broken(self, item: Item, head: int) -> int:
        """What no grammar reads: whole where it is short, else cut at blank lines."""
        parts = [item]
        if self.starts[item.last + 1] - self.starts[item.first] > _BROKEN:
            parts = list(blank_parts(self.rows, item.first, item.last)) or [item]
        return [self._unit(part, "code", head, STATEMENT) for part in parts][-1]

    def _tie_imports(self) -> None:
        """Each unit with the imports of the names in it."""
        if not self.imports:
            return
        own = set(self.imports.values())
        for unit, first, last in self.units:
            if unit in own:
                continue
            words = WORD.findall(self._text(first, last))
            used = dict.fromkeys(self.imports[word] for word in words if word in self.imports)
            if used:
                self.out.mark(unit, refers=tuple(sorted(list(used)[:_MOST_IMPORTS])))


def _binds_function(node: Node) -> bool:
    """Whether a declaration gives a function of several lines its name (``const f = () => {``)."""
    stack = [(node, 0)]
    while stack:
        at, depth = stack.pop()
        if at.type in ("arrow_function", "function_expression", "function", "class"):
            return last_row(at) > first_row(at)
        if depth < 3:
            stack += [(child, depth + 1) for child in at.named_children[:4]]
    return False
