"""Lessons as the student gets them: token ids, and the teacher's distributions behind each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ...console import Progress
from ..soft import Soft, cross_entropy, divergence, soft
from ..student import Reading, Student, Turn
from .teach import Lesson

Ids = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Objective:
    """``alpha`` of the divergence at ``temperature``, the rest cross-entropy of the reply."""

    temperature: float = 1.0
    alpha: float = 0.7

    def of(self, logits: Any, turns: Sequence[Turn], rows: Sequence[Soft | None]) -> Any:
        """The mean over all tokens of ``turns``; ``logits`` are their rows in order."""
        import torch

        replies = torch.tensor([t for turn in turns for t in turn.reply], device=logits.device)
        hard = cross_entropy(logits, replies).mean()
        soft_rows = [each for each in rows if each is not None]
        if not soft_rows or self.alpha == 0:
            return hard
        joined = Soft(
            torch.cat([each.ids for each in soft_rows]).to(logits.device),
            torch.cat([each.logp for each in soft_rows]).to(logits.device),
        )
        far = divergence(joined, logits, self.temperature).mean()
        return self.alpha * far + (1 - self.alpha) * hard


def taught_by(
    student: Student,
    lessons: Sequence[Lesson],
    prefixes: Callable[[Lesson], Ids],
    behind: Callable[[Lesson], Ids],
    temperature: float,
    progress: Progress,
) -> list[Soft]:
    """The base's distributions of each lesson's reply, read behind its context."""
    result: dict[int, Soft] = {}
    by_context: dict[tuple[int, int], list[int]] = {}
    for index, lesson in enumerate(lessons):
        place = lesson.question.window, lesson.question.without
        by_context.setdefault(place, []).append(index)
    progress.start("the teacher's distributions", len(lessons))
    for indices in by_context.values():
        reading = Reading(student, prefixes(lessons[indices[0]]))
        for index in indices:
            turn = Turn(behind(lessons[index]), lessons[index].ids)
            rows = soft(reading.logits(turn), temperature)
            result[index] = Soft(rows.ids.cpu(), rows.logp.cpu())
            progress.advance()
    return [result[index] for index in range(len(lessons))]


def mean_loss(
    student: Student,
    objective: Objective,
    turns: Sequence[Turn],
    rows: Sequence[Soft | None],
    size: int,
) -> float:
    """The objective over ``turns``, without a gradient; ``size`` at a time."""
    import torch

    total, count = 0.0, 0
    with torch.no_grad():
        for at in range(0, len(turns), size):
            part = turns[at : at + size]
            tokens = sum(len(turn.reply) for turn in part)
            result = objective.of(student.logits(part), part, rows[at : at + size])
            total += float(result) * tokens
            count += tokens
    return total / max(1, count)
