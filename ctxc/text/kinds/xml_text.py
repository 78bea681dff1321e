"""XML: told by one root whose tags nest; a cut-off end is allowed.

Units: an element with other elements is opened (its start tag is the head, the end tag closes
it); one with text alone, or with text between short elements, is whole. Attributes stay with
their tag. What stands before the root (declaration, document type with its entities) is what
the root needs. Comments and instructions are units of their own.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from ..segment.builder import Builder
from ..segment.lines import lines_of
from . import Passage
from .data_marks import mark_tree
from .data_tree import Node, scalar_form
from .failures import behind_name

_TOKEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)|<\?.*?(?:\?>|\Z)|<!DOCTYPE"
    r"|</(?P<end>[^\s<>/]+)\s*>|<(?P<tag>(?:[^\W\d]|:)[^\s<>/=]*)(?P<rest>(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*)>",
    re.DOTALL,
)
_DOCTYPE_PART = re.compile(r"\"[^\"]*\"|'[^']*'|<!--.*?-->|[\[\]>]", re.DOTALL)
_ATTRIBUTE = re.compile(r"([\w:.-]+)\s{0,40}=\s{0,40}(?:\"([^\"]*)\"|'([^']*)')")
_HEAD = re.compile(r"[\s\ufeff]*<(?:\?xml\s|!DOCTYPE\s+(?!html)|!--|[A-Za-z_][\w:.-]*[\s>/])", re.I)
_MIXED = 400  # characters: a longer element is opened even where text stands between its parts
_REPORTS = frozenset("failure error rerunFailure flakyFailure system-out system-err".split())
_BODY = 3.8  # what a failed test's message is worth in its element's text
_COMPACT = 60  # a short element with elements is whole
_SAMPLE = 20_000
_NAMES = frozenset(
    "xml pom csproj vbproj fsproj svg xsd xsl xslt wsdl rss atom plist resx nuspec trx xhtml "
    "xliff kml gpx".split()
)


@dataclass(slots=True)
class Element(Node):
    """An element, or text, a comment, an instruction (``tag`` "" for those).

    ``text`` is whether it has text of its own beside white space.
    """

    tag: str = ""
    text: bool = False
    parts: list[Element] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class XmlScan:
    """``root`` with its parts; ``prolog`` what stands before it, as spans; ``end`` behind what
    was read. ``faulty``: tags do not nest. ``cut_off``: the text ended inside the root."""

    root: Element | None
    prolog: list[tuple[int, int]]
    end: int
    faulty: bool
    cut_off: bool


def detect(passage: Passage) -> float:
    """0.9 with a declaration or by name, 0.7 for one root of nested tags without running text."""
    text = passage.text
    if passage.media_type in ("text/html", "text/markdown") or not _HEAD.match(text, passage.start):
        return 0.0
    stop = min(passage.end, passage.start + _SAMPLE)
    result = scan_xml(text, passage.start, stop)
    root = result.root
    if root is None or (result.faulty and not _is_cut(result, stop, passage.end)):
        return 0.0
    if text[result.end : stop].strip() and not result.cut_off:
        return 0.0  # more behind the root: tags in other text
    head = text[passage.start : passage.start + 200].lstrip("\ufeff \t\r\n")
    media = passage.media_type
    declared = "xml" in media or passage.suffix in _NAMES or head.startswith("<?xml")
    if declared:
        return 0.9
    inner = sum(bool(part.tag) for part in root.parts)
    return 0.7 if inner >= 2 and not _is_prose(root) else 0.0


def _is_cut(result: XmlScan, stop: int, end: int) -> bool:
    """Whether the fault is only where the sample, or the text, breaks off inside a tag."""
    return result.cut_off and stop - result.end < 2_000 and (stop < end or stop - result.end < 400)


def _is_prose(root: Element) -> bool:
    """Whether text stands between the root's elements, or is most of one, as in a prompt."""
    if root.text or root.tag.lower() in ("html", "body", "div", "p", "details"):
        return True
    leaves = [part for part in root.parts if part.tag and not part.parts]
    return any(part.end - part.start > 1_000 for part in leaves)


