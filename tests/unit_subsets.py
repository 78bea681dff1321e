"""Dropping units at random, and writing what is left, as any selection may do it.

Kept segments bring what they need and refer to; a closer is kept if and only if its head is.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from ctxc.document import Document, Segment
from ctxc.selection.render import Piece
from ctxc.selection.unit_render import UnitRenderer
from ctxc.text import kinds
from ctxc.text.segment.builder import Builder
from ctxc.text.segment.lines import lines_of


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
    """The kept segments as the program writes them."""
    pieces = [Piece(segments[i].start, segments[i].core_end, 0.0) for i in kept]
    return UnitRenderer(text, segments)(pieces)


def random_subset(text: str, segments: Sequence[Segment], rng: random.Random) -> str:
    """What is left when a random share of the segments is chosen; never nothing."""
    share = rng.choice((0.05, 0.2, 0.5, 0.8, 0.95))
    heads = {s.needs for s in segments}
    parts = [i for i, s in enumerate(segments) if s.closes < 0 and i not in heads] or [0]
    chosen = {i for i in parts if rng.random() < share} or {rng.choice(parts)}
    return write(text, segments, closure(segments, chosen))


def is_subset(part: object, whole: object) -> bool:
    """Whether every key and element of one document stands in the other, in order.

    A text that was too large may end early, with ``…`` behind it.
    """
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and is_subset(value, whole[key]) for key, value in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        rest = iter(whole)
        return all(any(is_subset(value, other) for other in rest) for value in part)
    if isinstance(part, str) and isinstance(whole, str) and part.rstrip("\n").endswith("…"):
        return whole.startswith(part.rstrip("\n")[:-1])
    return type(part) is type(whole) and (part == whole or (part != part and whole != whole))
