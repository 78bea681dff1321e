"""HTML -> what a reader sees, as Markdown: headings, paragraphs, lists, tables, code.

Scripts, styles and hidden elements are left out; links and emphasis keep their
text only. The tree is walked without recursion, and markup made to blow up a
parser (nesting, thousands of attributes) is simplified first, so time grows
with size.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...document import Document
from .decode import decode
from .flow import Flow
from .pipes import pipe_table
from .raw import Raw
from .tame import tamed

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

LARGEST = 50_000_000
"""Bytes of HTML; its tree takes some twenty times as much memory."""

_DROPPED = frozenset(
    "-comment !doctype head script style noscript template svg iframe object embed canvas audio"  # noqa: SIM905
    " video select datalist button input textarea dialog".split()
)
_BLOCKS = frozenset(
    "address article aside blockquote body center dd details div dl dt fieldset figcaption figure"  # noqa: SIM905
    " footer form header hgroup hr html legend main nav p search section summary".split()
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LISTS = frozenset(("ul", "ol", "menu", "dir"))
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.I)
_DEEPEST_INDENT = 12


def load(raw: Raw) -> Document:
    """The visible text as a Markdown document. Raises InputError."""
    if len(raw.data) > LARGEST:
        raise raw.refuse(f"is larger than {LARGEST / 1e6:g} MB, too large for HTML")
    found = _CHARSET.search(raw.data[:4096])
    text, notes = decode(raw, found[1].decode("ascii") if found else None)
    from selectolax.lexbor import LexborHTMLParser, SelectolaxError

    try:
        root = LexborHTMLParser(tamed(text.replace("\0", ""))).root
    except SelectolaxError as error:
        raise raw.refuse(f"is no HTML that can be read ({error})") from None
    shown = _Reader().read(root) if root is not None else ""
    return Document(shown, raw.name, "text/markdown", notes=notes)


@dataclass(slots=True)
class _Table:
    """A table being read: rows of cells so far, and whether it only lays out a page."""

    rows: list[list[str]] = field(default_factory=list)
    layout: bool = False
    header: bool = False


@dataclass(slots=True)
class _List:
    ordered: bool
    count: int = 0


class _Reader:
    """Walks a tree once; ``enter`` and ``leave`` are called for every element in order."""

    def __init__(self) -> None:
        self._flows = [Flow()]
        self._tables: list[_Table] = []
        self._lists: list[_List] = []
        self._indents: list[str] = []
        self._quotes = 0

    def read(self, root: LexborNode) -> str:
        node: LexborNode | None = root
        while node is not None:
            below = self._enter(node)
            if below is not None:
                node = below
                continue
            while node is not None and node.next is None:
                node = node.parent if node.mem_id != root.mem_id else None
                if node is not None:
                    self._leave(node.tag or "")
            if node is None or node.mem_id == root.mem_id:
                break
            node = node.next
        text = self._flows[0].take()
        return text + "\n" if text else ""

    @property
    def _flow(self) -> Flow:
        return self._flows[-1]

    def _enter(self, node: LexborNode) -> LexborNode | None:
        """Begin a node; its first child where there is one to go into."""
        tag = node.tag or ""
        if tag == "-text":
            self._flow.text(node.text_content or "")
            return None
        if tag in _DROPPED or _is_hidden(node):
            return None
        if tag in ("pre", "listing", "xmp"):
            self._code(node)
            return None
        if tag == "br":
            self._flow.line_break()
        elif tag != "wbr":
            self._open(tag)
        child = node.child
        if child is None:
            self._leave(tag)
        return child

    def _open(self, tag: str) -> None:
        if tag in _HEADINGS:
            self._flow.end()
            self._flow.prefix = self._flow.indent + "#" * _HEADINGS[tag] + " "
            if self._tables:
                self._tables[-1].layout = True
        elif tag in _LISTS:
            self._flow.end(tight=bool(self._lists))
            self._lists.append(_List(tag == "ol"))
        elif tag == "li":
            self._item()
        elif tag == "table":
            self._flow.end()
            if self._tables:
                self._tables[-1].layout = True
            self._tables.append(_Table())
        elif tag in ("td", "th") and self._tables:
            self._flows.append(Flow())
        elif tag == "tr" and self._tables:
            self._tables[-1].rows.append([])
        elif tag == "blockquote":
            self._flow.end()
            self._flow.indent += "> "
            self._flow.prefix = self._flow.indent
        elif tag in _BLOCKS or tag == "caption":
            self._flow.end(tight=bool(self._lists))

    def _leave(self, tag: str) -> None:
        flow = self._flow
        if tag in _HEADINGS:
            flow.end()
            flow.prefix = flow.indent
        elif tag in _LISTS and self._lists:
            flow.end(tight=True)
            self._lists.pop()
        elif tag == "li" and self._indents:
            flow.end(tight=True)
            flow.indent = flow.prefix = self._indents.pop()
        elif tag in ("td", "th") and len(self._flows) > 1:
            self._cell()
        elif tag == "table" and self._tables:
            self._end_table()
        elif tag == "blockquote":
            flow.end()
            flow.indent = flow.prefix = flow.indent.removesuffix("> ")
        elif tag in _BLOCKS or tag == "caption":
            flow.end(tight=bool(self._lists))

    def _item(self) -> None:
        flow = self._flow
        flow.end(tight=True)
        marker = "- "
        if self._lists:
            here = self._lists[-1]
            here.count += 1
            marker = f"{here.count}. " if here.ordered else "- "
        self._indents.append(flow.indent)
        flow.prefix = flow.indent + marker
        if len(self._indents) <= _DEEPEST_INDENT:
            flow.indent += " " * len(marker)

    def _code(self, node: LexborNode) -> None:
        code = (node.text(deep=True) or "").strip("\n").rstrip()
        self._flow.end()
        if code:
            fence = "```"
            while fence in code:
                fence += "`"
            self._flow.block(f"{fence}\n{code}\n{fence}")

    def _cell(self) -> None:
        text = self._flows.pop().take()
        if not self._tables:
            self._flow.text(text)
            return
        table = self._tables[-1]
        if not table.rows:
            table.rows.append([])
        table.rows[-1].append(text)

    def _end_table(self) -> None:
        table = self._tables.pop()
        self._flow.end()
        columns = max((len(row) for row in table.rows), default=0)
        if table.layout or columns < 2:
            for cell in (cell for row in table.rows for cell in row if cell):
                self._flow.block(cell)
        elif text := pipe_table(table.rows):
            self._flow.block(text)


def _is_hidden(node: LexborNode) -> bool:
    attributes = node.attributes
    if not attributes:
        return False
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    return bool(_HIDDEN.search(attributes.get("style") or ""))
