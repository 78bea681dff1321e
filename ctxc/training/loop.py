"""Steps of training: seeded order, warm-up and decay, checkpoints, a loss that must be a number."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..console import Progress, note
from ..errors import EngineError
from .student import Student
from .work import Work

_EVERY = 20  # steps between two checkpoints
_WARM = 0.1  # share of the steps in which the rate rises

Loss = Callable[[Sequence[int]], Any]
"""Indices of lessons to their mean loss, with a gradient."""


@dataclass
class History:
    """Losses step by step, the held-out loss at some steps, and the seconds it took."""

    losses: list[float] = field(default_factory=list)
    held_out: dict[int, float] = field(default_factory=dict)
    seconds: float = 0.0


def train(
    student: Student,
    count: int,
    loss: Loss,
    work: Work,
    progress: Progress,
    check: Callable[[], float],
) -> History:
    """Teach ``student`` ``count`` lessons for its recipe's steps; ``check`` is the held-out loss.

    Goes on behind the last checkpoint in ``work``; an interrupt keeps one first. Raises
    EngineError for a loss that is no number.
    """
    import torch

    recipe = student.recipe
    rate = recipe.rate_for(student.base.header.embedding_length)
    optimiser = torch.optim.AdamW(student.parameters(), lr=rate, weight_decay=0.0)
    history = _resumed(student, optimiser, work)
    if not history.losses:
        history.held_out[0] = check()
    progress.start("teaching", recipe.steps)
    progress.advance(len(history.losses))
    try:
        while (step := len(history.losses)) < recipe.steps:
            begun = time.perf_counter()
            for group in optimiser.param_groups:
                group["lr"] = rate * schedule(step, recipe.steps)
            history.losses.append(_step(student, optimiser, loss, batch(step, count, recipe)))
            history.seconds += time.perf_counter() - begun
            progress.advance()
            if len(history.losses) % _EVERY == 0:
                _keep(student, optimiser, history, work)
                _say(history, recipe.steps)
    except KeyboardInterrupt:
        _keep(student, optimiser, history, work)
        note(f"ctxc: step {len(history.losses)} is kept; the same command goes on from there")
        raise
    history.held_out[recipe.steps] = check()
    _keep(student, optimiser, history, work)
    return history


def schedule(step: int, steps: int) -> float:
    """The share of the learning rate at ``step``: it rises for a tenth, then falls to nothing.

    >>> [round(schedule(s, 20), 2) for s in (0, 1, 2, 10, 19)]
    [0.5, 1.0, 1.0, 0.56, 0.06]
    """
    warm = max(1, round(_WARM * steps))
    return (step + 1) / warm if step < warm else (steps - step) / (steps - warm)


def batch(step: int, count: int, recipe: Any) -> list[int]:
    """The lessons of a step: every lesson once a round, each round in an order of its own."""
    size = min(recipe.batch, count)
    places = range(step * size, (step + 1) * size)
    return [int(_order(place // count, count, recipe.seed)[place % count]) for place in places]


def _order(round_: int, count: int, seed: int) -> Any:
    return np.random.default_rng((seed, round_)).permutation(count)


def _step(student: Student, optimiser: Any, loss: Loss, indices: Sequence[int]) -> float:
    import torch

    try:
        result = loss(indices)
        result.backward()
    except RuntimeError as error:  # torch's word for memory that does not suffice
        if "memory" not in str(error):
            raise
        raise EngineError(
            "memory does not suffice for a step", hint="a smaller --batch, or a smaller model"
        ) from None
    value = float(result.detach())
    if not math.isfinite(value):
        raise EngineError(
            "the loss is no number any more: the weights have run away",
            hint="a smaller --lr (half of it, or a tenth), or a smaller --rank",
        )
    torch.nn.utils.clip_grad_norm_(student.parameters(), 1.0)
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)
    return value


def _keep(student: Student, optimiser: Any, history: History, work: Work) -> None:
    work.keep(
        "checkpoint",
        {
            "lora": student.state(),
            "optimiser": optimiser.state_dict(),
            "losses": history.losses,
            "held_out": history.held_out,
            "seconds": history.seconds,
        },
    )


def _resumed(student: Student, optimiser: Any, work: Work) -> History:
    kept = work.tensors("checkpoint")
    if kept is None:
        return History()
    student.load(kept["lora"])
    optimiser.load_state_dict(kept["optimiser"])
    note(f"ctxc: going on behind step {len(kept['losses'])}")
    return History(kept["losses"], kept["held_out"], kept["seconds"])


def _say(history: History, steps: int) -> None:
    done = len(history.losses)
    recent = float(np.mean(history.losses[-_EVERY:]))
    note(f"ctxc: step {done} of {steps}, loss {recent:.4f}, {history.seconds / done:.1f} s a step")
