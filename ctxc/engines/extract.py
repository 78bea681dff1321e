"""What the engines that rank whole segments share."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..document import Part, Segment
from ..selection import Floats, Selection, select_segments
from .base import Task
from .wording import split


def contexts(task: Task) -> list[str]:
    """Each segment's text behind its title or nearest heading, for ranking.

    ``"He was born in Ulm."`` alone does not say who; with its title it does.
    """
    out = []
    for segment in task.segments:
        heading = task.segments[segment.heading] if segment.heading >= 0 else None
        title = heading.core(task.text).lstrip("# ").strip() if heading else ""
        core = segment.core(task.text)
        out.append(f"{title}. {core}" if title else core)
    return out


def by_segment(task: Task, scores: Sequence[float]) -> Selection:
    """The best segments that fit, as fine as ``task.level`` allows."""
    segments, priority = task.segments, np.asarray(scores, np.float64)
    if task.level == "document":
        segments, priority = _whole_parts(task, priority)
    cut = None
    if task.level == "word":
        cut = lambda segment: split(task.text, segment, task.question, task.protect)  # noqa: E731
    return select_segments(task.fit(), segments, priority, split=cut)


def _whole_parts(task: Task, priority: Floats) -> tuple[tuple[Segment, ...], Floats]:
    """One segment for each part, title and all, with the best priority in it."""
    parts = task.document.parts or (Part(0, len(task.text), 0),)
    segments, best = [], []
    for index, part in enumerate(parts):
        inside = [p for s, p in zip(task.segments, priority, strict=True) if s.part == index]
        visible = task.text[part.start : part.end].rstrip()
        segments.append(
            Segment(part.start, part.start + len(visible), part.end, "other", index, index)
        )
        best.append(max(inside, default=-math.inf))
    return tuple(segments), np.array(best)
