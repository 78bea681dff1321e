"""A base with a LoRA on it: forward passes that give the logits of a reply's rows only."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import UsageError
from .base import Base, quiet

_RATE_OF_WIDTH = 0.6
"""The default learning rate is this over the model's width: 1e-3 at 135M, 2e-4 at 3B."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a LoRA is, and how it learns. ``rate`` None: by the model's width.

    LoRA's own alpha is twice ``rank``, as in its paper's experiments on larger ranks.
    """

    rank: int = 16
    targets: tuple[str, ...] = ()
    rate: float | None = None
    steps: int = 200
    batch: int = 8
    seed: int = 0

    def __post_init__(self) -> None:
        checks = (
            ("--rank", self.rank, 1 <= self.rank <= 256, "between 1 and 256"),
            ("--lr", self.rate, self.rate is None or 0 < self.rate < 1, "between 0 and 1"),
            ("--steps", self.steps, 1 <= self.steps <= 1_000_000, "between 1 and 1,000,000"),
            ("--batch", self.batch, 1 <= self.batch <= 1024, "between 1 and 1,024"),
            ("--seed", self.seed, 0 <= self.seed < 1 << 32, "between 0 and 4294967295"),
        )
        for name, value, good, bounds in checks:
            if not good:
                raise UsageError(f"{name} must be {bounds}, not {value}")

    @property
    def alpha(self) -> int:
        return 2 * self.rank

    def rate_for(self, width: int) -> float:
        return self.rate if self.rate is not None else _RATE_OF_WIDTH / width


@dataclass(frozen=True, slots=True)
class Turn:
    """Token ids: what stands before a reply, and the reply, which is learnt."""

    prompt: tuple[int, ...]
    reply: tuple[int, ...]

    @property
    def ids(self) -> list[int]:
        """All that is read: the reply's last token predicts nothing that is learnt."""
        return [*self.prompt, *self.reply[:-1]]


class Student:
    """``base`` with a fresh LoRA. The base's own logits are there as well (``without``)."""

    def __init__(self, base: Base, recipe: Recipe) -> None:
        import torch

        torch.manual_seed(recipe.seed)
        with quiet():
            from peft import LoraConfig, get_peft_model

            config = LoraConfig(
                r=recipe.rank,
                lora_alpha=recipe.alpha,
                target_modules=list(recipe.targets),
                lora_dropout=0.0,
            )
            self.model = get_peft_model(base.model, config)
        self.base, self.recipe = base, recipe
        self.model.train()

    def parameters(self) -> list[Any]:
        return [p for p in self.model.parameters() if p.requires_grad]

    def state(self) -> dict[str, Any]:
        """The LoRA's matrices by peft's names, on the CPU."""
        named = self.model.named_parameters()
        return {name: p.detach().float().cpu() for name, p in named if p.requires_grad}

    def load(self, state: dict[str, Any]) -> None:
        """The LoRA's matrices from ``state``."""
        import torch

        with torch.no_grad():
            for name, parameter in self.model.named_parameters():
                if parameter.requires_grad:
                    parameter.copy_(state[name].to(parameter.device))

    def logits(self, turns: Sequence[Turn]) -> Any:
        """The rows that predict the replies, all turns' in order: (rows, vocabulary)."""
        import torch

        width = max(len(turn.ids) for turn in turns)
        ids = torch.zeros((len(turns), width), dtype=torch.long)
        mask = torch.zeros((len(turns), width), dtype=torch.long)
        for i, turn in enumerate(turns):
            ids[i, : len(turn.ids)] = torch.tensor(turn.ids)
            mask[i, : len(turn.ids)] = 1
        hidden = self._hidden(ids, mask)
        parts = [hidden[i, len(turn.prompt) - 1 : len(turn.ids)] for i, turn in enumerate(turns)]
        return self._head(torch.cat(parts))

    def _hidden(self, ids: Any, mask: Any) -> Any:
        inner = self.model.get_base_model().model
        device = self.base.device
        return inner(input_ids=ids.to(device), attention_mask=mask.to(device)).last_hidden_state

    def _head(self, hidden: Any) -> Any:
        return self.model.get_base_model().lm_head(hidden)

    def without(self) -> Any:
        """A context in which ``logits`` are the base's."""
        return self.model.disable_adapter()


class Reading:
    """A text that the base has read once, for many that follow it."""

    def __init__(self, student: Student, prefix: Sequence[int]) -> None:
        import torch
        from transformers import DynamicCache

        self._student = student
        self._cache = DynamicCache()
        inner = student.model.get_base_model().model
        ids = torch.tensor([list(prefix)], device=student.base.device)
        # Newer releases of transformers call it by a shorter name.
        names = inspect.signature(inner.forward).parameters
        self._name = "cache" if "cache" in names else "past_key_values"
        with torch.no_grad(), student.without():
            inner(input_ids=ids, use_cache=True, **{self._name: self._cache})

    def logits(self, turn: Turn) -> Any:
        """As ``Student.logits`` of one turn behind the prefix, by the base alone."""
        import torch

        inner = self._student.model.get_base_model().model
        ids = torch.tensor([turn.ids], device=self._student.base.device)
        with torch.no_grad(), self._student.without():
            cache = copy.deepcopy(self._cache)
            result = inner(input_ids=ids, use_cache=True, **{self._name: cache})
            return self._student._head(result.last_hidden_state[0, len(turn.prompt) - 1 :])
