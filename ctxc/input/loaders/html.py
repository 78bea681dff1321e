"""HTML -> what a reader sees, as Markdown: headings, paragraphs, lists, tables, code.

Scripts, styles and hidden elements are left out, and so is what the page marks
as not its main text (``main_text``), which is said; links and emphasis keep their
text only, images what they say instead of themselves. The tree is walked
without recursion, and markup made to blow up a parser (nesting, thousands of
attributes) is simplified first, so time grows with size.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...document import Document
from .decode import decode
from .flow import Flow
from .grid import ITEM, Cell, in_a_cell, in_a_line, spread
from .inline import NoteTexts, is_hidden, page_styles, raised_sign, raised_text, span_of
from .main_text import Outline
from .pipes import pipe_table
from .raw import Raw
from .tame import tamed

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

LARGEST = 50_000_000
"""Bytes of HTML; its tree takes some twenty times as much memory."""

_DROPPED = frozenset(
    "-comment !doctype head script style noscript template svg iframe object embed canvas audio"
    " video select datalist button input textarea dialog".split()
)
_BLOCKS = frozenset(
    "address article aside blockquote body center details div fieldset figcaption figure"
    " footer form header hgroup hr html legend main nav p search section summary".split()
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LISTS = frozenset(("ul", "ol", "menu", "dir"))
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.I)
_DEEPEST_INDENT = 12
_STRUCK = frozenset(("del", "s", "strike"))
"""What no longer holds: without a mark an old price would be one."""
_LONGEST_INNER = 500
"""Letters of a table inside a cell that still reads as part of the cell."""


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
    if root is None:
        return Document("", raw.name, "text/markdown", notes=notes)
    shown, more = _shown(root)
    return Document(shown, raw.name, "text/markdown", notes=(*notes, *more))


def markdown(text: str, styles: Mapping[str, str] | None = None) -> str:
    """All the visible text of a page in hand (a chapter of a book), nothing left out.

    ``styles``: classes that are raised or lowered (``css.raised_classes``).

    Raises ValueError: no HTML that can be read.
    """
    from selectolax.lexbor import LexborHTMLParser, SelectolaxError

    try:
        root = LexborHTMLParser(tamed(text.replace("\0", ""))).root
    except SelectolaxError as error:
        raise ValueError(str(error)) from None
    return _Reader(styles=styles).read(root) if root is not None else ""


def _shown(root: LexborNode) -> tuple[str, tuple[str, ...]]:
    """The main text, and a note of what was left out."""
    outline = Outline.of(root)
    styles = page_styles(root)
    reader = _Reader(outline.left_out, styles)
    rest = reader.read(root)
    if not rest:
        return _Reader(styles=styles).read(root), ()
    if outline.mains:
        only = _Reader(outline.left_out, styles)
        texts = [only.read(node).strip("\n") for node in outline.mains]
        main = "\n\n".join(text for text in texts if text)
        if outline.is_main(main, rest):
            return outline.titled(main) + "\n", outline.notes(
                reader.left_out, len(rest) - len(main)
            )
    return rest, outline.notes(reader.left_out, 0)


@dataclass(slots=True)
class _Table:
    """A table being read: rows of cells so far, and whether it only lays out a page."""

    rows: list[list[Cell]] = field(default_factory=list)
    layout: bool = False
    header: bool = False
    cell: Cell = field(default_factory=lambda: Cell(""))


@dataclass(slots=True)
class _List:
    ordered: bool
    count: int = 0


class _Reader:
    """Walks a tree once; ``enter`` and ``leave`` are called for every element in order."""

    def __init__(
        self,
        leave_out: Callable[[LexborNode], str] | None = None,
        styles: Mapping[str, str] | None = None,
    ) -> None:
        """``leave_out`` names what an element is where it is not to be read, else "";
        ``styles``: the classes of what is raised or lowered."""
        self._leave_out = leave_out
        self._styles = styles or {}
        self.left_out: Counter[str] = Counter()
        self._terms: list[bool] = []
        self._fresh = False
        self._note_texts = NoteTexts()
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
        text = self._flows[0].take().replace(ITEM, "- ")
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
        if tag in _DROPPED or is_hidden(node) or node.mem_id in self._note_texts.used:
            return None
        if self._leave_out is not None and (what := self._leave_out(node)):
            self.left_out[what] += 1
            return None
        if self._leaf(tag, node):
            return None
        if tag == "br":
            self._flow.line_break()
        elif tag in ("table", "td", "th"):
            self._open_table(tag, node)
        elif tag != "wbr":
            self._open(tag)
        child = node.child
        if child is None:
            self._leave(tag)
        return child

    def _leaf(self, tag: str, node: LexborNode) -> bool:
        """Write an element that is not walked into; whether this is one."""
        if tag in ("pre", "listing", "xmp"):
            self._code(node)
        elif tag == "img":
            if alt := " ".join((node.attributes.get("alt") or "").split()):
                self._flow.text(f" [image: {alt}] ")
        elif tag == "math" and (formula := node.attributes.get("alttext")):
            self._flow.text(f" {formula} ")
        elif (sign := raised_sign(tag, node, self._styles)) and (mark := raised_text(sign, node)):
            self._flow.text(mark)
        elif tag == "a" and (note := self._note_texts.of(node)):
            self._flow.note(note)
        else:
            return tag == "annotation"
        return True

    def _open(self, tag: str) -> None:
        if tag in _STRUCK:
            self._flow.text("~~")
        elif tag in _HEADINGS:
            self._flow.end()
            self._flow.prefix = self._flow.indent + "#" * _HEADINGS[tag] + " "
            if self._tables:
                self._tables[-1].layout = True
        elif tag in _LISTS:
            self._flow.end(tight=bool(self._lists))
            self._lists.append(_List(tag == "ol"))
        elif tag == "li":
            self._item()
        elif tag == "dl":
            self._flow.end(tight=bool(self._lists))
            self._terms.append(False)
            self._indents.append(self._flow.indent)
        elif tag in ("dt", "dd") and self._terms:
            self._definition(tag)
        elif tag == "tr" and self._tables:
            self._tables[-1].rows.append([])
        elif tag == "blockquote":
            self._flow.end()
            self._flow.indent += "> "
            self._flow.prefix = self._flow.indent
        elif self._fresh and self._flow.pending.endswith(":"):
            self._fresh = False  # a definition's first block goes on behind its term
        elif tag in _BLOCKS or tag in ("caption", "dt", "dd"):
            self._flow.end(tight=bool(self._lists or self._terms))

    def _open_table(self, tag: str, node: LexborNode) -> None:
        if tag == "table":
            self._flow.end()
            if self._tables and not self._tables[-1].header:
                self._tables[-1].layout = True
            layout = node.attributes.get("role") in ("presentation", "none")
            self._tables.append(_Table(layout=layout))
        elif self._tables:
            table = self._tables[-1]
            columns, rows = (span_of(node, name) for name in ("colspan", "rowspan"))
            table.cell = Cell("", columns, rows, tag == "th")
            table.header |= tag == "th"
            self._flows.append(Flow())

    def _leave(self, tag: str) -> None:
        flow = self._flow
        if tag in _STRUCK:
            flow.text("~~")
        elif tag in _HEADINGS:
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
        elif tag == "dl" and self._terms:
            flow.end(tight=True)
            self._terms.pop()
            flow.indent = flow.prefix = self._indents.pop() if self._indents else ""
        elif tag == "dt" and self._terms:
            pass  # its definition goes on in the same line
        elif tag == "blockquote":
            flow.end()
            flow.indent = flow.prefix = flow.indent.removesuffix("> ")
        elif tag in _BLOCKS or tag in ("caption", "dt", "dd"):
            flow.end(tight=bool(self._lists or self._terms))

    def _definition(self, tag: str) -> None:
        """A term and what it means stand in one item: either says nothing without the other."""
        flow = self._flow
        waiting = self._terms[-1] and flow.pending
        if tag == "dd":
            if waiting:
                flow.trim()
                self._fresh = True
                flow.text(" " if flow.pending.endswith(":") else ": ")
            else:
                flow.end(tight=True)
        elif waiting:
            flow.trim()
            flow.text(", ")
        else:
            flow.end(tight=True)
            around = self._indents[-1] if self._indents else ""
            flow.prefix = around + (ITEM if len(self._flows) > 1 else "- ")
            flow.indent = around + ("  " if len(self._indents) <= _DEEPEST_INDENT else "")
        self._terms[-1] = tag == "dt"

    def _item(self) -> None:
        flow = self._flow
        flow.end(tight=True)
        marker = ITEM if len(self._flows) > 1 else "- "
        if self._lists:
            here = self._lists[-1]
            here.count += 1
            marker = f"{here.count}. " if here.ordered else marker
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
        cell, table.cell = table.cell, Cell("")
        cell.text = text
        table.rows[-1].append(cell)

    def _end_table(self) -> None:
        table = self._tables.pop()
        self._flow.end()
        columns = max((sum(cell.columns for cell in row) for row in table.rows), default=0)
        if table.layout or columns < 2:
            for cell in (cell.text for row in table.rows for cell in row if cell.text):
                self._flow.block(cell)
            return
        rows = [[in_a_line(cell) for cell in row] for row in spread(table.rows)]
        inner = self._tables and self._tables[-1].header and len(self._flows) > 1
        if inner and len(text := in_a_cell(rows, table.header)) <= _LONGEST_INNER:
            self._flow.block(ITEM + text)
            return
        if self._tables:
            self._tables[-1].layout = True
        if text := pipe_table(rows):
            self._flow.block(text)
