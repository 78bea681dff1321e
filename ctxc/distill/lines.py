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
        out: list[str] = []
        heading, block, defining = -1, -1, False
        for line in lines:
            segment = self.segments[line.segment]
            if segment.kind == "definition":  # it cannot interrupt a paragraph
                gap = "\n" if defining else "\n\n"
                out.append((gap if out else "") + line.text)
                block, defining = -1, True
                continue
            defining = False
            if segment.heading != heading:
                heading = segment.heading
                if heading >= 0:
                    title = self.segments[heading].core(self.document.text).strip()
                    out.append(("\n\n" if out else "") + title)
                elif out:
                    out.append("\n")
                block = -1
            same = segment.block == block
            block = segment.block
            out.append(self._joint(segment, same) if out else "")
            out.append(self.shown(line, same))
        return "".join(out)

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
    lines: Sequence[Line], layout: Layout, target: int, count: Count, needed: Needed
) -> list[Line]:
    """The best lines that fit ``target`` tokens, in reading order.

    ``needed`` maps a segment to the segments it would not parse without.
    """
    order = _order(lines, needed)
    rank = {id(line): i for i, line in enumerate(order)}

    def prefix(size: int) -> list[Line]:
        return sorted(order[:size], key=lambda x: (x.segment, x.spans[0].start, rank[id(x)]))

    sizes = np.cumsum([count(line.text) + 1 for line in order])
    guess = int(np.searchsorted(sizes, target))
    size = longest_prefix(
        len(order), lambda k: count(layout.render(prefix(k))) if k else 0, target, guess
    )
    kept = prefix(size)
    return _fill(kept, order[size:], layout, target, count, needed, rank)


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
    kept: list[Line],
    rest: Sequence[Line],
    layout: Layout,
    target: int,
    count: Count,
    needed: Needed,
    rank: dict[int, int],
) -> list[Line]:
    """What still fits of the lines behind the first that did not."""
    left = target - (count(layout.render(kept)) if kept else 0)
    there = {line.segment for line in kept}
    tries = 0
    for line in rest:
        if left < 3 or tries == _MOST_TRIES:
            break
        if any(parent not in there for parent in needed.get(line.segment, ())):
            continue
        if count(line.text) > left:
            continue
        tries += 1
        more = sorted([*kept, line], key=lambda x: (x.segment, x.spans[0].start, rank[id(x)]))
        used = count(layout.render(more))
        if used <= target:
            kept, left = more, target - used
            there.add(line.segment)
    return kept
