"""``perplexity``: without a question, the words that carry information are kept.

A word's information is its own NLL under the language model (Selective
Context, Li et al. 2023, section 3) for each token it takes, by the bytes that
word and tokens share. LLMLingua's published code keeps a token when its
*successor* is surprising; this does not.
"""

from __future__ import annotations

import numpy as np

from ..llama.runtime import Runtime
from ..selection.prefix import Selection, Word, select_words
from ..selection.render import Piece
from ..text.word_classes import groups
from .base import Task
from .extractive import by_segment
from .surprisal import Information, information


class PerplexityEngine:
    name = "perplexity"
    needs_question = False

    def compress(self, task: Task, runtime: Runtime) -> Selection:
        known = information(task, runtime.scorer())
        if task.level != "word":
            starts = np.array([s.start for s in task.segments], np.int64)
            ends = np.array([s.core_end for s in task.segments], np.int64)
            return by_segment(task, known.density(starts, ends))
        return select_words(task.fit(speakers=False), task.segments, information_words(task, known))


def information_words(task: Task, known: Information) -> list[Word]:
    """All pieces of the text: words of prose, and whole segments of everything else."""
    spans: list[tuple[int, int, int, bool]] = []
    for index, segment in enumerate(task.segments):
        if segment.prunable:
            found = groups(task.text, segment, task.protect)
            spans += [(span.start, span.end, index, fixed) for span, fixed in found]
        else:
            spans.append((segment.start, segment.core_end, index, True))
    starts, ends = (np.array([s[i] for s in spans], np.int64) for i in (0, 1))
    return [
        Word(Piece(start, end, float(score)), index, fixed)
        for (start, end, index, fixed), score in zip(
            spans, known.density(starts, ends), strict=True
        )
    ]