def add_units(out: Builder, passage: Passage) -> None:
    """Pieces of the root's parts; lines from where it stops being XML."""
    result = scan_xml(passage.text, passage.start, passage.end)
    out.begin_block()
    prolog = -1
    for start, end in result.prolog:
        prolog = out.add(start, "line", needs=prolog)
        out.mark(prolog, core_end=end, salience=0.0)
    if result.root:
        _add_element(out, result.root, prolog)
        mark_tree(out, Node(form="array", children=[result.root]))
    for line in lines_of(out.text, result.end, passage.end):
        if not line.blank:
            out.add(line.end - len(line.text.lstrip()), "other")


def _add_element(out: Builder, root: Element, prolog: int) -> None:
    stack: list[tuple[Element, int, bool]] = [(root, prolog, False)]
    while stack:
        node, head, closing = stack.pop()
        if closing:
            out.add_close(node.close, node.index, node.end)
        elif not node.tag:
            node.index = out.add(node.start, "comment" if not node.text else "line", needs=head)
            out.mark(node.index, core_end=node.end, salience=1.0 if node.text else 0.5)
        elif _is_report(node, out.text):
            _add_report(out, node, head)
        elif _is_whole(node) and (node is not root or not node.parts):
            node.index = out.add(node.start, "key", needs=head)
            out.mark(node.index, core_end=node.end)
            _carry(node, out.text)
        else:
            node.index = _add_head(out, node, head)
            if node.close >= 0:
                stack.append((node, head, True))
            stack += [(part, node.index, False) for part in reversed(node.parts)]


def _is_report(node: Element, text: str) -> bool:
    """Whether an element holds what a test printed, too long to be one unit."""
    long = node.close - node.head_end > _MIXED and not any(part.tag for part in node.parts)
    return long and node.tag in _REPORTS and len(node.parts) == 1


def _add_report(out: Builder, node: Element, head: int) -> None:
    """The start tag with the line it stands in; under it the other lines; the end tag."""
    text, part = out.text, node.parts[0]
    close = part.end - 3 if text.startswith("<![CDATA[", part.start) else node.close
    lines = lines_of(text, part.start, min(part.end, close))
    same_line = "\n" not in text[node.head_end : part.start]
    node.index = out.add(node.start, "key", needs=head)
    inside = text.startswith("<![CDATA[", part.start) or same_line
    first = lines[0].start + len(lines[0].text) if inside and lines else node.head_end
    out.mark(node.index, core_end=first)
    _carry(node, text)
    for line in lines[1 if inside else 0 :]:
        if not line.blank:
            index = out.add(line.start, "line", needs=node.index)
            out.mark(index, salience=max(_BODY - behind_name(line.text), 0.0))
    out.add_close(close, node.index, node.end)


def _add_head(out: Builder, node: Element, head: int) -> int:
    out.begin_block()
    index = node.index = out.add(node.start, "record", needs=head)
    out.mark(index, core_end=node.head_end)
    _carry_attributes(node, out.text)
    parts = [part for part in node.parts if part.tag]
    node.children += parts
    tags = Counter(part.tag for part in parts)
    same = tags.most_common(1)[0][1] if tags else 0
    node.form = "array" if same >= 3 and same * 4 >= 3 * len(parts) else "object"
    if node.form == "array":
        node.children = list(parts)
    return index


def _is_whole(node: Element) -> bool:
    """Whether an element is one unit: text alone, short, or text between short elements."""
    if not any(part.tag for part in node.parts):
        return True
    size = node.end - node.start
    return node.close >= 0 and size <= (_MIXED if node.text else _COMPACT)


