"""What the engines that rank whole segments share."""

from __future__ import annotations

import math

import numpy as np

from ..document import Part, Segment, Span
from ..selection.prefix import Floats, Scores, Selection, Word, select_segments, select_words
from ..selection.render import Piece
from ..selection.sentences import select_sentences
from ..text.clauses import clauses
from ..text.question import Asking
from ..text.word_classes import groups, split
from .base import Task
from .relevance import CLAUSE, Flags, clause_priorities

CHARS_PER_TOKEN = 4.3
"""An estimate, for how much to look at; what is kept is counted."""


def contexts(task: Task) -> list[str]:
    """Each segment's text behind its title or nearest heading, for ranking.

    ``"He was born in Ulm."`` alone does not say who; with its title it does.
    """
    names, of = titles(task)
    cores = (s.core(task.text) for s in task.segments)
    return [f"{names[i]}. {core}" if names[i] else core for i, core in zip(of, cores, strict=True)]


def titles(task: Task) -> tuple[list[str], list[int]]:
    """The titles and headings of a document, and for each segment which is nearest.

    The first is "", for what stands under none.
    """
    names, index = [""], {-1: 0}
    for at, segment in enumerate(task.segments):
        if segment.is_title:
            index[at] = len(names)
            names.append(segment.core(task.text).strip("#=-*~^ \n").strip())
    return names, [index.get(s.heading, 0) for s in task.segments]


def shortlist(task: Task, priority: Floats, reach: float) -> Flags:
    """Which segments, ``(n,)``, are in the running: the best, up to ``reach`` times the budget."""
    sizes = np.array([0 if s.comes_along else s.core_end - s.start for s in task.segments])
    best = np.argsort(-priority, kind="stable")
    before = np.cumsum(sizes[best]) - sizes[best]
    out = np.zeros(len(best), np.bool_)
    out[best] = before < reach * CHARS_PER_TOKEN * task.target
    return out


def by_clause(task: Task, priority: Floats, behind: float = CLAUSE) -> Selection:
    """The best clauses of the best sentences that fit, the last of them word by word.

    A sentence keeps its clauses together unless the question asks for
    something that only some of them hold; the others stand ``behind`` by so
    much. Turns of a conversation are not cut into clauses: there the stretch
    matters, not the phrase.
    """
    if task.level != "word" or any(s.kind == "turn" for s in task.segments):
        return by_segment(task, priority)
    asking = Asking.of(task.question or "")
    names, of = titles(task)
    known = [frozenset(name.lower().split()) for name in names]
    floor = _floor(task, priority) - behind
    words: list[Word] = []
    for index, segment in enumerate(task.segments):
        score = float(priority[index])
        if not segment.prunable or score < floor:
            words.append(Word(Piece(segment.start, segment.core_end, score), index, True))
            continue
        spans = clauses(task.text, segment.start, segment.core_end)
        held = [asking.met_within(task.text, c, known[of[index]]) for c in spans]
        scores = clause_priorities(score, held, asking.kind, behind)
        words += _in_clauses(task, index, list(zip(spans, scores, strict=True)))
    return select_words(task.fit(), task.segments, words)


def _floor(task: Task, priority: Floats) -> float:
    """The priority that twice the budget reaches down to: what is below needs no cutting up."""
    room = 8.0 * task.target  # characters; a token has four or five
    for index in np.argsort(-priority, kind="stable"):
        segment = task.segments[index]
        if not segment.is_title:
            room -= segment.core_end - segment.start
        if room < 0:
            return float(priority[index])
    return -math.inf


def _in_clauses(task: Task, index: int, scored: list[tuple[Span, float]]) -> list[Word]:
    """The word groups of a segment, each with the priority of the clause it begins in."""
    out, at = [], 0
    for span, fixed in groups(task.text, task.segments[index], task.protect):
        while at + 1 < len(scored) and scored[at + 1][0].start <= span.start:
            at += 1
        out.append(Word(Piece(span.start, span.end, scored[at][1]), index, fixed))
    return out


def by_segment(task: Task, scores: Scores) -> Selection:
    """The best segments that fit, as fine as ``task.level`` allows."""
    segments, priority = task.segments, np.asarray(scores, np.float64)
    if task.level == "document":
        segments, priority = _whole_parts(task, priority)
    if task.level != "word":
        return select_sentences(task.fit(), segments, priority)
    cut = lambda segment: split(task.text, segment, task.question, task.protect)  # noqa: E731
    return select_segments(task.fit(), segments, priority, split=cut)


def _whole_parts(task: Task, priority: Floats) -> tuple[tuple[Segment, ...], Floats]:
    """One segment for each part, title and all, with the best priority in it."""
    parts = task.document.parts or (Part(0, len(task.text), 0),)
    segments: list[Segment] = []
    best = np.full(len(parts), -math.inf)
    for segment, own in zip(task.segments, priority, strict=True):
        best[segment.part] = max(best[segment.part], own)
    for index, part in enumerate(parts):
        visible = task.text[part.start : part.end].rstrip()
        segments.append(
            Segment(part.start, part.start + len(visible), part.end, "other", index, index)
        )
    return tuple(segments), best
