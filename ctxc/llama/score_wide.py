"""Scoring on a GPU: several windows a decode, and the logits reduced while it computes.

A GPU decodes a window faster than one core reduces its logits (197 KB a token
for a vocabulary of 49,152), so the rows go to a pool of threads (numpy releases
the interpreter lock) while the next batch runs in a second context. Which
windows there are, and what each sees, is as on the CPU.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from . import capi
from .context import Context
from .model import Ids, Model
from .placement.shape import WINDOW, Shape
from .score import Floats, Line, Scorer, packed, reduce_nll, split, windows

_ROWS = 64  # rows a thread reduces at a time
_THREADS = 16
_SEQUENCES = 64


@dataclass(frozen=True, slots=True)
class _Batch:
    """What one decode takes; ``follows``: it goes on where the batch before ended."""

    lines: tuple[Line, ...]
    at: int = 0
    follows: bool = False

    @property
    def targets(self) -> Ids:
        return np.concatenate([line.targets for line in self.lines])


class WideScorer(Scorer):
    """As ``Scorer``, in contexts of ``shape``, for a model on a GPU."""

    def __init__(self, model: Model, shape: Shape, *, threads: int = 0) -> None:
        self.model = model
        self.shape = shape
        self._window = min(WINDOW, model.context_length)
        self._threads = threads
        self._contexts: list[Context] = []
        self._packs = False
        self._pool = ThreadPoolExecutor(min(_THREADS, threads or capi.usable_cores()))
        self._open(packs=False)

    def close(self) -> None:
        for context in self._contexts:
            context.close()
        self._contexts = []
        self._pool.shutdown()

    def _open(self, packs: bool) -> None:
        """Contexts for windows of equal length, or for many short texts (``packs``)."""
        if self._contexts and packs == self._packs:
            return
        for context in self._contexts:
            context.close()
        shape = self.shape
        if packs and self._whole:
            shape = replace(shape, n_seq=_SEQUENCES, unified=True)
        self._contexts = []
        for _ in range(shape.contexts):
            self._contexts.append(Context.of(self.model, shape, self._threads))
        self._packs = packs

    @property
    def _whole(self) -> bool:
        """Whether a window fits one decode."""
        return self.shape.n_batch >= self._window

    def stream(self, ids: Ids, start: int = 0) -> Iterator[tuple[int, Floats]]:
        self._open(packs=False)
        for batch, nll in self._run(self._window_batches(ids, start)):
            yield batch.at, nll

    def _window_batches(self, ids: Ids, start: int) -> Iterator[_Batch]:
        """Windows of equal length together: one micro-batch each time, no row moved."""
        found = windows(len(ids), self._window, start)
        for _, alike in groupby(found, key=lambda w: w[2] - w[0]):
            same = list(alike)
            for at in range(0, len(same), self.shape.n_seq):
                group = same[at : at + self.shape.n_seq]
                lines = tuple(self._window_line(ids, *window) for window in group)
                yield from self._pieces(_Batch(lines, group[0][1]))

    def stream_pairs(
        self, pairs: Sequence[tuple[Ids, Ids]]
    ) -> Iterator[tuple[list[int], list[Floats]]]:
        self._open(packs=True)
        room, most = (self.shape.n_batch, _SEQUENCES) if self._whole else (1, 1)
        groups = list(self._groups(pairs, room, most))
        batches = (
            piece
            for number, group in enumerate(groups)
            for piece in self._pieces(self._pair_batch(pairs, group, number))
        )
        for number, parts in groupby(self._run(batches), key=lambda done: done[0].at):
            done = list(parts)
            if len(done) == 1:
                yield groups[number], split(done[0][1], done[0][0].lines)
            else:  # one text, decoded in pieces
                yield groups[number], [np.concatenate([nll for _, nll in done])]

    def _pair_batch(
        self, pairs: Sequence[tuple[Ids, Ids]], group: list[int], number: int
    ) -> _Batch:
        return _Batch(tuple(self._pair_line(*pairs[index]) for index in group), number)

    def _pieces(self, batch: _Batch) -> Iterator[_Batch]:
        """The batch, or a window that does not fit one decode in pieces, in order."""
        if sum(len(line.tokens) for line in batch.lines) <= self.shape.n_batch:
            yield batch
            return
        (line,) = batch.lines
        settled = 0
        for at in range(0, len(line.tokens), self.shape.n_batch):
            flags = line.flags[at : at + self.shape.n_batch]
            count = int(flags.sum())
            targets = line.targets[settled : settled + count]
            piece = Line(line.tokens[at : at + self.shape.n_batch], flags, targets)
            first = batch.at if self._packs else batch.at + settled
            yield _Batch((piece,), first, follows=at > 0)
            settled += count

    def _run(self, batches: Iterable[_Batch]) -> Iterator[tuple[_Batch, Floats]]:
        """Decode in each context in turn; reduce one's logits while the next computes."""
        queue: deque[_Job] = deque()
        position = 0
        for number, batch in enumerate(batches):
            if len(queue) == len(self._contexts):
                yield queue.popleft().result()  # its logits are about to be overwritten
            context = self._contexts[number % len(self._contexts)]
            if not batch.follows:
                context.clear()
                position = 0
            tokens, positions, sequences, flags = packed(batch.lines)
            context.decode(tokens, positions + position, sequences, flags)
            position += len(tokens)
            for job in queue:
                job.start()  # the GPU has work again: the host may wait for what came before
            queue.append(_Job(context, batch, self._pool))
        while queue:
            yield queue.popleft().result()


class _Job:
    """A decode under way, then its logits' reduction in threads."""

    def __init__(self, context: Context, batch: _Batch, pool: ThreadPoolExecutor) -> None:
        self._context = context
        self._batch = batch
        self._pool = pool
        self._parts: list[Future[Floats]] | None = None

    def start(self) -> None:
        """Wait for the decode to end, and hand its rows to the threads."""
        if self._parts is not None:
            return
        targets = self._batch.targets
        logits = self._context.logits(len(targets)) if len(targets) else None
        self._parts = [
            self._pool.submit(reduce_nll, logits[at : at + _ROWS], targets[at : at + _ROWS])
            for at in range(0, len(targets), _ROWS)
            if logits is not None
        ]

    def result(self) -> tuple[_Batch, Floats]:
        self.start()
        found = [part.result() for part in self._parts or ()]
        return self._batch, np.concatenate(found) if found else np.empty(0, np.float32)
