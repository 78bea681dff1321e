"""How much of an output is shown: what ``ctxc run`` knows before there is any.

Light, so that a command starts at once, and a short output is shown without loading what
shortens long ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..budget import Budget, Tokens
from ..tokens import DEFAULT

if TYPE_CHECKING:
    from ..batch.pipeline import Options

BUDGET = 2000
"""Tokens that are shown where no budget was asked for."""
SMALL = 500
"""Tokens that are never shortened under a rate or a ratio."""
LEAST = 64
"""The least budget in tokens: the last line takes about half of it."""


@dataclass(frozen=True, slots=True)
class Showing:
    """Raises UsageError for a question or a kind that is none."""

    budget: Budget = Tokens(BUDGET)  # noqa: RUF009 (frozen)
    tokenizer: str = DEFAULT
    question: str | None = None
    kind: str = ""

    def __post_init__(self) -> None:
        if self.kind or (self.question is not None and not self.question.strip()):
            _ = self.options

    @property
    def options(self) -> Options:
        """The pipeline's."""
        from ..batch.pipeline import Options

        return Options(
            budget=self.budget,
            tokenizer=self.tokenizer,
            question=self.question,
            kind=self.kind,
        )


def surely_small(budget: Budget) -> int:
    """Bytes that cannot be more tokens than are shown: a token is at least a byte.

    A byte that is no UTF-8 is shown as a character of three.
    """
    return (budget.tokens if isinstance(budget, Tokens) else SMALL) // 3
