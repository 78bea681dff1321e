"""A ranking replayed: which stretches of a text are kept at which budgets.

At each of some budgets the product's own cut of the ranking is made; nothing is interpolated. The
text is divided where any of these cuts begins or ends, and each stretch knows at which of them
it is kept.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...document import Document, Segment
from ...result import Compression
from ...selection.prefix import Selection
from ...selection.ranking import Ranking

STEPS = 40
"""Budgets from next to nothing to the whole text."""
FEWEST = 6
"""With fewer a slider says little: a longer text has the run's own budget alone."""
WORK = 8_000_000
"""Characters of text times budgets that one document may cost."""
_DENSER = 1.6  # small budgets lie closer together than large ones

Count = Callable[[str], int]
Stretches = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One budget, and the tokens that the text kept at it has; ``whole``: all of it fits."""

    budget: int
    tokens: int
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Stretch:
    """``text[start:end]`` of segment ``segment`` (-1: of none), kept at the steps of ``at``.

    ``at`` are half-open ranges of step indices, in order.
    """

    start: int
    end: int
    segment: int
    at: Stretches

    def kept(self, step: int) -> bool:
        return any(first <= step < last for first, last in self.at)


@dataclass(frozen=True, slots=True)
class Standing:
    """A segment as it was ranked: ``rank`` counts from 1, 0 for what is never kept for itself."""

    kind: str
    text_kind: str
    score: float
    rank: int
    repeats: bool


@dataclass(frozen=True, slots=True)
class Replay:
    """A document at several budgets, smallest first; ``own`` is the index of the run's own.

    ``stretches`` tile the text. ``ranked`` is how many segments have a rank.
    """

    steps: tuple[Step, ...]
    own: int
    stretches: tuple[Stretch, ...]
    standings: tuple[Standing, ...] = ()
    ranked: int = 0


def replay(
    document: Document, result: Compression, ranking: Ranking | None, count: Count, steps: int
) -> Replay:
    """``document`` at the run's own budget as ``result`` has it, and at some ``steps`` others.

    Without a ranking, or with no steps, at its own alone. ``count`` gives the tokens of a text.
    """
    text = document.text
    cuts = [(Step(result.target, result.compressed, result.text == text), _kept(document, result))]
    if ranking is not None and steps:
        cuts += _others(document, result, ranking, count, steps)
    cuts.sort(key=lambda cut: cut[0].budget)
    own = next(i for i, (step, _) in enumerate(cuts) if step.budget == result.target)
    standings = _standings(ranking) if ranking is not None else ()
    segments = ranking.segments if ranking is not None else ()
    return Replay(
        tuple(step for step, _ in cuts),
        own,
        tuple(_stretches(text, segments, [kept for _, kept in cuts])),
        standings,
        max((s.rank for s in standings), default=0),
    )


def steps_for(characters: int, work: int = WORK) -> int:
    """How many budgets a text of so many characters is replayed at; 0 where it is too long.

    >>> steps_for(50_000), steps_for(500_000), steps_for(50_000_000)
    (40, 16, 0)
    """
    steps = min(STEPS, work // max(characters, 1))
    return steps if steps >= FEWEST else 0


def _kept(document: Document, result: Compression) -> Stretches:
    """What of the text the run kept: by its spans, or by the sources of its lines."""
    if result.text and result.text == document.text:
        return ((0, len(document.text)),)
    if result.kept:
        return tuple((k.start, k.end) for k in result.kept)
    lines = result.extra.get("lines", [])
    return tuple((span["start"], span["end"]) for line in lines for span in line["spans"])


def _others(
    document: Document, result: Compression, ranking: Ranking, count: Count, steps: int
) -> list[tuple[Step, Stretches]]:
    """The cuts at other budgets that keep anything, up to the first that keeps everything."""
    text, whole = document.text, max(result.original, count(document.text))
    budgets = {math.ceil(whole * (k / steps) ** _DENSER) for k in range(1, steps + 1)}
    out: list[tuple[Step, Stretches]] = []
    for budget in sorted(budgets - {result.target}):
        if budget >= whole:
            out.append((Step(budget, count(text), True), ((0, len(text)),)))
            break
        cut: Selection = ranking.at(budget)
        if cut.text.strip():
            spans = tuple((k.start, k.end) for k in cut.kept)
            out.append((Step(budget, count(cut.text)), spans))
    return out


def _standings(ranking: Ranking) -> tuple[Standing, ...]:
    alone = [
        i
        for i, s in enumerate(ranking.segments)
        if not s.comes_along and s.closes < 0 and ranking.order[i] > -math.inf
    ]
    ranks = dict.fromkeys(range(len(ranking.segments)), 0)
    for place, i in enumerate(sorted(alone, key=lambda i: (-ranking.order[i], i)), 1):
        ranks[i] = place
    return tuple(
        Standing(s.kind, s.text_kind, float(ranking.scores[i]), ranks[i], s.folds >= 0)
        for i, s in enumerate(ranking.segments)
    )


def _stretches(text: str, segments: Sequence[Segment], cuts: Sequence[Stretches]) -> list[Stretch]:
    """The text divided where a cut, or a segment's visible text, begins or ends."""
    starts = [s.start for s in segments]
    edges = {0, len(text)}.union(*((s.start, s.core_end) for s in segments))
    edges = edges.union(*(span for cut in cuts for span in cut))
    places = np.array(sorted(edges), np.int64)
    there = _matrix(places, cuts)
    out: list[Stretch] = []
    for i, (start, end) in enumerate(zip(places[:-1].tolist(), places[1:].tolist(), strict=True)):
        segment = bisect_right(starts, start) - 1
        at = _ranges(there[:, i])
        if out and text[start:end].isspace():
            at, segment = out[-1].at, out[-1].segment  # it stands or goes with what is before it
        if out and out[-1].segment == segment and out[-1].at == at:
            out[-1] = Stretch(out[-1].start, end, segment, at)
        else:
            out.append(Stretch(start, end, segment, at))
    return out


def _matrix(places: npt.NDArray[np.int64], cuts: Sequence[Stretches]) -> npt.NDArray[np.bool_]:
    """Which stretch between ``places`` is in which cut: ``(cuts, stretches)``."""
    out = np.zeros((len(cuts), len(places)), np.int32)
    for row, spans in enumerate(cuts):
        for first, last in spans:
            out[row, np.searchsorted(places, first)] += 1
            out[row, np.searchsorted(places, last)] -= 1
    inside: npt.NDArray[np.bool_] = np.cumsum(out, axis=1)[:, :-1] > 0
    return inside


def _ranges(there: npt.NDArray[np.bool_]) -> Stretches:
    """The runs of true values, half-open."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], there, [False])).astype(np.int8)))
    return tuple((int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True))
