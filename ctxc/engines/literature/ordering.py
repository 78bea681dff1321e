"""The order kept passages are put in: readers attend to the ends of a prompt, not its middle.

LongLLMLingua, section 4.2: best first, or the best at both ends. The text is
put in reading order unless ``--order`` asks for one of these.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from ...result import Kept
from ...selection.prefix import Selection
from ...selection.render import Piece, Renderer
from ..base import Task
from .coarse import Passage

ORDERS = ("reading", "best", "ends")
_BREAK = "\n\n"


def arranged(ranked: Sequence[int], order: str) -> list[int]:
    """Passages (best first) as ``order`` wants them.

    >>> arranged([7, 3, 5, 1], "ends")
    [7, 5, 1, 3]
    """
    if order == "reading":
        return sorted(ranked)
    if order == "best":
        return list(ranked)
    return [*ranked[::2], *ranked[1::2][::-1]]


def in_order(
    task: Task,
    found: Sequence[Passage],
    ranking: Sequence[int],
    select: Callable[[Task], Selection],
) -> Selection:
    """``select(task)`` with its passages as ``task.order`` wants them, still within the target."""
    if task.order == "reading" or len(found) < 2:
        return select(task)
    target = task.target
    while target > 0:
        inner = dataclasses.replace(task, target=target, quiet=target < task.target)
        result = _put(task, found, ranking, select(inner))
        over = task.tokenizer.count(result.text) - task.target
        if over <= 0:
            return result
        target -= over
    return Selection("", ())


def _put(
    task: Task, found: Sequence[Passage], ranking: Sequence[int], result: Selection
) -> Selection:
    render, text, kept = Renderer(task.text), "", []
    order = arranged([i for i in ranking if _inside(found[i], result)], task.order)
    for index in order:
        pieces = _inside(found[index], result)
        text += _BREAK if text else ""
        for run in render.runs(pieces):
            text += run.before
            kept.append(Kept(run.start, run.end, run.score, len(text)))
            text += task.text[run.start : run.end]
    extra = {**result.extra, "order": [found[i].start for i in order]}
    return Selection(text, tuple(sorted(kept, key=lambda k: k.start)), result.notes, extra)


def _inside(passage: Passage, result: Selection) -> list[Piece]:
    """What is kept of a passage; a run that reaches into the next one is cut."""
    return [
        Piece(max(k.start, passage.start), min(k.end, passage.end), k.score)
        for k in result.kept
        if k.start < passage.end and k.end > passage.start
    ]
