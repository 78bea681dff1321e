"""Whole sentences into a budget: the best first, each with what it cannot do without.

A sentence brings its title, its parent, its links' definitions and the sentence it leans on
(``Segment.leans_on``); what does not fit with all of these is passed over, and the next in line is
tried. Sums of the segments' own token counts say what is tried; the text itself is counted before
anything is returned. Works in time n log n.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from ..document import Segment, Span
from .prefix import Fit, Scores, Selection, longest_prefix
from .render import Piece

Inside = Callable[[int], Sequence[Span]]
"""What is kept of the segment with an index: spans in reading order, at least one."""

MOST_TIES = 32
"""Segments that one may bring along; one that needs more is left out."""

_ROUNDS = 4
"""How often what is left is tried again in the room that the text turns out to leave."""


def select_sentences(
    fit: Fit, segments: Sequence[Segment], priority: Scores, *, inside: Inside | None = None
) -> Selection:
    """The best segments that fit, whole.

    ``priority``: one number for each segment, ``(n,)``, larger is kept first, -inf never.
    ``inside`` says what of a segment is kept: all of it where there is none. Empty where not even
    the smallest segment fits.
    """
    fit.report(
        segments, priority, lambda other: select_sentences(other, segments, priority, inside=inside)
    )
    spans, cost = _sizes(fit, segments, inside)
    wanted = [
        i for i, s in enumerate(segments) if not s.comes_along and priority[i] > -math.inf
    ] or [i for i in range(len(segments)) if priority[i] > -math.inf]
    rest = sorted(wanted, key=lambda i: (-priority[i], i))
    actions: list[list[int]] = []
    kept: set[int] = set()
    room = fit.target + 2  # sums of counts are a little more than the count of the sum

    def pieces(size: int) -> list[Piece]:
        chosen = sorted({i for action in actions[:size] for i in action})
        return [Piece(x.start, x.end, float(priority[i])) for i in chosen for x in spans[i]]

    for _ in range(_ROUNDS):
        rest = _fill(segments, cost, rest, kept, actions, room)
        size = longest_prefix(
            len(actions), lambda k: fit.tokens(pieces(k)), fit.target, len(actions)
        )
        for action in actions[size:]:
            kept.difference_update(action)
        del actions[size:]
        room = fit.target - fit.tokens(pieces(size))
        if room <= 0 or not rest:
            break
    return fit.selection(pieces(len(actions)))


def _sizes(
    fit: Fit, segments: Sequence[Segment], inside: Inside | None
) -> tuple[list[Sequence[Span]], list[int]]:
    """What is kept of each segment, and its tokens with the white space behind."""
    text = fit.render.text
    if inside is None:
        whole: list[Sequence[Span]] = [[Span(s.start, s.core_end)] for s in segments]
        return whole, [fit.count(text[s.start : s.end]) for s in segments]
    spans = [inside(i) for i in range(len(segments))]
    return spans, [fit.count(" ".join(span.of(text) for span in some)) for some in spans]


def _fill(
    segments: Sequence[Segment],
    cost: Sequence[int],
    order: Sequence[int],
    kept: set[int],
    actions: list[list[int]],
    room: int,
) -> list[int]:
    """Take what fits, in ``order``; returns what was left."""
    left: list[int] = []
    for at, index in enumerate(order):
        if room <= 0:
            return [*left, *order[at:]]
        if index in kept:
            continue
        bundle = with_ties(segments, index, kept)
        total = sum(cost[i] for i in bundle)
        if bundle and total <= room:
            room -= total
            kept.update(bundle)
            actions.append(bundle)
        else:
            left.append(index)
    return left


def with_ties(segments: Sequence[Segment], index: int, kept: set[int]) -> list[int]:
    """``index`` and what it needs that is not kept yet; empty where that is too much."""
    out, stack = {index}, [index]
    while stack:
        segment = segments[stack.pop()]
        for tie in (segment.needs, segment.heading, segment.leans_on, *segment.refers):
            if 0 <= tie < len(segments) and tie not in kept and tie not in out:
                out.add(tie)
                stack.append(tie)
        if len(out) > MOST_TIES:
            return []
    return sorted(out)
