"""``lexical``: the question's words decide, or what the text itself says most about.

No model is opened; milliseconds a document.
"""

from __future__ import annotations

import numpy as np

from ..llama.runtime import Runtime
from ..selection.prefix import Selection
from .base import Task
from .bearing import WORDS, bearing, only_bearing
from .extractive import by_segment, titles
from .lexical import lexical_scores
from .redundancy import by_standing
from .relevance import Segments, lexical_priorities
from .unit_ranking import by_units


class LexicalEngine:
    """BM25F with small terms (``lexical``); in transcripts, the stretch around a hit counts.

    Without a question, sentences by what they add to each other (``salient``).
    """

    name = "lexical"
    needs_question = False

    def compress(self, task: Task, runtime: Runtime) -> Selection:
        if task.has_units:
            return by_units(task)
        if not task.question:
            return by_standing(task)
        texts = [s.core(task.text) for s in task.segments]
        scores = np.array(lexical_scores(task.question, texts, *titles(task)))
        known = Segments(
            parts=np.array([s.part for s in task.segments], np.int64),
            turns=np.array([s.kind == "turn" for s in task.segments], np.bool_),
            tokens=np.array([max(1, len(text) / 4.3) for text in texts]),
            expected=np.zeros(len(texts), np.bool_),
            lexical=scores,
        )
        priority = lexical_priorities(known)
        if task.keep:
            inside = np.array([not s.is_title for s in task.segments], np.bool_)
            bears = bearing(WORDS, scores) & inside
            priority = only_bearing(priority, bears, task.document.source)
        return by_segment(task, priority)
