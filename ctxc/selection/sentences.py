"""Whole sentences into a budget: the best first, each with what it cannot do without.

A sentence brings its title, its parent, its links' definitions and the sentence it leans on
(``Segment.leans_on``); what does not fit with all of these is passed over, and the next in line is
tried. Sums of the segments' own token counts say what is tried; the text itself is counted before
anything is returned. Works in time n log n.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..document import Segment
from .prefix import Fit, Scores, Selection, longest_prefix
from .render import Piece

MOST_TIES = 32
"""Segments that one may bring along; one that needs more is left out."""

_ROUNDS = 4
"""How often what is left is tried again in the room that the text turns out to leave."""


def select_sentences(
    fit: Fit, segments: Sequence[Segment], priority: Scores, *, headings: bool = True
) -> Selection:
    """The best segments that fit, whole.

    ``priority``: one number for each segment, ``(n,)``, larger is kept first, -inf never.
    ``headings`` says whether titles come along with what is under them. Empty where not even the
    smallest segment fits.
    """
    text = fit.render.text
    cost = [fit.count(text[s.start : s.end]) for s in segments]
    wanted = [
        i for i, s in enumerate(segments) if not s.comes_along and priority[i] > -math.inf
    ] or [i for i in range(len(segments)) if priority[i] > -math.inf]
    rest = sorted(wanted, key=lambda i: (-priority[i], i))
    actions: list[list[int]] = []
    kept: set[int] = set()
    room = fit.target + 2  # sums of counts are a little more than the count of the sum

    def pieces(size: int) -> list[Piece]:
        chosen = sorted({i for action in actions[:size] for i in action})
        return [Piece(segments[i].start, segments[i].core_end, float(priority[i])) for i in chosen]

    for _ in range(_ROUNDS):
        rest = _fill(segments, cost, rest, kept, actions, room, headings)
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


def _fill(
    segments: Sequence[Segment],
    cost: Sequence[int],
    order: Sequence[int],
    kept: set[int],
    actions: list[list[int]],
    room: int,
    headings: bool,
) -> list[int]:
    """Take what fits, in ``order``; returns what was left."""
    left = []
    for at, index in enumerate(order):
        if room <= 0:
            return [*left, *order[at:]]
        if index in kept:
            continue
        bundle = with_ties(segments, index, kept, headings)
        total = sum(cost[i] for i in bundle)
        if bundle and total <= room:
            room -= total
            kept.update(bundle)
            actions.append(bundle)
        else:
            left.append(index)
    return left


def with_ties(
    segments: Sequence[Segment], index: int, kept: set[int], headings: bool = True
) -> list[int]:
    """``index`` and what it needs that is not kept yet; empty where that is too much."""
    out, stack = {index}, [index]
    while stack:
        segment = segments[stack.pop()]
        heading = segment.heading if headings else -1
        for tie in (segment.needs, heading, segment.leans_on, *segment.refers):
            if 0 <= tie < len(segments) and tie not in kept and tie not in out:
                out.add(tie)
                stack.append(tie)
        if len(out) > MOST_TIES:
            return []
    return sorted(out)
