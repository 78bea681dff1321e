"""What no count can tell: the use a context is put to, as the user states it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from ..errors import UsageError


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What cannot be counted: the use the context is put to."""

    model: str | None = None
    cache_types: tuple[str, ...] = ("f16",)
    users: int = 1
    context_tokens: int | None = None
    ratio: float | None = None
    price: str | None = None
    prices: Path | None = None
    minimum: int | None = None
    requests: int = 10
    hit_share: float = 0.9
    per_question: bool = False
    seconds: float | None = None
    machine: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what is no use at all, before anything is counted."""
        checks = (
            ("--users", self.users, self.users >= 1, "at least 1"),
            (
                "--context-tokens",
                self.context_tokens,
                (self.context_tokens or 1) >= 1,
                "at least 1",
            ),
            ("--ratio", self.ratio, 1 <= (self.ratio or 1) < math.inf, "at least 1"),
            ("--cache-minimum", self.minimum, (self.minimum or 0) >= 0, "at least 0"),
            ("--requests", self.requests, self.requests >= 1, "at least 1"),
            ("--hit-share", self.hit_share, 0 <= self.hit_share <= 1, "between 0 and 1"),
            ("--seconds", self.seconds, 0 <= (self.seconds or 0) < math.inf, "at least 0"),
            ("--machine-price", self.machine, 0 <= self.machine < math.inf, "at least 0"),
        )
        for name, value, good, bounds in checks:
            if not good:
                raise UsageError(f"{name} must be {bounds}, not {value:g}")
        if self.prices and not self.price:
            raise UsageError("--prices needs --price NAME, the model whose price is meant")
