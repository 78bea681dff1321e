"""``encoder``: what is nearest to the question, by a small sentence encoder.

Sentences are compared with the question behind their title or heading, and
ranked with their surroundings and a little lexical evidence (``relevance``).
The encoder ships with this package and runs on llama.cpp.
"""

from __future__ import annotations

import numpy as np

from ..runtime import Runtime
from ..selection import Floats, Selection
from .asking import Asking, speakers, topic
from .base import Task
from .extract import by_clause, contexts, titles
from .lexical import lexical_scores
from .relevance import Segments, cosines, priorities


class EncoderEngine:
    name = "encoder"
    needs_question = True

    def compress(self, task: Task, runtime: Runtime) -> Selection:
        return by_clause(task, question_priorities(task, runtime))


def question_priorities(task: Task, runtime: Runtime) -> Floats:
    """The priority of each segment for the task's question, ``(n,)``."""
    question = task.question or ""
    texts = [s.core(task.text) for s in task.segments]
    turns = np.array([s.kind == "turn" for s in task.segments], np.bool_)
    about = topic(question, speakers(_turn_starts(task))) if turns.any() else question
    encoder = runtime.encoder()
    inputs = contexts(task)
    task.progress.start("comparing sentences with the question", len(inputs))
    asked = encoder.embed([question, about])
    rows = encoder.embed(inputs, task.progress.advance)
    asking = Asking.of(question)
    known = Segments(
        parts=np.array([s.part for s in task.segments], np.int64),
        turns=turns,
        tokens=np.array([max(1, len(text) / 4.3) for text in texts]),
        expected=np.array([asking.met_by(text) for text in texts], np.bool_),
        lexical=np.array(lexical_scores(question, texts, *titles(task))),
    )
    return priorities(cosines(asked[0], rows), cosines(asked[1], rows), known)


def _turn_starts(task: Task) -> list[str]:
    """The first sentence of each turn: it carries the speaker's name."""
    starts, block = [], -1
    for segment in task.segments:
        if segment.kind == "turn" and segment.block != block:
            starts.append(segment.core(task.text)[:64])
        block = segment.block
    return starts
