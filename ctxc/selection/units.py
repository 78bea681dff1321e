"""Units into a budget: whole where they fit, opened where they do not, under what they need.

Segments form a forest by ``needs``: a head and all that needs it, directly or not, is one unit.
Units are taken by their priority, the largest in them. One that fits is kept whole. One that does
not is opened: its parts are ranked for themselves, and each brings its heads and what it refers
to. So nothing is dropped because it is large, and nothing is kept without what it is read by.
What repeats an earlier unit comes behind everything else.

Sums of the segments' own token counts say what is tried; the text itself is counted before
anything is returned. Works in time n log n for n segments, whatever they look like.
"""

from __future__ import annotations

import heapq
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..document import Segment
from ..text.kinds import HEADED
from ..text.kinds.cuts import inside
from .prefix import Fit, Floats, Scores, Selection, longest_prefix
from .render import Piece

REPEATED = 100.0
"""How far a repeat stands behind what it repeats: behind everything that is none."""

FAILURE = 3.0
"""Salience from which a repeat is another case of a failure: a few of them are worth seeing."""
APART = 0.5
"""How much more than its first a repeat must be worth not to be one: it is what was asked for."""
AGAIN = 0.8
"""How far each further case of a failure stands behind the one before it."""
_CASES = 4  # further cases that do

WHOLE = 0.3
"""Share of the budget that one unit may take whole: a larger one is opened, even if it fits."""

LARGE = 0.2
"""Share of the budget from which a unit that does not fit is opened in any case."""

MATTERS = 0.5
"""Share of the largest priority from which a unit that does not fit is opened in any case."""

_ALIKE = 0.5  # of priority: units that are worth about as much as the best share the budget
_SLACK = 1.04  # sums of counts are a little more than the count of the sum
_ROOM_TO_CUT = 0.25  # of the budget unused: then the best unit that did not fit is cut inside
_BOUNDARY = re.compile(r"(?<=[\n.!?;,])\s+|\s+")
_SENTENCE_END = re.compile(r"[.!?。！？…:;][\"'”’)\]»」』]*$")
_RUN_ON = 300  # characters: what goes on for so long without an end mark is no sentence
_MOST_BOUNDARIES = 4096


