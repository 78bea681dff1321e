"""Continuous batching behind a shared prefix: many sequences in each decode.

The prefix all prompts begin with is computed once, in sequence 0; every other
sequence starts as a copy of it, which in a unified cache costs nothing (and is
the only copy that models with recurrent state allow). What runs beside what
follows from the prompts alone, never from free memory or timing, so the same
call gives the same text.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from .context import Context
from .model import Ids


@dataclass(slots=True)
class Slot:
    """A sequence in work: ``pending`` are its tokens not yet decoded, the first at ``position``."""

    index: int
    pending: list[int]
    position: int


S = TypeVar("S", bound=Slot)
R = TypeVar("R")


class Run(ABC, Generic[S, R]):
    """One call's sequences. A subclass says what follows from a row of logits."""

    def __init__(self, context: Context, prefix: Ids) -> None:
        self.context = context
        context.clear()
        for at in range(0, len(prefix), context.n_batch):
            part = prefix[at : at + context.n_batch]
            context.decode(part, range(at, at + len(part)), 0, 0)

    @abstractmethod
    def _read(self, writing: list[S], rows: list[int]) -> list[R | None]:
        """What each of ``writing`` came to, or None where it goes on with new ``pending``.

        Their logits are those of the last decode, in this order; ``rows`` are
        their places in its batch.
        """

    def all(self, work: Sequence[S], width: int) -> Iterator[tuple[int, R]]:
        """The index and result of each, as they end; ``width`` run at once."""
        waiting = deque(work)
        free = list(range(width, 0, -1))
        active: dict[int, S] = {}
        begun: set[int] = set()  # slots whose prompt is behind them
        while waiting or active:
            while waiting and free:
                slot = free.pop()
                active[slot] = waiting.popleft()
                self.context.copy_sequence(0, slot)
            for slot, result in self._step(active, begun):
                index = active.pop(slot).index
                begun.discard(slot)
                self.context.drop_sequence(slot)
                free.append(slot)
                free.sort(reverse=True)
                yield index, result

    def _step(self, active: dict[int, S], begun: set[int]) -> list[tuple[int, R]]:
        """One decode: what follows wherever one writes, and prompts as far as they fit."""
        tokens: list[int] = []
        positions: list[int] = []
        slots: list[int] = []
        outputs: list[int] = []
        owners: list[int] = []
        rows: list[int] = []
        # Those that write come first: they have few pending tokens, and seldom does one wait.
        for slot in sorted(active, key=lambda s: (s not in begun, s)):
            sequence = active[slot]
            count = min(len(sequence.pending), self.context.n_batch - len(tokens))
            if count == 0:
                continue
            tokens += sequence.pending[:count]
            positions += range(sequence.position, sequence.position + count)
            slots += [slot] * count
            outputs += [0] * count
            del sequence.pending[:count]
            sequence.position += count
            if not sequence.pending:
                outputs[-1] = 1
                owners.append(slot)
                rows.append(len(tokens) - 1)
        self.context.decode(tokens, positions, slots, outputs)
        if not owners:
            return []
        begun.update(owners)
        results = self._read([active[slot] for slot in owners], rows)
        return [(s, r) for s, r in zip(owners, results, strict=True) if r is not None]
