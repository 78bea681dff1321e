"""Lines into the budget: the best that fit, in the source's order, under its own headings.

The order in which lines are taken does not depend on the budget. What is
counted is always the final text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

import numpy as np

from ..document import Document, Segment
from ..selection.prefix import longest_prefix
from ..text.salience import Line
from ..text.segment.places import Places
from .room import Room

Count = Callable[[str], int]
Needed = Mapping[int, tuple[int, ...]]

_MARKER = re.compile(r"^\s*(?:[-*+•]|\d{1,9}[.)])\s+")
_MOST_TRIES = 300


@dataclass(frozen=True, slots=True)
class Layout:
    """How chosen lines become text: the style, and citations if wanted."""

    document: Document
    segments: tuple[Segment, ...]
    style: str
    cite: bool = False

    def render(self, lines: Sequence[Line]) -> str:
        """The text of ``lines``, which are in reading order."""
        return "".join(self.texts(lines))

    def texts(self, lines: Sequence[Line], before: Sequence[Line] = ()) -> list[str]:
        """What each line adds to the text of the lines ``before``, with the break before it."""
        out: list[str] = []
        heading, block, defining = self._state(before)
        first = not before
        for line in lines:
            segment = self.segments[line.segment]
            if segment.kind == "definition":  # it cannot interrupt a paragraph
                gap = "\n" if defining else "\n\n"
                out.append(("" if first else gap) + line.text)
                first, block, defining = False, -1, True
                continue
            defining = False
            added = ""
            if segment.heading != heading:
                heading = segment.heading
                if heading >= 0:
                    title = self.segments[heading].core(self.document.text).strip()
                    added = ("" if first else "\n\n") + title
                    first = False
                elif not first:
                    added = "\n"
                block = -1
            same = segment.block == block
            block = segment.block
            added += "" if first else self._joint(segment, same)
            out.append(added + self.shown(line, same))
            first = False
        return out

    def _state(self, before: Sequence[Line]) -> tuple[int, int, bool]:
        """The heading and the block of the last line, and whether it is a definition."""
        at = len(before)
        while at and self.segments[before[at - 1].segment].kind == "definition":
            at -= 1
        if not at:
            return -1, -1, bool(before)
        last = self.segments[before[at - 1].segment]
        defining = at < len(before)
        return last.heading, -1 if defining else last.block, defining

    def _joint(self, segment: Segment, same_block: bool) -> str:
        if self.style == "prose" and segment.kind in ("sentence", "turn"):
            return " " if same_block else "\n"
        return "\n"

    def shown(self, line: Line, same_block: bool = False) -> str:
        """One line as it is printed."""
        text = line.text if same_block or not line.label else f"{line.label} {line.text}"
        if "\n" not in text:  # tables and code keep their own shape
            if self.style == "bullets":
                text = "- " + _MARKER.sub("", text)
            elif self.style == "quotes" or line.quote:
                text = "> " + text
        if line.note:
            text = f"{text} {line.note}"
        return f"{text} [{self.name(line)}]" if self.cite else text

    def name(self, line: Line) -> str:
        """``name:lines`` of where a line comes from; several places are separated by commas."""
        places = Places.of(self.document)
        found = []
        for span in line.spans:
            name, first, last = places.at(span)
            name = name or PurePath(self.document.source).name
            here = f"{name}:{first}" if first == last else f"{name}:{first}-{last}"
            if here not in found:
                found.append(here)
        return ", ".join(found[:4])


def choose(
    lines: Sequence[Line],
    layout: Layout,
    target: int,
    count: Count,
    needed: Needed,
    additive: bool = False,
) -> list[Line]:
    """The best lines that fit ``target`` tokens, in reading order.

    ``needed`` maps a segment to the segments it would not parse without.
    ``additive``: the tokens of a text cut where ``pieces`` cuts add up to its own.
    """
    order = _order(lines, needed)
    rank = {id(line): i for i, line in enumerate(order)}

    def place(line: Line) -> tuple[int, int, int]:
        return line.segment, line.spans[0].start, rank[id(line)]

    def prefix(size: int) -> list[Line]:
        return sorted(order[:size], key=place)

    own = [count(line.text) for line in order]
    guess = int(np.searchsorted(np.cumsum(own) + np.arange(1, len(own) + 1), target))
    size = longest_prefix(
        len(order), lambda k: count(layout.render(prefix(k))) if k else 0, target, guess
    )
    room = Room(layout, count, place, prefix(size), additive)
    _fill(room, order[size:], own[size:], target, needed)
    return room.lines


def _order(lines: Sequence[Line], needed: Needed) -> list[Line]:
    """Best first, ties in reading order; what others need stands before them, as high as they."""
    raised: dict[int, float] = {}
    for line in lines:
        raised[line.segment] = max(raised.get(line.segment, line.score), line.score)
    for segment in sorted(raised, reverse=True):
        for parent in needed.get(segment, ()):
            if parent in raised:
                raised[parent] = max(raised[parent], raised[segment])
    parents = {parent for each in needed.values() for parent in each}
    out = [
        replace(line, score=raised[line.segment]) if line.segment in parents else line
        for line in lines
        if raised[line.segment] > -math.inf  # a definition that no line goes by
    ]
    return sorted(
        out,
        key=lambda x: (-x.score, x.segment not in parents, x.segment, x.spans[0].start),
    )


def _fill(
    room: Room, rest: Sequence[Line], own: Sequence[int], target: int, needed: Needed
) -> None:
    """What still fits of the lines behind the first that did not; ``own`` are their tokens."""
    left = target - room.tokens
    there = {line.segment for line in room.lines}
    tries = 0
    for line, tokens in zip(rest, own, strict=True):
        if left < 3 or tries == _MOST_TRIES:
            break
        if any(parent not in there for parent in needed.get(line.segment, ())):
            continue
        if tokens > left:
            continue
        tries += 1
        if room.add(line, left):
            left = target - room.tokens
            there.add(line.segment)