@dataclass(slots=True)
class Forest:
    """Segments by what they need: parents, children, and the sums over each unit.

    ``cost`` are tokens of a segment with what closes it, ``size`` and ``best`` the tokens and
    the largest priority of a whole unit, each ``(n,)``.
    """

    segments: Sequence[Segment]
    parent: list[int]
    children: list[list[int]]
    closers: list[list[int]]
    cost: list[int]
    size: list[int]
    best: Floats
    kept: bytearray
    kept_size: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, fit: Fit, segments: Sequence[Segment], priority: Scores) -> Forest:
        """The forest of ``segments`` with their priorities; counts each segment's tokens once."""
        count, text, n = fit.count, fit.render.text, len(segments)
        parent = [
            s.needs if 0 <= s.needs < n and s.needs != i else -1 for i, s in enumerate(segments)
        ]
        children: list[list[int]] = [[] for _ in range(n)]
        closers: list[list[int]] = [[] for _ in range(n)]
        cost = [count(text[s.start : s.end]) for s in segments]
        for i, segment in enumerate(segments):
            if segment.closes >= 0:
                closers[segment.closes].append(i)
                cost[segment.closes] += cost[i]
            elif parent[i] >= 0:
                children[parent[i]].append(i)
        forest = cls(
            segments, parent, children, closers, cost, cost.copy(), np.empty(0), bytearray(n)
        )
        forest._sum_up(priority)
        forest.kept_size = [0] * n
        return forest

    def _sum_up(self, priority: Scores) -> None:
        own = np.asarray(priority, np.float64).copy()
        order = self._downward()
        cases: dict[int, int] = {}
        for i in order:
            folds = self.segments[i].folds
            if folds >= 0 and priority[i] > priority[folds] + APART:
                folds = -1  # the question asks for this one, not for the first of its sort
            repeated = folds >= 0 or (self.parent[i] >= 0 and self._late[self.parent[i]])
            if folds >= 0 and self.segments[i].salience >= FAILURE:
                cases[folds] = cases.get(folds, 0) + 1
                if cases[folds] <= _CASES:
                    own[i] -= AGAIN * cases[folds]
                    repeated = False
            self._late[i] = repeated
            if repeated:
                own[i] -= REPEATED
            if self.segments[i].closes >= 0:
                own[i] = -math.inf
        self.own = own
        self.top = float(own.max()) if len(own) else 0.0
        self.best = own.copy()
        for i in reversed(order):
            if self.parent[i] >= 0 and self.segments[i].closes < 0:
                self.size[self.parent[i]] += self.size[i]
                self.best[self.parent[i]] = max(self.best[self.parent[i]], self.best[i])

    def share_among(self, units: Sequence[int]) -> float:
        """Share of the budget that each of ``units`` may take whole: as many as are best."""
        alike = sum(bool(self.best[i] >= self.top - _ALIKE) for i in units if self.children[i])
        return min(WHOLE, 1 / max(alike, 1))

    def roots(self) -> list[int]:
        return [i for i, p in enumerate(self.parent) if p < 0 and self.segments[i].closes < 0]

    def _downward(self) -> list[int]:
        """All segments, each behind what it needs; a circle of needs is cut where it begins."""
        self._late = bytearray(len(self.segments))
        seen = bytearray(len(self.segments))
        out: list[int] = []
        for start in range(len(self.segments)):
            chain = []
            at = start
            while at >= 0 and not seen[at]:
                seen[at] = 1
                chain.append(at)
                at = self.parent[at]
            if at >= 0 and at in chain:
                self.parent[chain[-1]] = -1
            out += reversed(chain)
        return out

    def unit(self, index: int) -> list[int]:
        """The segments of the unit ``index`` that are not kept yet, what closes them aside."""
        out, stack = [], [index]
        while stack:
            at = stack.pop()
            if not self.kept[at]:
                out.append(at)
            stack += self.children[at]
        return out

    def ties(self, indices: Iterable[int]) -> list[int]:
        """What must be there with ``indices`` and is not kept yet: heads, headings, references."""
        out: list[int] = []
        stack = list(indices)
        seen = set(stack)
        while stack:
            segment = self.segments[stack.pop()]
            for tie in _ties_of(segment):
                if 0 <= tie < len(self.segments) and tie not in seen and not self.kept[tie]:
                    seen.add(tie)
                    out.append(tie)
                    stack.append(tie)
        return out

    def keep(self, indices: Iterable[int]) -> list[int]:
        """Mark as kept, with what closes them; returns what was added."""
        added = []
        for index in indices:
            if self.kept[index]:
                continue
            self.kept[index] = 1
            added.append(index)
            for closer in self.closers[index]:
                self.kept[closer] = 1
                added.append(closer)
            at = index
            while at >= 0:
                self.kept_size[at] += self.cost[index]
                at = self.parent[at]
        return added

    def drop(self, indices: Iterable[int]) -> None:
        """Take back what ``keep`` has added."""
        for index in indices:
            self.kept[index] = 0
            at = index if self.segments[index].closes < 0 else -1
            while at >= 0:
                self.kept_size[at] -= self.cost[index]
                at = self.parent[at]

    _late: bytearray = field(default_factory=bytearray)
    own: Floats = field(default_factory=lambda: np.empty(0))
    top: float = 0.0


def _ties_of(segment: Segment) -> tuple[int, ...]:
    """What must be there with a segment."""
    return (segment.needs, segment.heading, segment.closes, segment.leans_on, *segment.refers)


def select_units(
    fit: Fit, segments: Sequence[Segment], priority: Scores, forced: Sequence[int] = ()
) -> Selection:
    """The best units that fit, opened as far as the budget needs.

    ``priority``: one number for each segment, ``(n,)``, larger is kept first. ``forced``: segments
    that must be there, with their ties, as far as they fit. Empty only where not even a part
    of the best unit fits.
    """
    forest = Forest.of(fit, segments, priority)
    fit.report(
        segments,
        priority,
        lambda other: select_units(other, segments, priority, forced),
        forest.own,
    )
    actions: list[list[int]] = []
    room = math.floor(fit.target * _SLACK) + 4
    for index in forced:
        room -= _take(forest, actions, [index])
    rest = _fill(forest, actions, forest.roots(), room, fit.target)
    used = _trim(fit, forest, actions)
    if used < 0.97 * fit.target:
        _fill(forest, actions, rest, fit.target - used, fit.target)
        used = _trim(fit, forest, actions)
    pieces = _pieces(segments, actions, forest.best)
    if fit.target - used > _ROOM_TO_CUT * fit.target or not actions:
        pieces = _with_cut(fit, forest, actions) or pieces
    return fit.selection(pieces)


def _take(forest: Forest, actions: list[list[int]], indices: Sequence[int]) -> int:
    """Keep these with their ties as one action; returns its tokens."""
    added = forest.keep([*indices, *forest.ties(indices)])
    if added:
        actions.append(added)
    return sum(forest.cost[i] for i in added if forest.segments[i].closes < 0)


