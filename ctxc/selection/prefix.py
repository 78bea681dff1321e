"""From priorities to text: the longest prefix of a fixed order that fits the budget.

Every engine ranks; this module alone decides what fits. The order does not
depend on the budget, so a larger budget keeps everything a smaller one kept.
Parents (a title, a table's header, a list item's parent, a link's definition)
take the highest priority of what needs them, which puts them into every prefix
that needs them.
The budget is checked by counting the tokens of the final text: counts of parts
do not add up.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..document import Segment, Span
from ..result import Kept
from .ranking import Ranking, Watch, remembering
from .render import Piece, Renderer

Count = Callable[[str], int]
Floats = npt.NDArray[np.float64]
Scores = Sequence[float] | Floats


@dataclass(frozen=True, slots=True)
class Selection:
    """The kept pieces in reading order and the text they make.

    ``notes`` are lines for the user, ``extra`` JSON values for reports.
    """

    text: str
    kept: tuple[Kept, ...]
    notes: tuple[str, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)


def with_parents(segments: Sequence[Segment], priority: Scores, headings: bool = True) -> Floats:
    """``priority`` with every parent raised to the highest priority among what needs it.

    Titles and headings count as needed by the segments under them where
    ``headings`` is true; a heading's own priority then only matters if it has
    none under it.
    """
    raised = np.asarray(priority, np.float64).copy()
    for index in range(len(segments) - 1, -1, -1):
        segment = segments[index]
        parents = (segment.needs, segment.heading if headings else -1)
        for parent in parents:
            if 0 <= parent < index and raised[index] > raised[parent]:
                raised[parent] = raised[index]
    for index, segment in enumerate(segments):
        for definition in segment.refers:
            raised[definition] = max(raised[definition], raised[index])
    return raised


def order_of(segments: Sequence[Segment], priority: Floats) -> list[int]:
    """Segment indices, best first, those of priority -inf left out; ties in reading order.

    A parent stands before its child: it comes earlier in the text, or is a
    definition, and these go first.
    """
    alive = [i for i in range(len(segments)) if priority[i] > -math.inf]
    return sorted(alive, key=lambda i: (-priority[i], segments[i].kind != "definition", i))


def longest_prefix(count: int, tokens: Callable[[int], int], target: int, guess: int = 0) -> int:
    """The largest ``k <= count`` found with ``tokens(k) <= target``.

    ``tokens(k)`` grows with ``k`` but for the odd token where pieces meet.
    Gallops from ``guess``, so that few texts are counted where it is good.
    """
    low, high = 0, count + 1  # tokens(low) fits; tokens(high) does not, or is not there
    at, step = guess, max(1, count // 64)
    while high - low > 1:
        at = min(max(at, low + 1), high - 1)
        if tokens(at) <= target:
            low = at
            at = at + step if high > count else (low + high) // 2
        else:
            high = at
            at = at - step if low == 0 else (low + high) // 2
        step *= 2
    return low


def select_pieces(
    fit: Fit, pieces: Sequence[Piece], order: Sequence[int]
) -> tuple[list[Piece], int]:
    """The longest prefix of ``order`` (indices into ``pieces``) that fits.

    ``pieces`` are in reading order, and so are the kept ones returned, with
    the length of the prefix.
    """
    rank = np.full(len(pieces), len(pieces), np.int64)
    rank[np.asarray(order, np.int64)] = np.arange(len(order))

    def prefix(size: int) -> list[Piece]:
        return [pieces[int(i)] for i in np.flatnonzero(rank < size)]

    size = longest_prefix(
        len(order), lambda k: fit.tokens(prefix(k)), fit.target, _guess(pieces, order, fit.target)
    )
    return prefix(size), size


def _guess(pieces: Sequence[Piece], order: Sequence[int], target: int) -> int:
    """How many pieces fit if a token is 4.3 characters: only where the search begins."""
    room = target * 4.3
    for size, index in enumerate(order):
        room -= pieces[index].end - pieces[index].start + 1
        if room < 0:
            return size
    return len(order)


@dataclass(frozen=True, slots=True)
class Turn:
    """``text[start:end]`` of a conversation; ``said`` is where the speaker's name has ended."""

    start: int
    said: int
    end: int


