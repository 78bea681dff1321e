"""``encoder``: what is nearest to the question, by a small sentence encoder.

Sentences are compared with the question behind their title or heading, and
ranked with their surroundings and a little lexical evidence (``relevance``).
The encoder ships with this package and runs on llama.cpp.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..llama.embedder import Vectors
from ..llama.runtime import Runtime
from ..models.encoders import BUILTIN
from ..selection.prefix import Floats, Selection
from ..text.question import Asking, speakers, topic
from .base import Task
from .bearing import bearing, only_bearing
from .extractive import by_segment, contexts, titles
from .fusion import fused, standardised
from .languages import encoder_or_builtin
from .lexical import lexical_scores
from .redundancy import standard
from .relevance import Flags, Ints, Segments, bandwidths, cosines, priorities, surroundings
from .unit_ranking import by_units

MOST_EMBEDDED = 4096
"""Segments of one document that the encoder reads: some 120,000 tokens."""


_MEAN, _SPREAD = 0.31, 0.15
"""Of the cosines of all-MiniLM-L6-v2 with a question, in texts that answer it somewhere."""


class EncoderEngine:
    name = "encoder"
    needs_question = True

    def compress(self, task: Task, runtime: Runtime) -> Selection:
        priority = question_priorities(task, runtime)
        return by_units(task, priority) if task.has_units else by_segment(task, priority)


def question_priorities(task: Task, runtime: Runtime) -> Floats:
    """The priority of each segment for the task's question, ``(n,)``.

    -inf for what does not bear on it, where the task keeps only what does. Raises InputError
    (kind ``irrelevant``) where nothing does.
    """
    question = task.question or ""
    texts = [s.core(task.text) for s in task.segments]
    turns = np.array([s.kind == "turn" for s in task.segments], np.bool_)
    about = topic(question, speakers(_turn_starts(task))) if turns.any() else question
    evidence = np.array(lexical_scores(question, texts, *titles(task)))
    asking = Asking.of(question)
    known = Segments(
        parts=np.array([s.part for s in task.segments], np.int64),
        turns=turns,
        # A title is kept for what is under it: it does not weigh in the surroundings either.
        tokens=np.array(
            [
                0.0 if s.is_title else max(1, len(t) / 4.3)
                for s, t in zip(task.segments, texts, strict=True)
            ]
        ),
        expected=np.array([asking.met_by(text) for text in texts], np.bool_),
        lexical=evidence,
    )
    compared = _compared(task, runtime, (question, about), evidence, known)
    priority = _priorities(task, compared, known, texts)
    if not task.keep or task.has_units:
        return priority
    bears = bearing(compared.encoder, evidence, compared.similarity(0)) & ~_titles(task)
    return only_bearing(priority, bears, task.document.source)


def _titles(task: Task) -> Flags:
    return np.array([s.is_title for s in task.segments], np.bool_)


def _priorities(task: Task, compared: _Compared, known: Segments, texts: list[str]) -> Floats:
    turns = known.turns
    if _are_passages(task) and not turns.any():
        return _fused(task, compared, known, texts)
    if compared.encoder == BUILTIN:
        return priorities(compared.similarity(0), compared.similarity(1), known)
    near, near_topic = map(_rescaled, (compared.similarity(0), compared.similarity(1)))
    if turns.any():
        return priorities(near, near_topic, known)
    around = surroundings(near, known.parts, known.tokens, bandwidths(known))
    return standardised(near, around, known.lexical)


def _rescaled(similarity: Floats) -> Floats:
    """Cosines of any encoder on the scale of the one that ``relevance`` was tuned with."""
    result: Floats = _MEAN + _SPREAD * standard(similarity)
    return result


def _are_passages(task: Task) -> bool:
    """Whether the text is several documents, as retrieval gives them: titled, or none is."""
    parts = task.document.parts
    titled = sum(s.kind == "title" for s in task.segments)
    return titled >= 2 or (len(parts) > 1 and not any(part.title for part in parts))


def _fused(task: Task, compared: _Compared, known: Segments, texts: list[str]) -> Floats:
    """``fusion.fused`` of several passages, as retrieval gives them.

    Titles rank last: they come with what they need.
    """
    near = compared.similarity(0)
    inside = np.array([i for i, s in enumerate(task.segments) if not s.is_title], np.int64)
    names = {s.part: s.core(task.text) for s in task.segments if s.kind == "title"}
    out = np.full(len(near), float(near.min()) if len(near) else 0.0)
    some = [texts[i] for i in inside]
    out[inside] = fused(
        near[inside],
        known.lexical[inside],
        known.parts[inside],
        names,
        task.question or "",
        some,
        known.expected[inside],
    )
    return out


@dataclass(frozen=True, slots=True)
class _Compared:
    """Vectors of two questions, ``(2, d)``, and of the ``chosen`` of ``n`` segments."""

    asked: Vectors
    rows: Vectors
    chosen: Ints
    evidence: Floats
    encoder: str

    def similarity(self, which: int) -> Floats:
        """The cosine of a question with each segment, ``(n,)``."""
        return _behind(cosines(self.asked[which], self.rows), self.chosen, self.evidence)


def _compared(
    task: Task, runtime: Runtime, questions: tuple[str, str], evidence: Floats, known: Segments
) -> _Compared:
    """The vectors of the questions and of the segments but titles.

    Of a long document only the lexically most promising segments, and what
    stands around them, are embedded; the others follow behind these in the
    order of their lexical evidence.
    """
    inputs = contexts(task)
    chosen = np.array([i for i, s in enumerate(task.segments) if not s.is_title], np.int64)
    if len(chosen) > MOST_EMBEDDED:
        around = surroundings(known.lexical, known.parts, known.tokens, bandwidths(known))
        best = np.argsort(-(known.lexical + around)[chosen], kind="stable")[:MOST_EMBEDDED]
        chosen = np.sort(chosen[best])
    embedder = runtime.embedder(encoder_or_builtin(questions[0], task.text, runtime))
    task.progress.start("comparing sentences with the question", len(chosen))
    asked = embedder.questions(questions)
    rows = embedder.texts([inputs[i] for i in chosen], task.progress.advance)
    return _Compared(asked, rows, chosen, evidence, embedder.name)


def _behind(near: Floats, chosen: Ints, evidence: Floats) -> Floats:
    """``near`` for the chosen segments; for the others less than any of it, by evidence."""
    if not len(near):
        return evidence
    most = max(float(evidence.max()), 1e-9)
    out = float(near.min()) - 0.2 + 0.2 * np.maximum(evidence, 0) / most
    out[chosen] = near
    return out


def _turn_starts(task: Task) -> list[str]:
    """The first sentence of each turn: it carries the speaker's name."""
    starts, block = [], -1
    for segment in task.segments:
        if segment.kind == "turn" and segment.block != block:
            starts.append(segment.core(task.text)[:64])
        block = segment.block
    return starts
