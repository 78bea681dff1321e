"""``encoder``: sentences ranked by how near they are to the question, by a small encoder."""

from __future__ import annotations

import numpy as np

from ..runtime import Runtime
from ..selection import Selection
from .base import Task
from .extract import by_segment, contexts


class EncoderEngine:
    """cosine(question, title + sentence) + 0.5 cosine(question, title + whole part)."""

    name = "encoder"
    needs_question = True

    def compress(self, task: Task, runtime: Runtime) -> Selection:
        encoder = runtime.encoder()
        texts = contexts(task)
        task.progress.start("comparing sentences with the question", len(texts) + 1)
        question = encoder.embed([task.question or ""])[0]
        sentences = encoder.embed(texts, task.progress.advance)
        scores = sentences @ question
        parts = np.array([s.part for s in task.segments])
        for part in np.unique(parts):
            inside = parts == part
            mean = sentences[inside].mean(axis=0)
            norm = float(np.linalg.norm(mean))
            scores[inside] += 0.5 * float(mean @ question) / norm if norm else 0.0
        return by_segment(task, scores)