def _fill(
    forest: Forest, actions: list[list[int]], units: Sequence[int], room: int, target: int
) -> list[int]:
    """Take units by priority while there is room; returns those that were left, opened or not."""
    segments = forest.segments
    heap = [(-forest.best[i], i, False) for i in units if forest.best[i] > -math.inf]
    heapq.heapify(heap)
    shares = dict.fromkeys(units, forest.share_among(units))
    left: list[int] = []
    while heap and room > 0:
        _, index, alone = heapq.heappop(heap)
        members = [index] if alone or not forest.children[index] else None
        cost = forest.cost[index] if members else forest.size[index] - forest.kept_size[index]
        if cost <= room and (
            members or cost <= shares[index] * target or not forest.children[index]
        ):
            inside = members or forest.unit(index)
            total = cost + sum(forest.cost[i] for i in forest.ties(inside))
            if total <= room:
                room -= _take(forest, actions, inside)
                continue
        if forest.children[index] and not alone and _opens(forest, index, target):
            if segments[index].text_kind not in HEADED:
                heapq.heappush(heap, (-forest.own[index], index, True))
            share = min(shares[index], forest.share_among(forest.children[index]))
            for child in forest.children[index]:
                shares[child] = share
                if forest.best[child] > -math.inf:
                    heapq.heappush(heap, (-forest.best[child], child, False))
        else:
            left.append(index)
    return left + [index for _, index, _ in heap]


def _opens(forest: Forest, index: int, target: int) -> bool:
    """Whether a unit that does not fit is opened: a large one, or one that matters; small ones
    of little worth are left out whole, since pieces of them say less than other whole units."""
    return forest.size[index] > LARGE * target or forest.best[index] >= MATTERS * forest.top


def _trim(fit: Fit, forest: Forest, actions: list[list[int]]) -> int:
    """Take back the last of the actions until the rest fits; returns the tokens of the text."""
    scores = np.zeros(len(forest.segments))

    def tokens(size: int) -> int:
        return fit.tokens(_pieces(forest.segments, actions[:size], scores))

    size = longest_prefix(len(actions), tokens, fit.target, len(actions))
    for action in actions[size:]:
        forest.drop(action)
    del actions[size:]
    return tokens(size)


def _pieces(
    segments: Sequence[Segment], actions: Sequence[Sequence[int]], scores: Floats
) -> list[Piece]:
    indices = sorted({i for action in actions for i in action})
    return [Piece(segments[i].start, segments[i].core_end, float(scores[i])) for i in indices]


def _with_cut(fit: Fit, forest: Forest, actions: Sequence[Sequence[int]]) -> list[Piece] | None:
    """What is kept, and the beginning of the best segment that is too large; None: no cut fits."""
    segments = forest.segments
    base = _pieces(segments, actions, forest.best)
    for index in _too_large(fit.render.text, forest, noise=not actions):
        ties = forest.ties([index])
        closers = [c for i in ties for c in forest.closers[i]]
        more = _pieces(segments, [[*ties, *closers]], forest.best)
        found = _longest_cut(fit, segments[index], [*base, *more], float(forest.best[index]))
        if found is not None:
            return found
    return None


def _too_large(text: str, forest: Forest, noise: bool) -> list[int]:
    """Segments that are not kept and may be cut inside, best first, a few.

    Part of what is worth nothing (an image in base64) only fills up where ``noise`` allows it.
    No sentence is one of them: the beginning of a sentence may say something else than all of it.
    """
    loose = [
        i
        for i, s in enumerate(forest.segments)
        if not (forest.kept[i] or s.closes >= 0 or forest.children[i] or s.comes_along)
        and forest.best[i] > -math.inf
        and (noise or s.salience > 0 or not s.text_kind)
        and not ((s.prunable and s.core_end - s.start < _RUN_ON) or s.leans_on >= 0)
        and (
            s.text_kind or not _SENTENCE_END.search(text, max(s.start, s.core_end - 8), s.core_end)
        )
    ]
    best = heapq.nsmallest(64, loose, key=lambda i: (-forest.best[i], i))
    segments = forest.segments
    return [i for i in best if inside(segments[i].text_kind, segments[i].core(text)) is not None][
        :4
    ]


def _longest_cut(
    fit: Fit, segment: Segment, base: Sequence[Piece], score: float
) -> list[Piece] | None:
    """``base`` with as much of the segment's beginning as fits, at a word's end, then ``…``."""
    core = segment.core(fit.render.text)
    room = inside(segment.text_kind, core)
    if room is None:
        return None
    ends = [m.start() for m in _BOUNDARY.finditer(core)][:_MOST_BOUNDARIES]
    ends = [e for e in ends if room.allows(core, e)]
    if not ends and len(core) > 40:
        ends = [e for e in range(max(room.first, 20), len(core), 20) if room.allows(core, e)]

    def pieces(size: int) -> list[Piece]:
        cut = Piece(segment.start, segment.start + ends[size - 1], score, room.after)
        return sorted([*base, cut], key=lambda p: (p.start, p.end))

    if not ends:
        return None
    size = longest_prefix(
        len(ends), lambda k: fit.tokens(pieces(k)) if k else 0, fit.target, len(ends) // 2
    )
    return pieces(size) if size else None
