"""A path through a lattice of words, one choice at a time, as the model finds likely.

Where free text can say anything, a path can say only what the lattice holds:
which words there are and which may follow which. Words that follow without a
choice cost no step of their own.

Greedy: at each word the likeliest of those that may follow, by the
log-probability of its first token; of two that begin with the same token the
nearer one, for nothing tells them apart. Lexically constrained decoding as a word
graph, in the manner of grid beam search (Hokamp and Liu 2017) with a beam of one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..errors import EngineError
from .batching import Run, Slot
from .context import Context
from .model import Ids


@dataclass(frozen=True, slots=True)
class Lattice:
    """``words`` as token ids, and which may follow which.

    ``follow[0]`` are the words a path may begin with, ``follow[i + 1]`` those
    that may stand behind word ``i``; ``len(words)`` is the end. Every list is in
    rising order and has at least one entry, each greater than ``i``.
    ``begin`` are the first words' ids where they open the text (without the
    blank before them), as ``follow[0]`` lists them. ``bonus``, in nats, is what
    a word or the end gains that leaves others out before it.
    """

    words: tuple[tuple[int, ...], ...]
    follow: tuple[tuple[int, ...], ...]
    begin: tuple[tuple[int, ...], ...]
    bonus: float = 0.0

    @property
    def tokens(self) -> int:
        """At least as many tokens as any path has."""
        return sum(map(len, self.words)) + max(map(len, self.begin), default=0)


@dataclass(frozen=True, slots=True)
class Path:
    """The words of a path, and how likely each choice was: ``log_shares[n]`` is the log of the
    share that ``words[n]`` had among those that could have followed (the bonus counted in),
    0.0 where it was the only one."""

    words: tuple[int, ...]
    log_shares: tuple[float, ...]


@dataclass(slots=True)
class _Walk(Slot):
    lattice: Lattice
    at: int = 0  # index into ``follow``
    words: list[int] = field(default_factory=list)
    log_shares: list[float] = field(default_factory=list)


class LatticeRun(Run[_Walk, Path]):
    """One call of ``Generator.paths``."""

    def __init__(self, context: Context, prefix: Ids) -> None:
        super().__init__(context, prefix)
        self._ends = context.model.line_ends

    def work(self, prompts: Sequence[Ids], lattices: Sequence[Lattice], start: int) -> list[_Walk]:
        """A walk for each prompt; ``start`` is the length of the prefix."""
        return [
            _Walk(i, [int(t) for t in prompt], start, lattice)
            for i, (prompt, lattice) in enumerate(zip(prompts, lattices, strict=True))
        ]

    def _read(self, writing: list[_Walk], rows: list[int]) -> list[Path | None]:
        logits = self.context.logits(len(rows))
        return [self._go(walk, logits[i]) for i, walk in enumerate(writing)]

    def _go(self, walk: _Walk, logits: np.ndarray) -> Path | None:
        """Choose among what may follow, then on to the next place with a choice."""
        choices = walk.lattice.follow[walk.at]
        values = self._values(walk, choices, logits)
        best = int(np.argmax(values))
        if not np.isfinite(values[best]):
            raise EngineError("the model gave a probability that is not a number")
        top = max(values)
        share = values[best] - (top + float(np.log(np.exp(np.subtract(values, top)).sum())))
        if self._take(walk, choices[best], share):
            return Path(tuple(walk.words), tuple(walk.log_shares))
        while len(walk.lattice.follow[walk.at]) == 1:
            if self._take(walk, walk.lattice.follow[walk.at][0], 0.0):
                return Path(tuple(walk.words), tuple(walk.log_shares))
        return None

    def _values(self, walk: _Walk, choices: Sequence[int], logits: np.ndarray) -> list[float]:
        out = []
        seen: set[int] = set()
        for choice in choices:
            gain = walk.lattice.bonus if choice > walk.at else 0.0
            if choice == len(walk.lattice.words):
                out.append(float(logits[self._ends].max()) + gain)
                continue
            first = self._ids(walk, choice)[0]
            out.append(-math.inf if first in seen else float(logits[first]) + gain)
            seen.add(first)
        return out

    def _ids(self, walk: _Walk, choice: int) -> tuple[int, ...]:
        lattice = walk.lattice
        if walk.words:
            return lattice.words[choice]
        return lattice.begin[lattice.follow[0].index(choice)]

    def _take(self, walk: _Walk, choice: int, share: float) -> bool:
        """Add one word; whether that was the end."""
        if choice == len(walk.lattice.words):
            return True
        walk.pending += self._ids(walk, choice)
        walk.words.append(choice)
        walk.log_shares.append(share)
        walk.at = choice + 1
        return False
