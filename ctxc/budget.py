"""How much may be kept: ``Budget = Rate | Tokens``, never both, never neither."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .errors import BudgetError, UsageError


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of the original's tokens, 0 < rate <= 1."""

    rate: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.rate) and 0 < self.rate <= 1):
            raise UsageError(
                f"the rate must be above 0 and at most 1, not {self.rate:g}",
                hint="--rate 0.25 keeps a quarter; --ratio 4 says the same",
            )

    def target(self, original: int) -> int:
        """Tokens allowed for an original of ``original`` tokens: rounded down, so 0 is possible."""
        # 1e-9: 0.1 * 30 is 3.0000000000000004 in one direction and 2.9999 in the other.
        return min(original, math.floor(original * self.rate + 1e-9))

    def __str__(self) -> str:
        return f"rate {self.rate:.4g}"


@dataclass(frozen=True, slots=True)
class Tokens:
    """An absolute number of tokens per document, at least 1."""

    tokens: int

    def __post_init__(self) -> None:
        if self.tokens < 1:
            raise UsageError(f"the budget must be at least 1 token, not {self.tokens}")

    def target(self, original: int) -> int:
        return min(original, self.tokens)

    def __str__(self) -> str:
        return f"{self.tokens} tokens"


Budget = Rate | Tokens


def too_small(budget: Budget, original: int, name: str) -> BudgetError:
    """What is said of the text ``name`` where its budget is less than one token."""
    tokens = "1 token" if original == 1 else f"{original:,} tokens"
    return BudgetError(
        f"{name}: {budget} of its {tokens} is less than one token, so nothing can be kept",
        hint="keep a larger share, or give --tokens",
    )


def from_options(
    rate: float | None, ratio: float | None, tokens: int | None, default: Budget
) -> Budget:
    """The one budget three options ask for.

    >>> from_options(None, 4.0, None, Rate(0.5))
    Rate(rate=0.25)

    Raises UsageError for two at once, a ratio under 1, a rate out of (0, 1].
    """
    given = [
        name
        for name, value in (("--rate", rate), ("--ratio", ratio), ("--tokens", tokens))
        if value is not None
    ]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} contradict each other", hint="give one of them")
    if rate is not None:
        return Rate(rate)
    if ratio is not None:
        if not (math.isfinite(ratio) and ratio >= 1):
            raise UsageError(
                f"the ratio is original over kept and cannot be under 1, not {ratio:g}",
                hint="--ratio 4 keeps a quarter",
            )
        return Rate(1 / ratio)
    if tokens is not None:
        return Tokens(tokens)
    return default
