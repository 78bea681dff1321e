"""Without a question: how a sentence stands among the others of its text, and which words it needs.

A sentence counts for what it adds to those above it (``distill.salience``: the
text's telling words, figures, names, conditions and negations, for their
length). Words that say little stand behind the others. No model is
opened; ``telling`` adds what a language model knows about the words.

Telling words of reference summaries and answers that are kept, six meetings of
QMSum's validation set at 4x, 8x and 16x: by whole sentences in this order 0.79,
0.62, 0.44; without their empty words 0.93, 0.72, 0.56 (three meetings tuned on
0.91, 0.69, 0.51, the others 0.95, 0.76, 0.60; the speakers' names take 0.01 to
0.02 of it); with a language model's word on each word (``telling``) 0.93, 0.74,
0.55; sentences by their information under that model 0.71, 0.51, 0.30; chance
0.61, 0.44, 0.31. Answers of 120 questions over ten passages kept without
knowing the question, 2x and 4x: 0.79 and 0.44, with the model 0.81 and 0.48,
chance 0.62 and 0.40.
"""

from __future__ import annotations

import numpy as np

from ..document import Span
from ..selection.prefix import Floats, Selection, Word
from ..selection.render import Piece
from ..text.salience import Line, rank, read
from ..text.segment.prose import label_length
from ..text.word_classes import empty_words, groups, is_binding_word
from .base import Task
from .extractive import by_segment
from .relevance import Flags

EMPTY_WORD = 1.0
"""How far an empty word (``wording``) stands behind its sentence, in standard deviations.

0.25 keeps more of them and less of everything else; above 1 nothing changes."""

REACH = 2.0
"""Budgets of sentences that are looked at word by word: what is left of them fills one."""


def standings(task: Task) -> Floats:
    """The standing of each segment, ``(n,)``, in standard deviations; titles have the lowest."""
    text, segments = task.text, task.segments
    lines = [
        Line(s.core(text), (Span(s.start, s.core_end),), "verbatim", index, 0.0)
        for index, s in enumerate(segments)
        if not s.comes_along
    ]
    out = np.zeros(len(segments))
    out[[line.segment for line in lines]] = rank(segments, read(text, segments), lines)
    return standard(out)


def standard(values: Floats) -> Floats:
    """``values`` with mean 0 and standard deviation 1; zeros where all are the same."""
    spread = values.std() if len(values) else 0.0
    return (values - values.mean()) / spread if spread > 0 else np.zeros(len(values))


def shortlisted_words(task: Task, standing: Floats, inside: Flags) -> list[Word]:
    """The word groups of the segments ``inside``, with their priorities; all else whole."""
    out: list[Word] = []
    for index, segment in enumerate(task.segments):
        score = float(standing[index])
        if not (segment.prunable and inside[index]):
            out.append(Word(Piece(segment.start, segment.core_end, score), index, True))
            continue
        said = segment.start
        if segment.kind == "turn":  # who says it comes along with what is said
            said += label_length(segment.core(task.text))
        found = [g for g in groups(task.text, segment, task.protect) if g[0].end > said]
        empty = empty_words(task.text, [span for span, _ in found])
        for (span, fixed), says_little in zip(found, empty, strict=True):
            stays = fixed or is_binding_word(span.of(task.text))
            priority = score - EMPTY_WORD if says_little and not stays else score
            out.append(Word(Piece(span.start, span.end, priority), index, stays))
    return out


def by_standing(task: Task) -> Selection:
    """The sentences that say most for their length; at level "word" without their empty words."""
    return by_segment(task, standings(task))
