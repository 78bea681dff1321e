"""Negative log-likelihoods (NLL, nats) of tokens, reduced batch by batch.

One forward pass scores every token of a window. Long texts go through in
windows of 512 tokens of which 128 repeat the window before: on a CPU attention
makes longer windows slower, and this keeps 94 to 95 % of the decisions that
the full context would make (Spearman 0.96 to 0.98).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import EngineError
from .context import Context
from .model import Ids, Model
from .parallel import Lanes
from .placement.shape import WINDOW, scoring_cpu

OVERLAP = 128
_ROWS = 16  # logits rows reduced at a time: they stay in the CPU's cache

Floats = npt.NDArray[np.float32]


def reduce_nll(logits: Floats, targets: Ids) -> Floats:
    """NLL of ``targets`` under rows of ``logits``: ``log(sum(exp(row))) - row[target]``."""
    out = np.empty(len(targets), np.float32)
    for at in range(0, len(targets), _ROWS):
        rows = logits[at : at + _ROWS]
        top = rows.max(axis=1)
        total = np.exp(rows - top[:, None]).sum(axis=1)
        picked = rows[np.arange(len(rows)), targets[at : at + _ROWS]]
        out[at : at + _ROWS] = top + np.log(total) - picked
    if not np.isfinite(out).all():
        raise EngineError("the model gave a probability that is not a number")
    return out


@dataclass(frozen=True, slots=True)
class Line:
    """One sequence to decode: ``tokens``, and the ``targets`` its flagged rows predict."""

    tokens: Ids
    flags: npt.NDArray[np.int8]
    targets: Ids


class Scorer:
    """Scores texts with one language model; its contexts are opened once.

    ``stream`` and ``stream_pairs`` hand results over as they come, so that what
    is done outlives a failure; ``nll`` and ``conditional`` collect them.
    """

    def __init__(self, model: Model, *, threads: int = 0) -> None:
        self.model = model
        self._window = min(WINDOW, model.context_length)
        self._shape = scoring_cpu(self._window, model.n_vocab)
        self._lanes = Lanes(model, self._shape, threads)

    def close(self) -> None:
        self._lanes.close()

    def nll(self, ids: Ids, advance: Callable[[float], None] = lambda _: None) -> Floats:
        """NLL of each token given the tokens before it, ``(len(ids),)``.

        The first is scored behind the model's start token. ``advance`` is told
        how many tokens each window settled.
        """
        out = np.empty(len(ids), np.float32)
        for start, values in self.stream(ids):
            out[start : start + len(values)] = values
            advance(len(values))
        return out

    def stream(self, ids: Ids, start: int = 0) -> Iterator[tuple[int, Floats]]:
        """``(first token, NLLs)``, in order, from ``start``: 0, or where a window ended."""
        found = list(windows(len(ids), self._window, start))
        lines = ([self._window_line(ids, *window)] for window in found)
        work = self._lanes.map(_nll, list(lines) if len(found) == 1 else lines)
        for (_, at, _), nll in zip(found, work, strict=True):
            yield at, nll

    def _window_line(self, ids: Ids, first: int, start: int, end: int) -> Line:
        tokens = np.concatenate(([self.model.start_token], ids[first:end])).astype(np.int32)
        flags = np.zeros(len(tokens), np.int8)
        flags[start - first : end - first] = 1  # row k predicts token k + 1
        return Line(tokens, flags, ids[start:end])

    def conditional(self, pairs: Sequence[tuple[Ids, Ids]]) -> list[Floats]:
        """NLL of the second text of each pair given the first, token by token.

        ``NLL(question | document)`` of LongLLMLingua (section 4.1) by
        concatenation. Several pairs share a batch; a first text too long for
        the window loses its beginning.
        """
        results: list[Floats] = [np.empty(0, np.float32)] * len(pairs)
        for indices, values in self.stream_pairs(pairs):
            for index, value in zip(indices, values, strict=True):
                results[index] = value
        return results

    def stream_pairs(
        self, pairs: Sequence[tuple[Ids, Ids]]
    ) -> Iterator[tuple[list[int], list[Floats]]]:
        """``conditional`` batch by batch: indices into ``pairs``, and their NLLs."""
        groups = list(self._groups(pairs, self._window, self._shape.n_seq))
        batches = [[self._pair_line(*pairs[index]) for index in group] for group in groups]
        found = self._lanes.map(_nll, batches)
        for group, lines, nll in zip(groups, batches, found, strict=True):
            yield group, split(nll, lines)

    def _groups(
        self, pairs: Sequence[tuple[Ids, Ids]], room: int, most: int
    ) -> Iterator[list[int]]:
        """Indices that share a batch of ``room`` tokens and ``most`` sequences, in order."""
        group: list[int] = []
        used = 0
        for index, (given, target) in enumerate(pairs):
            need = min(self._window, 1 + len(given) + max(len(target) - 1, 0))
            if group and (used + need > room or len(group) == most):
                yield group
                group, used = [], 0
            group.append(index)
            used += need
        if group:
            yield group

    def _pair_line(self, given: Ids, target: Ids) -> Line:
        target = target[: self._window - 1]
        room = self._window - 1 - max(len(target) - 1, 0)
        given = given[max(0, len(given) - room) :]
        tokens = np.concatenate(([self.model.start_token], given, target[:-1])).astype(np.int32)
        flags = np.zeros(len(tokens), np.int8)
        flags[len(tokens) - len(target) :] = 1 if len(target) else 0
        return Line(tokens, flags, target)


def _nll(context: Context, lines: Sequence[Line]) -> Floats:
    """The NLLs of a batch of sequences that know nothing of each other."""
    context.clear()
    context.decode(*packed(lines))
    targets = np.concatenate([line.targets for line in lines])
    return reduce_nll(context.logits(len(targets)), targets)


def packed(lines: Sequence[Line]) -> tuple[npt.NDArray[Any], ...]:
    """Tokens, positions, sequences and flags of a batch: line after line, ids from 0."""
    return (
        np.concatenate([line.tokens for line in lines]),
        np.concatenate([np.arange(len(line.tokens)) for line in lines]),
        np.repeat(np.arange(len(lines)), [len(line.tokens) for line in lines]),
        np.concatenate([line.flags for line in lines]),
    )


def split(nll: Floats, lines: Sequence[Line]) -> list[Floats]:
    """The NLLs of a batch, line by line."""
    ends = np.cumsum([len(line.targets) for line in lines])
    return [nll[end - len(line.targets) : end] for line, end in zip(lines, ends, strict=True)]


def windows(count: int, window: int, start: int = 0) -> Iterator[tuple[int, int, int]]:
    """``(first, start, end)``: context from ``first``, scores for ``start:end``.

    As few windows as ``window`` tokens allow, but an even number of up to eight,
    all of a length: two cores then end at once. ``start`` is 0, or where a
    window ended.

    >>> list(windows(1000, 512))
    [(0, 0, 346), (218, 346, 564), (436, 564, 782), (654, 782, 1000)]
    >>> list(windows(500, 512))
    [(0, 0, 500)]
    """
    room = window - 1  # the start token takes one place
    overlap = min(OVERLAP, room // 2)
    number = max(1, -(-(count - overlap) // (room - overlap)))
    if 1 < number < 8:
        number += number % 2
    step = -(-(count - overlap) // number) if number > 1 else count
    while start < count:
        first = max(0, start - overlap)
        end = min(count, start + step + (overlap if start == 0 and number > 1 else 0))
        yield first, start, end
        start = end
