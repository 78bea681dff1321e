"""What the engines that rank whole segments share."""

from __future__ import annotations

import math

import numpy as np

from ..document import Part, Segment
from ..selection.prefix import Floats, Scores, Selection
from ..selection.sentences import select_sentences
from ..text.telegram import telegram
from .base import Task
from .relevance import Flags

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


def by_segment(task: Task, scores: Scores) -> Selection:
    """The best segments that fit, as fine as ``task.level`` allows."""
    segments, priority = task.segments, np.asarray(scores, np.float64)
    if task.level == "document":
        segments, priority = whole_parts(task, priority)
    inside = None
    if task.level == "word":
        inside = lambda i: telegram(task.text, segments[i], task.protect)  # noqa: E731
    return select_sentences(task.fit(), segments, priority, inside=inside)


def whole_parts(task: Task, priority: Floats) -> tuple[tuple[Segment, ...], Floats]:
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
