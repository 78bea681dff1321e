"""``information``: without a question, the telling words of the sentences that say most.

Sentences stand by what they add to each other (``salient``), a word a little
before or behind its sentence by its own information: nats per token under the
language model, given the sentences that are in the running with it. Words that
a telegram would leave out stand far behind. Where only whole sentences or
documents may be chosen, they stand by their information alone.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..llama.runtime import Runtime
from ..selection.prefix import Floats, Selection, Word, select_words
from .base import Task
from .extractive import by_segment, shortlist
from .redundancy import REACH, shortlisted_words, standard, standings
from .relevance import Flags
from .surprisal import Information, information

WORD = 0.1
"""What a standard deviation of a word's information is worth in those of the standings."""


class InformationEngine:
    name = "information"
    needs_question = False

    def compress(self, task: Task, runtime: Runtime) -> Selection:
        if task.level != "word":
            known = information(task, runtime.scorer())
            return by_segment(task, _by_sentence(task, known))
        standing = standings(task)
        inside = shortlist(task, standing, REACH)
        known = information(task, runtime.scorer(), inside)
        words = _by_information(task, known, inside, shortlisted_words(task, standing, inside))
        return select_words(task.fit(), task.segments, words)


def _by_information(task: Task, known: Information, inside: Flags, words: list[Word]) -> list[Word]:
    """The words of the segments ``inside``, moved by their own information."""
    at = [i for i, word in enumerate(words) if inside[word.segment] and not word.fixed]
    starts, ends = (
        np.array([getattr(words[i].piece, edge) for i in at], np.int64) for edge in ("start", "end")
    )
    out = list(words)
    for i, own in zip(at, standard(known.density(starts, ends)), strict=True):
        piece = words[i].piece
        out[i] = replace(words[i], piece=replace(piece, score=piece.score + WORD * float(own)))
    return out


def _by_sentence(task: Task, known: Information) -> Floats:
    """Nats over the square root of its words: neither the longest nor the shortest."""
    nats = np.array([known.of(s.start, s.core_end) for s in task.segments])
    words = np.array([len(s.core(task.text).split()) for s in task.segments])
    density: Floats = nats / np.sqrt(np.maximum(words, 1))
    return density
