"""How much each segment bears on a question, by the sentence encoder."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..engines.base import Task
from ..engines.extract import contexts
from ..runtime import Runtime

_STRETCH = 15  # sentences: in a conversation relevance is a stretch, not a sentence


def relevance(task: Task, runtime: Runtime) -> npt.NDArray[np.float64]:
    """cosine(question, title + sentence) + 0.5 cosine(question, whole part), ``(segments,)``.

    Where there is one part and it is long, twice the mean over 15 neighbouring
    sentences stands for the part.
    """
    encoder = runtime.encoder()
    texts = contexts(task)
    task.progress.start("comparing sentences with the question", len(texts) + 1)
    question = encoder.embed([task.question or ""])[0]
    vectors = encoder.embed(texts, task.progress.advance)
    scores = (vectors @ question).astype(np.float64)
    own = scores.copy()
    parts = np.array([s.part for s in task.segments])
    for part in np.unique(parts):
        inside = np.flatnonzero(parts == part)
        if len(inside) > 4 * _STRETCH:
            kernel = np.ones(_STRETCH)
            near = np.convolve(own[inside], kernel, "same")
            near /= np.convolve(np.ones(len(inside)), kernel, "same")
            scores[inside] += 2.0 * near
            continue
        mean = vectors[inside].mean(axis=0)
        norm = float(np.linalg.norm(mean))
        scores[inside] += 0.5 * float(mean @ question) / norm if norm else 0.0
    return scores
