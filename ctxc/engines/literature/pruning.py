"""Iterative token pruning (ITPC) of LLMLingua and LongLLMLingua, on whole words.

The text is scored window by window, each given what was kept of the windows
before it (Jiang et al. 2023, section 4.2). With a question the score is
contrastive: how much the question tells about a word (Jiang et al. 2024,
equation 4). A window keeps the words above its quantile; a word's priority is
its place in that order, moved by its passage's bonus (dynamic ratio), so that
one threshold over all priorities is every window's own quantile.

Differs from the published code, which ``published`` reproduces: a word is
judged by its own surprise, not its successor's; a window's quantile is taken
over that window alone; all windows are pruned, the last one too; words stay
whole, and protected ones stay with their sentence.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from ...llama.incremental import Past
from ...llama.model import Ids
from ...selection.prefix import Floats, Word
from ...selection.render import Piece
from ..base import Task
from .alignment import Stretch, spread

WINDOW = 200  # tokens; the published default
_HISTORY = 256  # tokens of kept text that a full context begins anew with


class Pruner:
    """Scores a stretch window by window; ``question`` (tokens) makes the scores contrastive."""

    def __init__(self, past: Past, question: Ids | None = None) -> None:
        start = np.array([past.model.start_token], np.int32)
        self._past = past
        self._heads = [start]
        if question is not None:
            self._heads.append(np.concatenate((start, question)).astype(np.int32))
        self._history: list[int] = []
        self._pending = np.empty(0, np.int32)
        for sequence, head in enumerate(self._heads):
            past.begin(head, sequence)

    def scores(self, window: Ids) -> Floats:
        """Per token of ``window``: NLL, or with a question how much lower it makes that."""
        losses = [self._losses(window, sequence) for sequence in range(len(self._heads))]
        if len(losses) == 1:
            return losses[0].astype(np.float64)
        gain: Floats = losses[0].astype(np.float64) - losses[1]
        return gain

    def _losses(self, window: Ids, sequence: int) -> np.ndarray:
        past, head = self._past, self._heads[sequence]
        line = np.concatenate((self._pending, window)).astype(np.int32)
        size = past.size(sequence)
        if size + len(line) > past.length:
            line = np.concatenate((self._history[-_HISTORY:], window)).astype(np.int32)
            past.begin(head, sequence)
            size = len(head)
        nll = past.append(line, sequence, scored=len(window))
        past.cut(size + len(line) - len(window), sequence)
        return nll

    def keep(self, ids: Ids) -> None:
        """What is kept of the window just scored: the next one is read after it."""
        self._pending = ids
        self._history = [*self._history, *(int(i) for i in ids)][-_HISTORY:]


def priorities(
    text: Stretch, pruner: Pruner, rate: float, bonus: Sequence[float], task: Task
) -> Floats:
    """A priority for each word of ``text``: above ``1 - rate`` means kept at ``rate``."""
    total = len(text.ids)
    out = np.full(len(text.spans), -math.inf)
    nats, tokens = np.zeros(len(text.spans)), np.zeros(len(text.spans))
    extra = np.asarray(bonus, np.float64)[text.passage] if len(text.spans) else np.zeros(0)
    count = -(-total // WINDOW)
    word_of = np.searchsorted(text.ends, text.offsets[:-1], side="right")
    task.progress.start("pruning", total)
    for number in range(count):
        a, b = total * number // count, total * (number + 1) // count
        scores = pruner.scores(text.ids[a:b])
        first, last = spread(text, a, b, scores, nats, tokens)
        here = slice(first, last)
        out[here] = 1.0 - _places(nats[here], tokens[here]) + extra[here]
        kept = _kept(text, here, out[here] > 1.0 - rate)
        keep = np.zeros(b - a, bool)
        inside = (word_of[a:b] >= first) & (word_of[a:b] < last)
        keep[inside] = kept[word_of[a:b][inside] - first]
        pruner.keep(text.ids[a:b][keep])
        task.progress.advance(b - a)
    return out


def _places(nats: Floats, tokens: Floats) -> Floats:
    """The share of a window's tokens in words that say more: 0 for the most telling word."""
    order = np.argsort(-nats, kind="stable")
    before = np.cumsum(tokens[order]) - tokens[order] / 2
    places = np.empty(len(nats))
    places[order] = before / max(float(tokens.sum()), 1e-9)
    return places


def _kept(text: Stretch, here: slice, above: np.ndarray) -> np.ndarray:
    """``above``, with the protected words of a segment of which anything is kept."""
    segments = text.owner[here]
    some = np.isin(segments, segments[above])
    return above | (text.fixed[here] & some)


def as_words(task: Task, text: Stretch, priority: Floats) -> list[Word]:
    """For ``selection.select_words``: words of prose, everything else as whole segments.

    Titles and headers above what survived come along, wherever they stand.
    """
    out = []
    for index in np.unique(text.owner):
        segment = task.segments[index]
        inside = slice(*np.searchsorted(text.owner, (index, index + 1)))
        if not segment.prunable:
            score = float(priority[inside].mean())
            out.append(Word(Piece(segment.start, segment.core_end, score), int(index), True))
            continue
        out += [
            Word(Piece(span.start, span.end, float(p)), int(index), bool(fixed))
            for span, p, fixed in zip(
                text.spans[inside], priority[inside], text.fixed[inside], strict=True
            )
        ]
    return sorted([*out, *_parents(task, text)], key=lambda w: w.piece.start)


def _parents(task: Task, text: Stretch) -> Iterator[Word]:
    there = {int(i) for i in np.unique(text.owner)}
    todo = list(there)
    while todo:
        segment = task.segments[todo.pop()]
        for parent in (segment.needs, segment.heading, *segment.refers):
            if parent >= 0 and parent not in there:
                there.add(parent)
                todo.append(parent)
                above = task.segments[parent]
                yield Word(Piece(above.start, above.core_end, -math.inf), parent, True)
