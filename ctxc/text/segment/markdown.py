"""Markdown blocks (CommonMark with tables, front matter, footnotes) as pieces.

Not a renderer: it finds where blocks begin and which piece another cannot do
without. Where CommonMark is subtle (lazy continuation, tabs), it errs towards
larger pieces: a piece too large is kept or dropped whole and still parses.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from ...document import Kind
from .builder import Builder
from .fences import add_fence
from .lines import (
    Line,
    closes_fence,
    fence_of,
    heading_level,
    html_end,
    interrupts,
    is_delimiter_row,
    is_lone_tag,
    is_quote,
    is_rule,
    item_marker,
    starts_table,
    underline_level,
)
from .lists import add_list
from .prose import add_paragraph, add_whole

_SMALL_FENCE = 400  # characters of a fenced block that is one piece
_DEFINITION = re.compile(r" {0,3}\[[^\]\[]{1,1000}\]:(?:\s|\S)")
_MOST_TRIES = 16
"""Lines of one block, up to a blank line, that are taken for the beginning of JSON: each is
parsed to the block's end, and a block may be megabytes of lines that begin with a bracket."""
_FRONT_KEY = re.compile(r"\s*(?:#.*|[\w\"'.-]+\s*[:=].*|-\s.*|)$", re.DOTALL)


