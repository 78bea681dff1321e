"""``llmlingua``: budget controller and iterative token pruning, without a question.

Jiang et al. 2023 (LLMLingua, EMNLP): documents are ranked by their mean NLL,
the most informative first, and stay up to twice the budget; their words are
then pruned window by window.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ...llama.runtime import Runtime
from ...selection.prefix import Selection, Word
from ..base import Task
from .alignment import stretch
from .coarse import Coarse, mean_nll, passages
from .pruning import Pruner, as_words, priorities

_COARSE = 2.0  # the coarse budget over the target: the paper's granular control, section 5.1


class LLMLinguaEngine:
    name = "llmlingua"
    needs_question = False

    def compress(self, task: Task, runtime: Runtime) -> Selection:
        coarse = self._coarse(task, runtime)
        if task.level == "document":
            return coarse.documents()
        if task.level == "sentence":
            texts = [s.core(task.text) for s in task.segments]
            task.progress.start("weighing sentences", len(texts))
            return coarse.sentences(mean_nll(runtime.scorer(), texts, task.progress.advance))
        past = runtime.past()

        @lru_cache(maxsize=2)
        def words(kept: int, share: float) -> list[Word]:
            chosen = [coarse.found[i] for i in sorted(coarse.ranking[:kept])]
            text = stretch(task, past.model, chosen)
            bonus = [0.0] * len(chosen)
            return as_words(task, text, priorities(text, Pruner(past), share, bonus, task))

        return coarse.words(words)

    def _coarse(self, task: Task, runtime: Runtime) -> Coarse:
        found = passages(task)
        scores = np.zeros(len(found))
        if len(found) > 1:
            task.progress.start("ranking documents", len(found))
            texts = [p.of(task.text) for p in found]
            scores = mean_nll(runtime.scorer(), texts, task.progress.advance)
        return Coarse(task, found, scores, lambda target: _COARSE * target)