@dataclass(frozen=True, slots=True)
class Fit:
    """What must fit: the rendered pieces and ``forced`` ones in ``target`` tokens.

    What is kept of one of the ``turns`` brings the speaker's name along. ``watch`` is told of
    the ranking that is cut.
    """

    render: Renderer
    count: Count
    target: int
    forced: tuple[Piece, ...] = ()
    turns: tuple[Turn, ...] = ()
    watch: Watch | None = None

    def report(
        self,
        segments: Sequence[Segment],
        scores: Scores,
        cut: Callable[[Fit], Selection],
        order: Floats | None = None,
    ) -> None:
        """Tell who watches what is going to be cut: ``cut`` does it, within any budget."""
        if self.watch is None:
            return
        own = np.asarray(scores, np.float64)
        alike = replace(self, watch=None, count=remembering(self.count))
        self.watch(
            Ranking(
                segments,
                own,
                own if order is None else order,
                lambda target: cut(alike.within(target)),
            )
        )

    def within(self, target: int) -> Fit:
        """The same for ``target`` tokens, with as much of what is forced as fits them."""
        fit = replace(self, target=target, forced=())
        size = longest_prefix(len(self.forced), lambda k: fit.tokens(self.forced[:k]), target)
        return replace(fit, forced=self.forced[:size])

    def complete(self, pieces: Sequence[Piece]) -> list[Piece]:
        """``pieces`` with what must be there too, in reading order."""
        every = list(pieces)
        if self.forced:
            every = sorted([*pieces, *self.forced], key=lambda p: (p.start, p.end))
        return with_speakers(every, self.turns) if self.turns else every

    def text(self, pieces: Sequence[Piece]) -> str:
        return self.render(self.complete(pieces))

    def tokens(self, pieces: Sequence[Piece]) -> int:
        return self.count(self.text(pieces))

    def selection(self, pieces: Sequence[Piece], notes: tuple[str, ...] = ()) -> Selection:
        """The final text with its runs as what was kept."""
        everything = self.complete(pieces)
        kept, out = [], 0
        for run in self.render.runs(everything):
            out += len(run.before)
            kept.append(Kept(run.start, run.end, run.score, out, self.render.kind_at(run.start)))
            out += run.end - run.start
        return Selection(self.render(everything), tuple(kept), notes)


def with_speakers(pieces: Sequence[Piece], turns: Sequence[Turn]) -> list[Piece]:
    """``pieces``, and in front of the first of each turn the name of who speaks.

    A name by itself goes, unless it is forced.
    """
    out: list[Piece] = []
    at = 0
    named = False
    for piece in pieces:
        while at < len(turns) and turns[at].end <= piece.start:
            at += 1
            named = False
        if at < len(turns) and turns[at].start <= piece.start:
            if piece.end <= turns[at].said and piece.score < math.inf:
                continue  # part of the name: it comes with what is said
            if not named:
                out.append(Piece(turns[at].start, turns[at].said, piece.score))
                named = True
        out.append(piece)
    return out


Split = Callable[[Segment], Sequence[tuple[Span, float]]]
"""A segment's word groups with their priorities, in reading order.

The groups of infinite priority are all kept, or the segment is left out."""

_MOST_SKIPS = 16
_FULL = 0.97  # of the budget used: looking for more to add ends here


def select_segments(
    fit: Fit,
    segments: Sequence[Segment],
    priority: Scores,
    *,
    split: Split | None = None,
    headings: bool = True,
) -> Selection:
    """Whole segments by priority, then words of the first that no longer fits.

    A segment that cannot be cut and does not fit is passed over, with what
    needs it, and the next in line is tried while there is room. ``split=None``
    keeps sentences whole too. ``headings`` says whether titles come along with
    what is under them.
    """
    wanted = _own_priorities(segments, priority)
    for _ in range(_MOST_SKIPS):
        raised = with_parents(segments, wanted, headings)
        pieces = [
            Piece(s.start, s.core_end, float(p)) for s, p in zip(segments, raised, strict=True)
        ]
        order = order_of(segments, raised)
        _, size = select_pieces(fit, pieces, order)
        while 0 < size < len(order) and segments[order[size - 1]].comes_along:
            size -= 1  # a title with nothing under it says nothing
        kept = [pieces[i] for i in sorted(order[:size])]
        blocker = next((i for i in order[size:] if not segments[i].comes_along), None)
        if blocker is None:
            break
        if split is not None and segments[blocker].prunable:
            base = [pieces[i] for i in order[: order.index(blocker)]]  # with its titles
            more = _with_words(fit, base, pieces[blocker], split(segments[blocker]))
            if more is not None:
                kept = more
                break
        if fit.tokens(kept) >= _FULL * fit.target:
            break
        _pass_over(segments, wanted, blocker)
    return fit.selection(_without_strays(segments, kept))


def _is_torn(
    words: Sequence[Word], pieces: Sequence[Piece], order: Sequence[int], size: int
) -> bool:
    """Whether of the segment that ``order[size]`` is in nothing but fixed words would be kept.

    They stand right before the best of its other words, at its priority: "not 4 bar"
    says little. Where all the others rank lower (empty words), the fixed ones will do.
    """
    blocker = words[order[size]]
    if blocker.fixed or not size:
        return blocker.fixed
    last = words[order[size - 1]]
    equal = pieces[order[size - 1]].score == pieces[order[size]].score
    return last.fixed and equal and last.segment == blocker.segment


