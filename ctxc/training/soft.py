"""Next-token distributions as training keeps them, and how far two are apart.

A teacher's row is kept as its ``KEPT`` likeliest tokens; all others are one event. The
divergence of such coarse rows is at most that of the whole ones, and a hundredth of the
bytes. Temperature (Hinton et al. 2015, section 2) divides the logits of both sides; the
divergence is multiplied by its square, so that gradients keep their size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

KEPT = 256


@dataclass(frozen=True, slots=True)
class Soft:
    """Rows of a teacher: ``ids`` (rows, kept) and their log-probabilities, ``temperature`` in."""

    ids: Any
    logp: Any


def soft(logits: Any, temperature: float, kept: int = KEPT) -> Soft:
    """The rows of ``logits`` (rows, vocabulary) at ``temperature``."""
    import torch

    logp = torch.log_softmax(logits.float() / temperature, dim=-1)
    top = logp.topk(min(kept, logp.shape[-1]), dim=-1)
    return Soft(top.indices.to(torch.int32), top.values)


def divergence(teacher: Soft, logits: Any, temperature: float) -> Any:
    """KL(teacher || student) of each row, in nats, times temperature squared: (rows,)."""
    import torch

    logp = torch.log_softmax(logits.float() / temperature, dim=-1)
    own = logp.gather(-1, teacher.ids.long())
    near = teacher.logp.exp() * (teacher.logp - own)
    rest, own_rest = _rest(teacher.logp), _rest(own)
    far = rest.exp() * (rest - own_rest)
    result: torch.Tensor = near.sum(-1) + far
    return result * temperature**2


def _rest(logp: Any) -> Any:
    """The log of what ``logp`` leaves of one, at least a millionth."""
    import torch

    return torch.log((1 - logp.exp().sum(-1)).clamp(min=1e-6))


def cross_entropy(logits: Any, targets: Any) -> Any:
    """-log p of ``targets`` (rows,), in nats, for each row."""
    import torch

    return torch.nn.functional.cross_entropy(logits.float(), targets.long(), reduction="none")
