"""``selective-context``: the units of a text that carry the least information are left out.

Li et al. 2023 (EMNLP): the self-information of a unit is the mean of its
tokens'; units are sentences, phrases or tokens. Here a unit is a part, a
sentence or a phrase, by ``--level``. Phrases are found without a parser: the
words a sentence is glued together with begin one, the words behind them belong
to it (chinks and chunks, Liberman and Church 1992), and punctuation ends it.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from ...llama.runtime import Runtime
from ...selection.prefix import Floats, Selection, Word, select_words
from ...selection.render import Piece
from ...text.word_classes import is_function_word
from ..base import Task
from ..extractive import by_segment
from .alignment import Stretch, spread, stretch
from .coarse import passages

_LONGEST = 5  # words in a phrase
_ENDS = frozenset(".,;:!?)]}\"'»”’…。，；：！？、」』）")


class SelectiveContextEngine:
    name = "selective-context"
    needs_question = False

    def compress(self, task: Task, runtime: Runtime) -> Selection:
        scorer = runtime.scorer()
        text = stretch(task, scorer.model, passages(task))
        task.progress.start("scoring", len(text.ids))
        scores = scorer.nll(text.ids, task.progress.advance)
        nats, tokens = np.zeros(len(text.spans)), np.zeros(len(text.spans))
        if len(text.ids):
            spread(text, 0, len(text.ids), scores.astype(np.float64), nats, tokens)
        if task.level != "word":
            density = _means(nats, tokens, text.owner, len(task.segments))
            return by_segment(task, density.tolist())
        units = _units(task, text)
        means = _means(nats, tokens, units, int(units[-1]) + 1 if len(units) else 0)
        words = _words(task, text, units, means)
        return select_words(task.fit(speakers=False), task.segments, words)


def _means(nats: Floats, tokens: Floats, units: np.ndarray, count: int) -> Floats:
    """Nats per token of each unit; ``units`` names the unit of each word."""
    total = np.bincount(units, nats, count)
    return total / np.maximum(np.bincount(units, tokens, count), 1e-9)


def _units(task: Task, text: Stretch) -> np.ndarray:
    """The phrase each word belongs to, numbered in reading order."""
    out = np.zeros(len(text.spans), np.int64)
    unit, length, content = -1, 0, False
    for index, span in enumerate(text.spans):
        word = span.of(task.text)
        glue = is_function_word(word)
        before = text.spans[index - 1].of(task.text) if index else ""
        breaks = (
            index == 0
            or text.owner[index] != text.owner[index - 1]
            or text.fixed[index] != text.fixed[index - 1]
            or length == _LONGEST
            or before[-1:] in _ENDS
            or (glue and content)
        )
        if breaks and not _whole(task, text, index):
            unit, length, content = unit + 1, 0, False
        length, content = length + 1, content or not glue
        out[index] = unit
    return out


def _whole(task: Task, text: Stretch, index: int) -> bool:
    """Whether the word continues a segment that is kept or dropped whole."""
    owner = text.owner[index]
    return index > 0 and owner == text.owner[index - 1] and not task.segments[owner].prunable


def _words(task: Task, text: Stretch, units: np.ndarray, means: Floats) -> list[Word]:
    out = []
    for first, last in _runs(units):
        owner = int(text.owner[first])
        segment = task.segments[owner]
        start, end = text.spans[first].start, text.spans[last - 1].end
        if not segment.prunable:
            start, end = segment.start, segment.core_end
        piece = Piece(start, end, float(means[units[first]]))
        out.append(Word(piece, owner, bool(text.fixed[first])))
    return out


def _runs(units: np.ndarray) -> list[tuple[int, int]]:
    cuts = [0, *(np.flatnonzero(np.diff(units)) + 1).tolist(), len(units)]
    return list(pairwise(cuts)) if len(units) else []