@dataclass(slots=True)
class Markdown:
    """A cursor over lines: each rule adds the block at the cursor and moves on, or says no."""

    out: Builder
    lines: list[Line]
    declared: bool  # by its type, not by its looks: then indented code and soft breaks hold
    at: int = 0
    _json_stop: int = field(default=0, init=False)  # where the block that was tried ends
    _json_tries: int = field(default=0, init=False)  # ... and how often it was

    def run(self) -> None:
        self._front_matter()
        rules = (
            self._fence,
            self._heading,
            self._rule,
            self._quote,
            self._list,
            self._html,
            self._definition,
            self._table,
            self._indented,
            self._json,
        )
        while self.at < len(self.lines):
            if self._line.blank:
                self.at += 1
            elif not any(rule() for rule in rules):
                self._paragraph()

    @property
    def _line(self) -> Line:
        return self.lines[self.at]

    def _below(self, at: int) -> Line | None:
        return self.lines[at + 1] if at + 1 < len(self.lines) else None

    def _front_matter(self) -> None:
        if not self.lines or self._line.start != 0:
            return
        mark = self._line.text.lstrip("\ufeff").rstrip()
        below = self._below(0)
        if mark not in ("---", "+++") or below is None or not _FRONT_KEY.match(below.text):
            return
        closing = (mark, "...") if mark == "---" else (mark,)
        for index in range(1, len(self.lines)):
            if self.lines[index].text.rstrip() in closing:
                self._one("data", index + 1)
                return

    def _one(self, kind: Kind, stop: int, level: int = 0, needs: int = -1) -> None:
        """The lines up to ``stop`` as one piece of its own block."""
        self.out.begin_block()
        self.out.add(self._line.start, kind, level=level, needs=needs)
        self.at = stop

    def _fence(self) -> bool:
        if self._line.indent >= 4:
            return False
        fence = fence_of(self._line.text)
        if not fence:
            return False
        for index in range(self.at + 1, len(self.lines)):
            line = self.lines[index]
            if line.indent < 4 and closes_fence(line.text, fence):
                inside = self.lines[self.at + 1 : index]
                if self._line.indent or line.start - self._line.start < _SMALL_FENCE:
                    self._one("code", index + 1)
                else:
                    add_fence(self.out, self._line, inside, line)
                    self.at = index + 1
                return True
        self._open_end("code")
        return True

    def _open_end(self, kind: Kind) -> None:
        """A block that nothing closes runs to the end: its paragraphs need its first line."""
        self.out.begin_block()
        first = self.out.add(self._line.start, kind)
        after_blank = False
        for line in self.lines[self.at + 1 :]:
            if after_blank and not line.blank:
                self.out.add(line.start, kind, needs=first)
            after_blank = line.blank
        self.at = len(self.lines)

    def _heading(self) -> bool:
        level = heading_level(self._line)
        if level:
            self._one("heading", self.at + 1, level)
        return bool(level)

    def _rule(self) -> bool:
        if not is_rule(self._line):
            return False
        # Directly under a line, "---" would become that line's underline if what
        # stands between were dropped: it goes with its neighbour.
        above = self.at > 0 and not self.lines[self.at - 1].blank
        self._one("other", self.at + 1, needs=len(self.out) - 1 if above else -1)
        return True

    def _quote(self) -> bool:
        if not is_quote(self._line):
            return False
        stop = self.at + 1
        while stop < len(self.lines) and not self.lines[stop].blank:
            line = self.lines[stop]
            if not is_quote(line) and interrupts(line, self._below(stop)):
                break
            stop += 1
        self._add_quote(self.lines[self.at : stop])
        self.at = stop
        return True

    def _add_quote(self, lines: list[Line]) -> None:
        """Lines joined until one ends a sentence; the whole quote if it holds more than prose."""
        self.out.begin_block()
        bare = [line.text.lstrip(" >") for line in lines]
        if any(b.startswith(("```", "~~~", "<")) or "|" in b for b in bare):
            self.out.add(lines[0].start, "quote")
            return
        first = 0
        for index, line in enumerate(lines):
            last = index + 1 == len(lines)
            if last or (
                is_quote(lines[index + 1]) and (not bare[index] or bare[index][-1] in ".!?:。！？")
            ):
                add_whole(self.out, lines[first].start, line.end, "quote")
                first = index + 1

    def _list(self) -> bool:
        if self._line.indent >= 4 and self.declared:
            return False
        if item_marker(self._line) is None:
            return False
        self.at = add_list(self.out, self.lines, self.at)
        return True

    def _html(self) -> bool:
        end = html_end(self._line)
        if end is None and is_lone_tag(self._line):
            end = ""
        if end is None:
            return False
        for index in range(self.at, len(self.lines)):
            line = self.lines[index]
            if line.blank if end == "" else end in line.text.lower():
                self._one("other", index + (end != ""))
                return True
        if end == "":
            self._one("other", len(self.lines))
        else:
            self._open_end("other")
        return True

    def _definition(self) -> bool:
        """Link reference definitions and footnotes, each with its indented lines."""
        if self._line.indent >= 4 or not _DEFINITION.match(self._line.text):
            return False
        stop = self.at + 1
        while stop < len(self.lines) and self.lines[stop].indent > 0:
            stop += 1
        footnote = self._line.text.lstrip().startswith("[^")
        self._one("other" if footnote else "definition", stop)
        return True

    def _table(self) -> bool:
        if not starts_table(self._line, self._below(self.at)):
            return False
        self.out.begin_block()
        header = self.out.add(self._line.start, "row")
        self.at += 2
        while self.at < len(self.lines) and not interrupts(self._line, self._below(self.at)):
            self.out.add(self._line.start, "row", needs=header)
            self.at += 1
        return True

    def _indented(self) -> bool:
        if not self.declared or self._line.indent < 4:
            return False
        stop = last = self.at
        while stop < len(self.lines) and (self.lines[stop].blank or self.lines[stop].indent >= 4):
            if not self.lines[stop].blank:
                last = stop
            stop += 1
        self._one("code", last + 1)
        return True

    def _json(self) -> bool:
        """A JSON object or array that stands on lines of its own, outside any fence."""
        if self._line.text.strip()[0] not in "{[":
            return False
        stop = self._json_stop
        if self.at >= stop:
            stop = self.at
            while stop < len(self.lines) and not self.lines[stop].blank:
                stop += 1
            self._json_stop, self._json_tries = stop, 0
        self._json_tries += 1
        if self._json_tries > _MOST_TRIES:
            return False
        source = self.out.text[self._line.start : self.lines[stop - 1].end].strip()
        if source[-1] not in "}]" or (
            source[0] == "[" and source[1:].lstrip()[:1] not in tuple('[{"]')
        ):
            return False
        try:
            json.loads(source)
        except (ValueError, RecursionError):
            return False
        self._one("data", stop)
        return True

    def _paragraph(self) -> None:
        first = self.at
        stop = first + 1
        while stop < len(self.lines) and not self.lines[stop].blank:
            level = underline_level(self.lines[stop])
            if level:
                self._one("heading", stop + 1, level)
                return
            if interrupts(self.lines[stop], self._below(stop)):
                break
            stop += 1
        paragraph = self.lines[first:stop]
        if any(is_delimiter_row(line) for line in paragraph):
            self._one("other", stop)  # nearly a table: sentences dropped could make it one
            return
        add_paragraph(self.out, paragraph, soft_breaks=self.declared)
        self.at = stop
