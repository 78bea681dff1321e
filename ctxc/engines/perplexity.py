"""``perplexity``: without a question, the words that carry information are kept.

A word's information is its own NLL under the language model (Selective
Context, Li et al. 2023, section 3), summed over the tokens whose bytes it
holds. LLMLingua's published code keeps a token when its *successor* is
surprising; this does not.
"""

from __future__ import annotations

import numpy as np

from ..runtime import Runtime
from ..selection import Piece, Selection, Word, select_words
from .base import Task
from .extract import by_segment
from .information import Information, information
from .wording import groups


class PerplexityEngine:
    name = "perplexity"
    needs_question = False

    def compress(self, task: Task, runtime: Runtime) -> Selection:
        known = information(task, runtime.scorer())
        if task.level != "word":
            return by_segment(task, [_density(task, known, i) for i in range(len(task.segments))])
        return select_words(task.fit(), task.segments, _words(task, known))


def _density(task: Task, known: Information, index: int) -> float:
    """Nats per word of a segment: what it says for the room it takes."""
    segment = task.segments[index]
    count = len(segment.core(task.text).split()) or 1
    return known.of(segment.start, segment.core_end) / count


def _words(task: Task, known: Information) -> list[Word]:
    """All pieces of the text: words of prose, and whole segments of everything else."""
    out = []
    for index, segment in enumerate(task.segments):
        if not segment.prunable:
            score = _density(task, known, index)
            out.append(Word(Piece(segment.start, segment.core_end, score), index, True))
            continue
        found = groups(task.text, segment, task.protect)
        nats = known.of_many(
            np.array([s.start for s, _ in found], np.int64),
            np.array([s.end for s, _ in found], np.int64),
        )
        out += [
            Word(Piece(span.start, span.end, float(n)), index, fixed)
            for (span, fixed), n in zip(found, nats, strict=True)
        ]
    return out