def _without_strays(segments: Sequence[Segment], kept: Sequence[Piece]) -> list[Piece]:
    """``kept`` without definitions that no link in it goes by: their links did not fit."""
    if not _definitions(segments):
        return list(kept)
    starts = [segment.start for segment in segments]
    there = [bisect_right(starts, piece.start) - 1 for piece in kept]
    stray = _strays(segments, set(there))
    return [piece for piece, index in zip(kept, there, strict=True) if index not in stray]


def _strays(segments: Sequence[Segment], there: set[int]) -> set[int]:
    """The definitions that no link in the segments ``there`` goes by."""
    used = {definition for index in there for definition in segments[index].refers}
    return _definitions(segments) - used


def _definitions(segments: Sequence[Segment]) -> set[int]:
    """All definitions; none where no link goes by any, and they are all the text there is."""
    if not any(segment.refers for segment in segments):
        return set()
    return {i for i, segment in enumerate(segments) if segment.kind == "definition"}


def _own_priorities(segments: Sequence[Segment], priority: Scores) -> Floats:
    """``priority``, with -inf for the titles that have something under them, and for
    definitions of links.

    They are kept for what needs them, never for themselves.
    """
    wanted = np.asarray(priority, np.float64).copy()
    for segment in segments:
        if segment.heading >= 0:
            wanted[segment.heading] = -math.inf
    for definition in _definitions(segments):
        wanted[definition] = -math.inf
    return wanted


def _pass_over(segments: Sequence[Segment], wanted: Floats, blocker: int) -> None:
    """Take a segment, and all that needs it, out of the running."""
    gone = {blocker}
    wanted[blocker] = -math.inf
    for index in range(blocker + 1, len(segments)):
        if segments[index].needs in gone:
            gone.add(index)
            wanted[index] = -math.inf


def _with_words(
    fit: Fit, base: Sequence[Piece], partial: Piece, groups: Sequence[tuple[Span, float]]
) -> list[Piece] | None:
    """``base`` and the most important words of ``partial``, or None where none fit."""
    must = [i for i, (_, p) in enumerate(groups) if p == math.inf]
    rest = sorted(
        (i for i, (_, p) in enumerate(groups) if p != math.inf), key=lambda i: (-groups[i][1], i)
    )

    def pieces(size: int) -> list[Piece]:
        words = [groups[i][0] for i in (*must, *rest[:size])]
        some = [Piece(w.start, w.end, partial.score) for w in words]
        return sorted([*base, *some], key=lambda p: (p.start, p.end))

    best = longest_prefix(len(rest), lambda k: fit.tokens(pieces(k)), fit.target, len(rest) // 2)
    # The protected words alone, without any of their sentence, say little.
    return pieces(best) if best else None


@dataclass(frozen=True, slots=True)
class Word:
    """A word group with the segment it is in; ``fixed``: never cut out of that segment."""

    piece: Piece
    segment: int
    fixed: bool = False


def select_words(fit: Fit, segments: Sequence[Segment], words: Sequence[Word]) -> Selection:
    """Words by their own priority (``piece.score``), wherever they stand.

    A segment of which anything is kept keeps its fixed words too: they come
    first in it, at the priority of its best word. Whatever has something kept
    under it (titles, table headers) comes along.
    """
    best = np.full(len(segments), -math.inf)
    for word in words:
        best[word.segment] = max(best[word.segment], word.piece.score)
    fit.report(segments, best, lambda other: select_words(other, segments, words))
    raised = with_parents(segments, _own_priorities(segments, best))
    pieces, keys = [], []
    for word in words:
        leads = word.fixed or segments[word.segment].is_title
        priority = float(raised[word.segment]) if leads else word.piece.score
        pieces.append(Piece(word.piece.start, word.piece.end, priority))
        # Equal priorities stay together by segment, its fixed words in front.
        defines = segments[word.segment].kind == "definition"
        keys.append((-priority, not defines, word.segment, not leads, word.piece.start))
    order = sorted((i for i in range(len(words)) if keys[i][0] < math.inf), key=keys.__getitem__)
    kept: list[Piece] = []
    gone: set[int] = set()
    for _ in range(_MOST_SKIPS):
        kept, size = select_pieces(fit, pieces, order)
        if size == len(order):
            break
        torn = words[order[size]].segment
        if not _is_torn(words, pieces, order, size):
            break  # an ordinary word did not fit: the budget is used
        # Of the next segment not all fixed words fit, or nothing but those: leave it out.
        gone |= {torn} | {i for i, s in enumerate(segments) if torn in s.refers}
        gone |= _strays(segments, set(range(len(segments))) - gone)
        kept = [pieces[i] for i in sorted(order[:size]) if words[i].segment not in gone]
        if fit.tokens(kept) >= _FULL * fit.target:
            break
        order = [i for i in order if words[i].segment not in gone]
    return fit.selection(_without_strays(segments, kept))
