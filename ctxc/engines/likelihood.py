"""``likelihood``: segments ranked by the language model's log-probability of the question.

LongLLMLingua's question-aware measure (Jiang et al. 2024, section 4.1) on
sentences instead of documents: mean log p(question | title + sentence).
"""

from __future__ import annotations

import numpy as np

from ..runtime import Runtime
from ..selection import Selection
from .base import Task
from .extract import by_segment, contexts

# LongLLMLingua's restrictive statement: what makes the model attribute the
# question to the text rather than continue it (ablation in its table 4).
RESTRICTION = " We can get the answer to this question in the given documents."


class LikelihoodEngine:
    name = "likelihood"
    needs_question = True

    def compress(self, task: Task, runtime: Runtime) -> Selection:
        scorer = runtime.scorer()
        question = scorer.model.encode("\nQuestion: " + (task.question or "").strip())
        texts = contexts(task)
        task.progress.start("weighing sentences by the question", len(texts))
        scores = np.empty(len(texts))
        for at in range(0, len(texts), 256):  # bounded memory on long documents
            pairs = [(scorer.model.encode(t), question) for t in texts[at : at + 256]]
            losses = scorer.conditional(pairs)
            scores[at : at + len(pairs)] = [-float(x.mean()) if len(x) else 0.0 for x in losses]
            task.progress.advance(len(pairs))
        return by_segment(task, scores)
