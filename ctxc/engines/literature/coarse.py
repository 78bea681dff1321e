"""The coarse step of LLMLingua and LongLLMLingua: which passages stay in the running.

A passage is one part of the document (a record's document) with its title.
Passages are taken in the order of their rank until a budget somewhat above
the target is used; the one that overshoots it stays (budget controller, Jiang
et al. 2023, section 4.1).
"""

from __future__ import annotations

import dataclasses
import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import accumulate, groupby

import numpy as np

from ...llama.model import Ids
from ...llama.score import Scorer
from ...selection.prefix import Floats, Selection, Word, select_words
from ..base import Task
from ..extractive import by_segment

_SHORTEST, _LONGEST = 600, 1600  # characters of a passage cut out of a longer part


@dataclass(frozen=True, slots=True)
class Passage:
    """``text[start:end]``, which is the segments ``first:last``."""

    start: int
    end: int
    first: int
    last: int

    def of(self, text: str) -> str:
        return text[self.start : self.end]


def passages(task: Task, *, cut: bool = False) -> list[Passage]:
    """The parts of the document; with ``cut`` long ones in pieces of whole paragraphs.

    A model that ranks passages cannot tell two halves of a book apart.
    """
    out = []
    for _, group in groupby(range(len(task.segments)), key=lambda i: task.segments[i].part):
        inside = list(group)
        pieces = _paragraphs(task, inside) if cut else [inside]
        for piece in pieces:
            start, end = task.segments[piece[0]].start, task.segments[piece[-1]].core_end
            out.append(Passage(start, end, piece[0], piece[-1] + 1))
    return out


def _paragraphs(task: Task, inside: Sequence[int]) -> Iterator[list[int]]:
    """Runs of segments of 600 characters and more, cut where a paragraph ends if one does."""
    piece: list[int] = []
    for index in inside:
        segment = task.segments[index]
        if piece:
            size = segment.start - task.segments[piece[0]].start
            breaks = segment.is_title or segment.block != task.segments[index - 1].block
            whole = segment.core_end - task.segments[piece[0]].start
            if (breaks and size >= _SHORTEST) or whole > _LONGEST:
                yield piece
                piece = []
        piece.append(index)
    if piece:
        yield piece


def mean_nll(scorer: Scorer, texts: Sequence[str], advance: Callable[[float], None]) -> Floats:
    """NLL per token of each text on its own; short texts share a batch."""
    out = np.zeros(len(texts))
    short: list[tuple[int, Ids]] = []
    for index, text in enumerate(texts):
        ids = scorer.model.encode(text)
        if len(ids) <= 256:
            short.append((index, ids))
        else:
            out[index] = float(scorer.nll(ids).mean())
            advance(1)
    nothing = np.empty(0, np.int32)
    for at in range(0, len(short), 256):
        some = short[at : at + 256]
        losses = scorer.conditional([(nothing, ids) for _, ids in some])
        for (index, _), nll in zip(some, losses, strict=True):
            out[index] = float(nll.mean()) if len(nll) else 0.0
        advance(len(some))
    return out


def question_nll(
    scorer: Scorer, texts: Sequence[str], question: Ids, advance: Callable[[float], None]
) -> Floats:
    """NLL per token of the question given each text (LongLLMLingua, section 4.1)."""
    out = np.zeros(len(texts))
    for at in range(0, len(texts), 256):
        pairs = [(scorer.model.encode(t), question) for t in texts[at : at + 256]]
        losses = scorer.conditional(pairs)
        out[at : at + len(pairs)] = [float(x.mean()) if len(x) else 0.0 for x in losses]
        advance(len(pairs))
    return out


def shortened(ids: Ids, most: int = 256) -> Ids:
    """The beginning and the end of a question too long to stand before every passage."""
    if len(ids) <= most:
        return ids
    return np.concatenate((ids[: most // 2], ids[len(ids) - most // 2 :]))


_RUNGS = [2 ** (-k / 4) for k in range(24, -1, -1)]
"""Shares at which the text before a window is pruned: 1/64 ... 0.71, 0.84, 1.

A ladder rather than the exact share, so that neighbouring budgets prune alike."""

_UNPRUNED = 100  # tokens under which nothing stands before the last window
_MOST_PLANS = 4


class Coarse:
    """Passages by score, best first, and which of them a target lets in.

    ``budget`` is how many tokens of passages stay for a target; the passage
    that overshoots it stays too.
    """

    def __init__(
        self,
        task: Task,
        found: Sequence[Passage],
        scores: Floats,
        budget: Callable[[int], float],
    ) -> None:
        self.task, self.found = task, found
        self.scores = scores
        self.ranking = sorted(range(len(found)), key=lambda i: (-scores[i], i))
        sizes = (task.tokenizer.count(found[i].of(task.text)) for i in self.ranking)
        self._used = list(accumulate(sizes))
        self._budget = budget

    def plan(self, target: int) -> tuple[int, float]:
        """How many passages stay for ``target`` tokens, and the share their words are cut to."""
        kept = min(len(self.found), bisect_right(self._used, self._budget(target)) + 1)
        total = self._used[kept - 1] if kept else 0
        if total <= _UNPRUNED:
            return kept, 1.0
        rung = bisect_left(_RUNGS, target / total)
        return kept, _RUNGS[min(rung, len(_RUNGS) - 1)]

    def for_task(self, task: Task) -> Coarse:
        """The same ranking for another target."""
        other = copy(self)
        other.task = task
        return other

    def documents(self) -> Selection:
        """Whole passages by score."""
        return by_segment(self.task, self._spread(len(self.found)).tolist())

    def sentences(self, scores: Floats) -> Selection:
        """Whole segments by score, of the passages that stay."""

        def select(kept: int, _: float, target: int) -> Selection:
            inside = np.isfinite(self._spread(kept))
            task = dataclasses.replace(self.task, target=target, quiet=target < self.task.target)
            return by_segment(task, np.where(inside, scores, -math.inf).tolist())

        return self.steady(select)

    def words(self, words: Callable[[int, float], list[Word]]) -> Selection:
        """Words by priority; ``words(kept, share)`` are those of the passages that stay."""

        def select(kept: int, share: float, target: int) -> Selection:
            task = dataclasses.replace(self.task, target=target, quiet=target < self.task.target)
            return select_words(task.fit(speakers=False), task.segments, words(kept, share))

        return self.steady(select)

    def steady(self, select: Callable[[int, float, int], Selection]) -> Selection:
        """What the target selects, or what a smaller target makes of more tokens.

        Where a larger budget lets one more passage in, or cuts less severely,
        other words are kept and a token or two may be left over. More budget
        shall never mean less text.
        """
        count, target = self.task.tokenizer.count, self.task.target
        best = select(*self.plan(target), target)
        most, tried = count(best.text), 0
        for smaller in range(target - 1, 0, -1):
            if smaller <= most or tried == _MOST_PLANS:
                break
            if self.plan(smaller) == self.plan(smaller + 1):
                continue
            tried += 1
            other = select(*self.plan(smaller), smaller)
            if (tokens := count(other.text)) > most:
                best, most = other, tokens
        return best

    def _spread(self, kept: int) -> Floats:
        """Each segment with the score of its passage; -inf for those of passages that go."""
        out = np.full(len(self.task.segments), -math.inf)
        for index in self.ranking[:kept]:
            passage = self.found[index]
            out[passage.first : passage.last] = self.scores[index]
        return out
