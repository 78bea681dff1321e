"""Whether llama.cpp says what torch says: looked at before training, and behind the export."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import EngineError
from ..llama.adapters import Lora
from ..llama.distribution import log_probabilities
from ..llama.runtime import Runtime, RuntimeOptions
from .student import Student, Turn

FAR = 0.05
"""Nats a token: rounding to eight bits costs a hundredth, a permuted head or a lost layer one."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """KL(torch || llama.cpp) in nats a token, and the share of tokens both like best."""

    divergence: float
    same: float
    rows: int


def agreement(
    student: Student, turns: Sequence[Turn], model: Path, loras: Sequence[Lora], threads: int = 0
) -> Agreement:
    """``student`` (its base alone without ``loras``) against ``model`` with ``loras``."""
    own = [_rows(student, turn, bool(loras)) for turn in turns]
    options = RuntimeOptions(str(model), threads, gpu="off", loras=tuple(loras))
    with Runtime(options) as runtime:
        opened = runtime.lm()
        theirs = [
            log_probabilities(opened, turn.ids, len(turn.prompt) - 1, threads) for turn in turns
        ]
    a, b = np.concatenate(own), np.concatenate(theirs)
    divergence = float((np.exp(a) * (a - b)).sum(axis=1).mean())
    return Agreement(divergence, float((a.argmax(1) == b.argmax(1)).mean()), len(a))


def _rows(student: Student, turn: Turn, adapted: bool) -> Any:
    import torch

    with torch.no_grad():
        if adapted:
            logits = student.logits([turn])
        else:
            with student.without():
                logits = student.logits([turn])
        return torch.log_softmax(logits.float(), dim=-1).cpu().numpy()


def demand(result: Agreement, what: str) -> None:
    """Raises EngineError where the two are further apart than rounding explains."""
    if not result.divergence <= FAR:
        raise EngineError(
            f"{what}: llama.cpp and transformers differ by {result.divergence:.3f} nats a token "
            f"(at most {FAR:g} is rounding): nothing was written",
            hint="take another file of this model, or another model",
        )