def _carry(node: Element, text: str) -> None:
    """A whole element is a scalar, or the record of its attributes and its text."""
    attributes = _carry_attributes(node, text)
    inner = text[node.head_end : node.close].strip() if node.close > node.head_end else ""
    if inner.startswith("<![CDATA["):
        inner = inner[9:].removesuffix("]]>").strip()
    if not attributes:
        node.form, node.value = scalar_form(inner) if inner else "null", inner
        return
    node.form = "object"
    if inner or node.tag in ("failure", "error"):
        value = inner or node.tag
        node.children.append(
            Node(key=node.tag, value=value, form=scalar_form(value), index=node.index)
        )


def _carry_attributes(node: Element, text: str) -> bool:
    for match in _ATTRIBUTE.finditer(text, node.start, node.head_end):
        value = match[2] if match[2] is not None else match[3]
        node.children.append(
            Node(key=match[1], value=value, form=scalar_form(value), index=node.index)
        )
    return bool(node.children)


def scan_xml(text: str, start: int, end: int) -> XmlScan:
    """Read ``text[start:end]`` up to the end of its root; linear, not recursive."""
    scanner = _Scanner(text, start, end)
    scanner.run()
    return XmlScan(scanner.root, scanner.prolog, scanner.at, scanner.faulty, bool(scanner.stack))


class _Scanner:
    def __init__(self, text: str, start: int, end: int) -> None:
        self.text, self.at, self.end = text, start, end
        self.root: Element | None = None
        self.prolog: list[tuple[int, int]] = []
        self.stack: list[Element] = []
        self.faulty = False

    def run(self) -> None:
        while self.at < self.end and not (self.root and not self.stack):
            opened = self.text.find("<", self.at, self.end)
            token = _TOKEN.match(self.text, opened, self.end) if opened >= 0 else None
            if token is None or not self._text(opened):
                self.faulty = bool(self.text[self.at : self.end].strip())
                break
            if not self._take(token, opened):
                self.faulty = True
                break
        for node in self.stack:
            node.end = self.at

    def _text(self, opened: int) -> bool:
        """Read the text in front of a tag; outside the root there is none."""
        run = self.text[self.at : opened]
        if run.strip("\ufeff \t\r\n"):
            if not self.stack:
                return False
            self._add_text(self.at, opened)
        self.at = opened
        return True

    def _add_text(self, start: int, end: int) -> None:
        run = self.text[start:end]
        first = start + len(run) - len(run.lstrip())
        part = Element(start=first, end=start + len(run.rstrip()), text=True)
        self.stack[-1].text = True
        self.stack[-1].parts.append(part)

    def _take(self, token: re.Match[str], start: int) -> bool:
        self.at = token.end()
        if token["tag"]:
            return self._open(token, start)
        if token["end"]:
            return self._close(token["end"], start)
        if token.group() == "<!DOCTYPE":
            self.at = self._doctype_end(self.at)
        if not self.stack:
            self.prolog.append((start, self.at))
        elif token.group().startswith("<![CDATA["):
            self._add_text(start, self.at)
        else:
            self.stack[-1].parts.append(Element(start=start, end=self.at))
        return True

    def _doctype_end(self, at: int) -> int:
        depth = 0
        for part in _DOCTYPE_PART.finditer(self.text, at, self.end):
            mark = part.group()
            depth += (mark == "[") - (mark == "]")
            if mark == ">" and depth <= 0:
                return part.end()
        return self.end

    def _open(self, token: re.Match[str], start: int) -> bool:
        node = Element(key=token["tag"], tag=token["tag"], form="object", start=start)
        node.head_end = node.end = self.at
        if self.stack:
            self.stack[-1].parts.append(node)
        else:
            self.root = node
        if not token["rest"].endswith("/"):
            self.stack.append(node)
        return True

    def _close(self, tag: str, start: int) -> bool:
        if not self.stack or self.stack[-1].tag != tag:
            self.at = start
            return False
        node = self.stack.pop()
        node.close, node.end = start, self.at
        return True
