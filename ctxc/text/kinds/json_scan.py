"""A tolerant JSON scanner that keeps offsets: linear, not recursive, for text that may be cut off.

Comments, trailing commas, bare and single-quoted keys (JSON5, Python's ``repr``) are read as
what they mean. At the first thing that cannot be any of this it stops and says where.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .data_tree import Form, Node, scalar_form

_TOKEN = re.compile(
    r'[ \t\r\n\ufeff]*(?:(?P<string>"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)'
    r"|'[^'\\\n]*(?:\\.[^'\\\n]*)*(?:'|\\?\Z))"
    r"|(?P<mark>[{}\[\],:])"
    r"|(?P<word>[^\s{}\[\],:\"'/#(]+)"
    r"|(?P<comment>//[^\r\n]*|/\*.*?(?:\*/|\Z)))",
    re.DOTALL,
)
_WORD = re.compile(r"[-+.]?[A-Za-z0-9_$+.\-]+")
_FORMS: dict[str, Form] = {"{": "object", "[": "array"}
_CLOSERS = {"}": "object", "]": "array"}


@dataclass(frozen=True, slots=True)
class Scan:
    """``roots``: the documents, one behind the other. ``end``: behind the last thing read.
    ``faulty``: it stopped at something that is not JSON. ``cut_off``: the text ended inside."""

    roots: list[Node]
    end: int
    faulty: bool
    cut_off: bool


def scan(text: str, start: int, end: int) -> Scan:
    """Read ``text[start:end]``, as many documents as stand there one after another."""
    scanner = _Scanner(text, start, end)
    scanner.run()
    return Scan(scanner.roots, scanner.at, scanner.faulty, bool(scanner.stack))


class _Scanner:
    def __init__(self, text: str, start: int, end: int) -> None:
        self.text = text
        self.at = start
        self.end = end
        self.roots: list[Node] = []
        self.stack: list[Node] = []
        self.faulty = False
        self.key: tuple[int, str] | None = None  # a key that has its colon, and where it starts
        self.name: tuple[int, int, str] | None = None  # a string of an object, without its colon
        self.fresh = True  # behind a comma or an opening bracket: a next element may stand here
        self.lead = -1  # where a comment on its own line begins that belongs to what follows

    def run(self) -> None:
        match = _TOKEN.match
        text = self.text
        while token := match(text, self.at, self.end):
            group = token.lastgroup
            first = token.start(group or 0)
            if group == "comment":
                if self.lead < 0 and "\n" in text[self.at : first]:
                    self.lead = first
            elif not self._take(group == "mark", first, token.end()):
                self.faulty = True
                break
            self.at = token.end()
        if text[self.at : self.end].strip():
            self.faulty = True
        self._end_cut_off()

    def _take(self, is_mark: bool, first: int, end: int) -> bool:
        """Read one token; False where it cannot stand here."""
        if is_mark:
            return self._mark(self.text[first], first, end)
        if not self.stack or not self._may_begin():
            return False
        token = self.text[first:end]
        quoted = token[0] in "\"'"
        if not quoted and not _WORD.fullmatch(token):
            return False
        if self.stack[-1].form == "object" and self.key is None:
            self.name = (first, end, token[1:-1] if quoted else token)
            self.fresh = False
            return True
        value = (token[1:-1] if token[-1] == token[0] else token[1:]) if quoted else token
        form = "string" if quoted else scalar_form(token)
        self._append(Node(value=value, form=form, start=first, end=end))
        return True

    def _mark(self, mark: str, first: int, end: int) -> bool:
        if mark in _FORMS:
            in_object = bool(self.stack) and self.stack[-1].form == "object"
            if not self._may_begin() or (in_object and not self.key):
                return False
            node = Node(form=_FORMS[mark], start=first, end=end, head_end=end)
            self._append(node)
            self.stack.append(node)
            self.fresh = True
            return True
        if not self.stack:
            return False
        if mark == ":":
            return self._colon()
        if self.name or self.key:
            return False
        if mark in _CLOSERS:
            node = self.stack.pop()
            node.close, node.end = first, end
            self.lead = -1
            self.fresh = False
            return node.form == _CLOSERS[mark]
        self.fresh = True
        return True

    def _may_begin(self) -> bool:
        """Whether a key or a value may stand here."""
        return not self.name and (self.fresh or self.key is not None or not self.stack)

    def _colon(self) -> bool:
        if not self.name or self.key:
            return False
        self.key = (self.name[0], self.name[2])
        self.name = None
        return True

    def _append(self, node: Node) -> None:
        if self.key:
            node.start, node.key = self.key
            self.key = None
        if self.lead >= 0:
            node.start = min(node.start, self.lead)
            self.lead = -1
        self.fresh = False
        (self.stack[-1].children if self.stack else self.roots).append(node)

    def _end_cut_off(self) -> None:
        """A key whose value is missing is a scalar; what is open ends where the text does."""
        if self.name and self.stack:
            self.key = (self.name[0], self.name[2])
            self.name = None
        if self.key and self.stack:
            self._append(Node(form="null", start=self.key[0], end=self.at))
        for node in self.stack:
            node.end = self.at
