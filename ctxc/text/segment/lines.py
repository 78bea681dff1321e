"""Lines with their indentation, and what a line can begin."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]|$)")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)", re.DOTALL)
_ITEM = re.compile(r"([ \t]*)([-+*]|\d{1,9}[.)])([ \t]+|$)")
_QUOTE = re.compile(r" {0,3}>")
_HTML_TAGS = (
    "address|article|aside|base|basefont|blockquote|body|caption|center|col|colgroup|dd|details|"
    "dialog|dir|div|dl|dt|fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|header|"
    "hr|html|iframe|legend|li|link|main|menu|menuitem|nav|noframes|ol|optgroup|option|p|param|"
    "search|section|summary|table|tbody|td|tfoot|th|thead|title|tr|track|ul"
)
_HTML = re.compile(
    rf" {{0,3}}<(?:(script|pre|style|textarea)(?=[\s>]|$)|(!--)|(\?)|(!\[CDATA\[)|(![A-Za-z])"
    rf"|(/?(?:{_HTML_TAGS})(?=[\s/>]|$)))",
    re.IGNORECASE,
)
_HTML_ENDS = (None, "-->", "?>", "]]>", ">", "")
_LONE_TAG = re.compile(r" {0,3}</?[A-Za-z][A-Za-z0-9-]{0,40}(?:\s[^<>]{0,2000})?/?>\s*$")
_CELL = re.compile(r":?-+:?")


@dataclass(frozen=True, slots=True)
class Line:
    """``text[start:end]`` without its line end, which runs to ``stop``; ``indent`` in columns."""

    start: int
    end: int
    stop: int
    indent: int
    text: str

    @property
    def blank(self) -> bool:
        return self.indent < 0


def lines_of(text: str, start: int, end: int) -> list[Line]:
    """Lines that tile ``text[start:end]``, ended by LF, CR LF or CR; a blank one: indent -1."""
    out = []
    for match in _LINE.finditer(text, start, end):
        whole = match.group()
        body = whole.rstrip("\r\n")
        first, stop = match.span()
        out.append(Line(first, first + len(body), stop, indent_of(body), body))
    return out


def indent_of(line: str) -> int:
    """Columns of leading white space (tab stops of 4); -1 for a blank line."""
    if line and not line[0].isspace():
        return 0
    columns = 0
    for char in line:
        if char == " ":
            columns += 1
        elif char == "\t":
            columns += 4 - columns % 4
        elif char.isspace():
            return columns if line.strip() else -1
        else:
            return columns
    return -1


def heading_level(line: Line) -> int:
    """1 to 6 for an ATX heading, else 0."""
    match = _ATX.match(line.text)
    return len(match.group(1)) if match else 0


def underline_level(line: Line) -> int:
    """1 or 2 for the line under a setext heading, else 0."""
    if not 0 <= line.indent < 4:
        return 0
    mark = line.text.strip()
    if mark[0] == "=" and not mark.strip("="):
        return 1
    return 2 if mark[0] == "-" and not mark.strip("-") else 0


def is_rule(line: Line) -> bool:
    """Whether this is a thematic break (``---``, ``* * *``)."""
    if not 0 <= line.indent < 4:
        return False
    mark = line.text.strip()
    if mark[0] not in "-*_":
        return False
    return mark.count(mark[0]) >= 3 and not mark.strip(mark[0] + " \t")


def fence_of(body: str) -> str:
    """The fence a line opens (its run of backticks or tildes), or an empty string."""
    match = _FENCE.match(body)
    if not match or (match.group(1)[0] == "`" and "`" in match.group(2)):
        return ""
    return match.group(1)


def closes_fence(body: str, fence: str) -> bool:
    mark = body.strip()
    return len(mark) >= len(fence) and mark[:1] == fence[0] and not mark.strip(fence[0])


@dataclass(frozen=True, slots=True)
class Marker:
    """A list item's marker: its column, the column of its content, whether it is a number."""

    indent: int
    content: int
    number: str
    rest: str


def item_marker(line: Line) -> Marker | None:
    if line.blank or is_rule(line):
        return None
    match = _ITEM.match(line.text)
    if not match:
        return None
    mark, gap = match.group(2), match.group(3)
    width = len(gap.expandtabs(4)) if gap else 1
    rest = line.text[match.end() :]
    # Five or more columns behind the marker are one space and indented code.
    content = line.indent + len(mark) + (width if width <= 4 and rest else 1)
    return Marker(line.indent, content, mark[:-1] if mark[0].isdigit() else "", rest)


def is_quote(line: Line) -> bool:
    return _QUOTE.match(line.text) is not None


def html_end(line: Line) -> str | None:
    """What ends the HTML block this line begins ("": a blank line); None: it begins none."""
    match = _HTML.match(line.text)
    if not match:
        return None
    if match.group(1):
        return f"</{match.group(1).lower()}>"
    return _HTML_ENDS[(match.lastindex or 1) - 1]


def is_lone_tag(line: Line) -> bool:
    return _LONE_TAG.match(line.text) is not None


def is_delimiter_row(line: Line) -> bool:
    """``|---|:--:|``: what makes a table of the line above."""
    row = line.text.strip()
    if not row or row.strip("|:- \t") or "-" not in row or ("|" not in row and ":" not in row):
        return False
    return all(_CELL.fullmatch(cell.strip()) for cell in cells(row))


def cells(row: str) -> list[str]:
    """A table row's cells, split at pipes that are not escaped."""
    parts = row.strip().replace("\\|", "\0\0").split("|")
    if parts and not parts[0].strip():
        parts = parts[1:]
    if parts and not parts[-1].strip():
        parts = parts[:-1]
    return parts


def starts_table(line: Line, below: Line | None) -> bool:
    if below is None or not 0 <= line.indent < 4 or not is_delimiter_row(below):
        return False
    return len(cells(line.text)) == len(cells(below.text))


def interrupts(line: Line, below: Line | None = None) -> bool:
    """Whether this line ends the paragraph above it (CommonMark's rule, with tables)."""
    if line.blank:
        return True
    if line.indent >= 4:
        return False
    char = line.text.lstrip()[0]
    if char == "#" and heading_level(line):
        return True
    if char in "`~" and fence_of(line.text):
        return True
    if char == ">" or (char in "-*_" and is_rule(line)):
        return True
    if char in "-+*" or char.isdigit():
        marker = item_marker(line)
        if marker and marker.rest.strip() and marker.number in ("", "1"):
            return True
    if char == "<" and html_end(line) is not None:
        return True
    return starts_table(line, below)
