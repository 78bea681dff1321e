"""``longllmlingua``: what the question tells about the text decides what is kept.

Jiang et al. 2024 (LongLLMLingua, ACL): documents are ranked by the NLL of the
question behind them; words by how much the question lowers their NLL, the
better documents pruned less (dynamic ratio).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from ...llama.model import Ids, Model
from ...llama.runtime import Runtime
from ...selection.prefix import Selection, Word
from ..base import Task
from ..likelihood import RESTRICTION
from .alignment import stretch
from .coarse import Coarse, passages, question_nll, shortened
from .ordering import in_order
from .pruning import Pruner, as_words, priorities

_SPARE = 100  # tokens of passages above the target
_DYNAMIC = 0.3  # how much more of the best passage is kept than of the middle one


class LongLLMLinguaEngine:
    name = "longllmlingua"
    needs_question = True

    def compress(self, task: Task, runtime: Runtime) -> Selection:
        coarse = self._coarse(task, runtime)
        return in_order(task, coarse.found, coarse.ranking, self._selector(runtime, coarse))

    def _coarse(self, task: Task, runtime: Runtime) -> Coarse:
        scorer = runtime.scorer()
        found = passages(task, cut=True)
        task.progress.start("ranking documents by the question", len(found))
        question = _tokens(scorer.model, "\n" + (task.question or "") + RESTRICTION)
        texts = [p.of(task.text) for p in found]
        losses = question_nll(scorer, texts, question, task.progress.advance)
        return Coarse(task, found, -losses, lambda target: target + _SPARE)

    def _selector(self, runtime: Runtime, coarse: Coarse) -> Callable[[Task], Selection]:
        """What selects for a target; the model is asked once for each set of passages."""
        task = coarse.task
        if task.level == "document":
            return lambda wanted: coarse.for_task(wanted).documents()
        if task.level == "sentence":
            scorer = runtime.scorer()
            texts = [s.core(task.text) for s in task.segments]
            task.progress.start("weighing sentences by the question", len(texts))
            question = _tokens(scorer.model, "\n" + (task.question or "") + RESTRICTION)
            scores = -question_nll(scorer, texts, question, task.progress.advance)
            return lambda wanted: coarse.for_task(wanted).sentences(scores)
        past = runtime.past()
        question = _tokens(past.model, (task.question or "") + "\n\n")

        @lru_cache(maxsize=2)
        def words(kept: int, share: float) -> list[Word]:
            best = coarse.ranking[:kept]
            bonus = dict(zip(best, dynamic_ratio(kept, _DYNAMIC), strict=True))
            inside = sorted(best)
            text = stretch(task, past.model, [coarse.found[i] for i in inside])
            extra = [bonus[i] for i in inside]
            return as_words(
                task, text, priorities(text, Pruner(past, question), share, extra, task)
            )

        return lambda wanted: coarse.for_task(wanted).words(words)


def dynamic_ratio(count: int, most: float) -> list[float]:
    """What each passage by rank keeps more or less than the mean (equation 5).

    >>> dynamic_ratio(3, 0.3)
    [0.3, 0.0, -0.3]
    """
    if count < 2:
        return [0.0] * count
    return [most * (count - 1 - 2 * k) / (count - 1) for k in range(count)]


def _tokens(model: Model, text: str) -> Ids:
    return shortened(model.encode(text))
