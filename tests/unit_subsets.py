"""Dropping units at random, and writing what is left, as any selection may do it.

Kept segments bring what they need and refer to; a closer is kept if and only if its head is.
Between two kept segments stands the earlier one's own gap (``json``), where commas are, or the
strongest break that the dropped text between them had.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from ctxc.document import Document, Segment
from ctxc.text import kinds
from ctxc.text.segment.builder import Builder
from ctxc.text.segment.lines import lines_of

OWN_GAPS = ("json", "jsonl", "messages", "notebook")


def passage_of(text: str, name: str = "", media_type: str = "") -> kinds.Passage:
    return kinds.Passage(text, 0, len(text), lines_of(text, 0, len(text)), media_type, name)


def units(text: str, kind: str, name: str = "") -> tuple[Segment, ...]:
    """The segments that a kind makes of a text, checked to tile it."""
    out = Builder(text)
    kinds.add_units(out, passage_of(text, name), kind)
    segments = out.finish()
    assert_tiles(text, segments)
    return segments


def assert_tiles(text: str, segments: Sequence[Segment]) -> None:
    assert "".join(text[s.start : s.end] for s in segments) == text
    for index, segment in enumerate(segments):
        assert segment.start <= segment.core_end <= segment.end
        assert segment.needs < len(segments) and segment.needs != index
        assert -1 <= segment.folds < index
        assert 0 <= segment.salience <= 6
        if segment.closes >= 0:
            assert segment.needs == segment.closes < index


def kind_of(text: str, name: str = "") -> str:
    return kinds.detect(passage_of(text, name, Document(text, name or "-").media_type))


def closure(segments: Sequence[Segment], chosen: set[int]) -> list[int]:
    """``chosen`` with all they need and refer to, and the closers of what is kept; in order."""
    kept: set[int] = set()
    waiting = [index for index in chosen if segments[index].closes < 0]
    while waiting:
        index = waiting.pop()
        if index in kept:
            continue
        kept.add(index)
        waiting += [i for i in (segments[index].needs, *segments[index].refers) if i >= 0]
    closers = [i for i, s in enumerate(segments) if s.closes in kept and s.closes >= 0]
    return sorted({*kept, *closers})


def write(text: str, segments: Sequence[Segment], kept: Sequence[int]) -> str:
    out = []
    for position, index in enumerate(kept):
        segment = segments[index]
        out.append(text[segment.start : segment.core_end])
        if position + 1 < len(kept):
            out.append(_joint(text, segments, index, kept[position + 1]))
    return "".join(out)


def _joint(text: str, segments: Sequence[Segment], index: int, following: int) -> str:
    one, other = segments[index], segments[following]
    if index + 1 == following:
        return text[one.core_end : one.end]
    if one.text_kind in OWN_GAPS:
        owner = segments[following - 1] if other.closes >= 0 else one
        return text[owner.core_end : owner.end]
    between = [text[s.core_end : s.end] for s in segments[index:following]]
    if not any("\n" in gap for gap in between):
        return max(between, key=len)
    line_start = text.rfind("\n", 0, other.start) + 1
    indent = text[line_start : other.start]
    return "\n" + (indent if not indent.strip() else "")


def random_subset(text: str, segments: Sequence[Segment], rng: random.Random) -> str:
    """What is left when a random share of the segments is chosen; "" only for no segments."""
    share = rng.choice((0.05, 0.2, 0.5, 0.8, 0.95))
    chosen = {i for i in range(len(segments)) if rng.random() < share}
    kept = closure(segments, chosen or {rng.randrange(len(segments))})
    if not kept:
        kept = closure(segments, {0})
    return write(text, segments, kept)


def is_subset(part: object, whole: object) -> bool:
    """Whether every key and element of one document stands in the other, in order."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and is_subset(value, whole[key]) for key, value in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        rest = iter(whole)
        return all(any(is_subset(value, other) for other in rest) for value in part)
    return type(part) is type(whole) and (part == whole or (part != part and whole != whole))
