"""Texts under way: tokens are appended and scored, and what proved unimportant is taken back.

Iterative pruning scores each window given what was *kept* of the text before
it. The cache then must hold the kept tokens alone, as if the rest had never
been there, so a window is taken back after it was scored and what was kept of
it goes in again with the next window: exact, for (1 + rate) times the work.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import EngineError
from .context import Context
from .model import Ids, Model
from .score import Floats, reduce_nll

_BATCH = 512


class Past:
    """``sequences`` texts of at most ``length`` tokens, each read on its own.

    The last token of a text is not in the cache yet: it is fed with what is
    appended, so that no row of logits is computed without need.
    """

    def __init__(
        self, model: Model, *, length: int = 1024, sequences: int = 1, threads: int = 0
    ) -> None:
        self.model = model
        self._context = Context(
            model,
            n_ctx=length * sequences,
            n_batch=min(_BATCH, length),
            n_seq=sequences,
            unified=False,
            threads=threads,
        )
        self.length = min(length, self._context.n_ctx // sequences, model.context_length)
        self._tokens: list[list[int]] = [[] for _ in range(sequences)]

    def close(self) -> None:
        self._context.close()

    def __enter__(self) -> Past:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def size(self, sequence: int = 0) -> int:
        """How many tokens the text has so far."""
        return len(self._tokens[sequence])

    def begin(self, ids: npt.ArrayLike, sequence: int = 0) -> None:
        """Forget the text and begin it again with ``ids``, at least one token."""
        first = [int(i) for i in np.asarray(ids)]
        if not first:
            raise EngineError("a text begins with at least one token")
        self._context.drop_sequence(sequence)
        self._tokens[sequence] = first[:1]
        if len(first) > 1:
            self.append(np.asarray(first[1:], np.int32), sequence, scored=0)

    def append(self, ids: Ids, sequence: int = 0, scored: int | None = None) -> Floats:
        """NLL (nats) of the last ``scored`` of ``ids`` (all by default) given all before them."""
        tokens = self._tokens[sequence]
        scored = len(ids) if scored is None else min(scored, len(ids))
        if len(tokens) + len(ids) > self.length:
            raise EngineError(f"the text has outgrown its {self.length} tokens of context")
        silent = len(ids) - scored
        out = np.empty(scored, np.float32)
        for at in range(0, len(ids), self._context.n_batch):
            part = ids[at : at + self._context.n_batch]
            line = np.concatenate((tokens[-1:], part[:-1])).astype(np.int32)
            flags = np.zeros(len(line), np.int8)
            first = max(0, silent - at)
            flags[first:] = 1
            positions = np.arange(len(tokens) - 1, len(tokens) - 1 + len(line))
            self._context.decode(line, positions, sequence, flags)
            if first < len(part):
                logits = self._context.logits(len(part) - first)
                begin = at + first - silent
                out[begin : begin + len(part) - first] = reduce_nll(logits, part[first:])
            tokens.extend(int(i) for i in part)
        return out

    def cut(self, length: int, sequence: int = 0) -> None:
        """Take back all but the first ``length`` tokens (at least one stays)."""
        length = max(1, length)
        if length >= len(self._tokens[sequence]):
            return
        if self.model.keeps_state:  # a recurrent state cannot be taken back, only made anew
            self.begin(self._tokens[sequence][:length], sequence)
            return
        self._context.drop_range(sequence, length - 1, -1)
        del self._tokens[sequence][length:]
