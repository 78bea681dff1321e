"""Org -> Markdown: headings, lists, tables, blocks, footnotes; settings and drawers left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from ...document import Document
from .decode import decode
from .pipes import pipe_table
from .raised import raised
from .raw import Raw

_HEADING = re.compile(r"(\*{1,30})[ \t]+(.*?)(?:[ \t]+:[\w@#%:]+:)?[ \t]*$")
_SETTING = re.compile(r"[ \t]*#\+([A-Za-z_-]{1,40}):[ \t]*(.*)$")
_BEGIN = re.compile(r"[ \t]*#\+begin_(\w{1,40})(?:[ \t]+(\S{1,40}))?", re.I)
_DRAWER = re.compile(r"[ \t]*:([\w-]{1,40}):[ \t]*$")
_PLANNING = re.compile(r"[ \t]*(?:SCHEDULED|DEADLINE|CLOSED):[ \t]")
_DEFINITION = re.compile(r"\[fn:([\w-]{1,60})\][ \t]+(\S.*)$")
_REFERENCE = re.compile(r"([.!?;:,]?)[ \t]?\[fn:([\w-]{1,60})\]")
_PICTURE = re.compile(r"(?:file:)?([^:]{1,300}\.(?:png|jpe?g|gif|svg|webp))", re.I)
_LINK = re.compile(r"\[\[([^\[\]]{1,2000})\](?:\[([^\[\]]{1,2000})\])?\]")
_TERM = re.compile(r"([ \t]*[-+][ \t]+.{1,200}?)[ \t]+::[ \t]+(?=\S)")
_RAISED = re.compile(r"(?<=\w)([\^_])\{([^{}]{1,40})\}(?=(.?))")
_LONGEST_NOTE = 300
_VERBATIM = ("src", "example", "export")


def load(raw: Raw) -> Document:
    """The document as Markdown. Raises as ``decode``."""
    text, notes = decode(raw)
    reader = _Reader(text.splitlines())
    lines = list(reader.lines())
    out = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
    return Document(out + "\n" if out else "", raw.name, "text/markdown", notes=notes)


class _Reader:
    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._at = 0
        self._notes = dict(_definitions(lines))

    def lines(self) -> Iterator[str]:
        while self._at < len(self._lines):
            line = self._lines[self._at]
            self._at += 1
            if match := _BEGIN.match(line):
                yield from self._block(match)
            elif _DRAWER.match(line) and line.strip().upper() != ":END:":
                yield from self._drawer(line)
            elif line.lstrip().startswith("|"):
                yield from self._table()
            elif match := _HEADING.match(line):
                yield from ("", "#" * min(len(match[1]), 6) + " " + self._inline(match[2]), "")
            elif match := _SETTING.match(line):
                yield from _setting(match)
            elif match := _DEFINITION.match(line):
                if match[1] not in self._notes:
                    yield self._inline(line)
                else:
                    self._skip_paragraph()
            elif not (line.lstrip().startswith("# ") or _PLANNING.match(line)):
                yield self._inline(_TERM.sub(r"\1: ", line))

    def _skip_paragraph(self) -> None:
        while self._at < len(self._lines) and self._lines[self._at].strip():
            if _DEFINITION.match(self._lines[self._at]):
                return
            self._at += 1

    def _block(self, begin: re.Match[str]) -> Iterator[str]:
        """What stands between ``#+begin_X`` and ``#+end_X``, or to the end where there is none."""
        name = begin[1].lower()
        end = f"#+end_{name}"
        inner = []
        while self._at < len(self._lines):
            line = self._lines[self._at]
            self._at += 1
            if line.strip().lower() == end:
                break
            inner.append(line)
        if name == "comment":
            return
        if name in _VERBATIM:
            fence = "```" if not any("```" in line for line in inner) else "````"
            yield from ("", fence + (begin[2] or "" if name == "src" else ""), *inner, fence, "")
        else:
            mark = "> " if name == "quote" else ""
            yield from ("", *(mark + self._inline(line.strip()) for line in inner), "")

    def _drawer(self, line: str) -> Iterator[str]:
        """A drawer is left out; what has no end is a line like any other."""
        limit = min(len(self._lines), self._at + 100)
        for at in range(self._at, limit):
            if self._lines[at].strip().upper() == ":END:":
                self._at = at + 1
                return
            if self._lines[at].startswith("*"):
                break
        yield line

    def _table(self) -> Iterator[str]:
        self._at -= 1
        rows = []
        while self._at < len(self._lines):
            line = self._lines[self._at].strip()
            if not line.startswith("|"):
                break
            self._at += 1
            if not line.startswith("|-"):
                cells = line.removeprefix("|").removesuffix("|").split("|")
                rows.append([self._inline(cell.strip()) for cell in cells])
        if text := pipe_table(rows):
            yield from ("", text, "")

    def _inline(self, line: str) -> str:
        line = _LINK.sub(_shown, line)
        line = _RAISED.sub(lambda m: raised(m[1], m[2], m[3]), line)
        return _REFERENCE.sub(self._note, line)

    def _note(self, match: re.Match[str]) -> str:
        """A note inside the sentence that it restricts, not behind its full stop."""
        text = self._notes.get(match[2])
        return match[0] if text is None else f" [footnote {match[2]}: {text}]{match[1]}"


def _definitions(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Footnotes short enough to stand where they are referred to, by their names."""
    # A definition is itself found as a reference, so a name used stands there twice or more.
    names = Counter(match[2] for line in lines for match in _REFERENCE.finditer(line))
    defined = Counter(match[1] for line in lines if (match := _DEFINITION.match(line)))
    for at, line in enumerate(lines):
        match = _DEFINITION.match(line)
        if match and names[match[1]] > 1 and defined[match[1]] == 1:
            pieces = [match[2]]
            for more in lines[at + 1 : at + 20]:
                if not more.strip() or _DEFINITION.match(more) or more.startswith("*"):
                    break
                pieces.append(more)
            text = " ".join(" ".join(pieces).split()).removesuffix(".")
            if len(text) <= _LONGEST_NOTE:
                yield match[1], _LINK.sub(_shown, text)


def _setting(match: re.Match[str]) -> Iterator[str]:
    """``#+title`` and ``#+author`` say something about the text, all others about its printing."""
    name, value = match[1].lower(), match[2].strip()
    if name == "title" and value:
        yield from (f"# {value}", "")
    elif name in ("author", "subtitle", "date", "caption") and value:
        yield from (value, "")


def _shown(link: re.Match[str]) -> str:
    """What a link shows: its description, a picture's name, else where it leads."""
    picture = _PICTURE.fullmatch(link[1])
    return link[2] or (f"[image: {picture[1]}]" if picture else link[1])
