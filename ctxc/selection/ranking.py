"""What an engine made of a text before the budget cut it, for those who look at it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..document import Segment
    from .prefix import Floats, Selection

_SMALL = 4096  # characters of a text whose count is worth remembering


@dataclass(frozen=True, slots=True)
class Ranking:
    """The segments as they were ranked, and the cut of just this ranking at any other budget.

    ``scores`` are what the engine gave each segment, ``(n,)``; ``order`` the same as the budget
    takes them, the largest first, repeats behind what they repeat and -inf for what is never
    taken for itself. ``at(target)`` is what the product keeps of this ranking in so many tokens.
    """

    segments: Sequence[Segment]
    scores: Floats
    order: Floats
    at: Callable[[int], Selection]


Watch = Callable[[Ranking], None]
"""Told of each ranking that a budget is going to cut."""


def remembering(count: Callable[[str], int]) -> Callable[[str], int]:
    """``count`` that counts a short text once: the same segments are tried at every budget."""
    seen: dict[str, int] = {}

    def counted(text: str) -> int:
        if len(text) > _SMALL:
            return count(text)
        if (size := seen.get(text)) is None:
            size = seen[text] = count(text)
        return size

    return counted
