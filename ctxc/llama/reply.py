"""One prompt, one greedy reply, handed out as it is written.

``generate`` runs many prompts at once and hands out whole texts; this is the
one-at-a-time counterpart for a person who waits, with the time the prompt took
apart from the time the reply took.
"""

from __future__ import annotations

import codecs
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..errors import EngineError
from .context import Context
from .generate import _before_loop, _period
from .model import Ids, Model
from .placement.shape import Shape
from .score import reduce_nll

_BATCH = 512  # tokens of one decode: short enough that Ctrl-C is served between two


@dataclass(frozen=True, slots=True)
class Spoken:
    """``tokens`` were written, with ``mean_logprob`` nats each (0.0 for none), the least
    likely with ``least_logprob``.

    ``reading`` and ``writing`` are seconds. ``finish`` is "end" (the model's
    end token), "length", or "loop" (it repeated itself; ``text`` has the first
    round only).
    """

    text: str
    tokens: int
    mean_logprob: float
    least_logprob: float
    finish: Literal["end", "length", "loop"]
    reading: float
    writing: float


class Replier:
    """Replies with one model; the context is kept, and made anew for a longer prompt."""

    def __init__(self, model: Model, *, threads: int = 0) -> None:
        self.model = model
        self._threads = threads
        self._context: Context | None = None

    def close(self) -> None:
        if self._context is not None:
            self._context.close()
            self._context = None

    def reply(
        self, ids: Ids, max_tokens: int, listen: Callable[[str], None] = lambda _: None
    ) -> Spoken:
        """The reply to a prompt of at least one token; ``listen`` gets it piece by piece.

        Raises EngineError where prompt and reply exceed the model's context.
        """
        if not len(ids):
            raise EngineError("there is nothing to reply to: the prompt is empty")
        if len(ids) + max_tokens > self.model.context_length:
            raise EngineError(
                f"{self.model.path.name} takes {self.model.context_length} tokens, and a prompt of "
                f"{len(ids)} with {max_tokens} to write needs more"
            )
        begun = time.perf_counter()
        context = self._open(len(ids) + max_tokens)
        context.clear()
        for at in range(0, len(ids), context.n_batch):
            part = ids[at : at + context.n_batch]
            last = np.zeros(len(part), np.int8)
            last[-1] = at + len(part) == len(ids)
            context.decode(part, np.arange(at, at + len(part)), 0, last)
        read = time.perf_counter()
        written = _Writing(self.model, context, len(ids), listen)
        finish = written.run(max_tokens)
        count = len(written.ids)
        mean = -written.loss / count if count else 0.0
        ended = time.perf_counter()
        least = -written.most_loss
        text = written.text(finish)
        return Spoken(text, count, mean, least, finish, read - begun, ended - read)

    def _open(self, cells: int) -> Context:
        cells = -(-cells // 512) * 512
        if self._context is None or self._context.n_ctx < cells:
            self.close()
            self._context = Context.of(self.model, Shape(cells, _BATCH, 1, True, 1), self._threads)
        return self._context


class _Writing:
    """One reply in work."""

    def __init__(
        self, model: Model, context: Context, position: int, listen: Callable[[str], None]
    ) -> None:
        self._model, self._context = model, context
        self._position = position
        self._listen = listen
        self._decoder = codecs.getincrementaldecoder("utf-8")("ignore")
        self.ids: list[int] = []
        self.loss = self.most_loss = 0.0

    def run(self, max_tokens: int) -> Literal["end", "length", "loop"]:
        while True:
            logits = self._context.logits(1)
            token = int(logits[0].argmax())
            if self._ends(token):
                return "end"
            loss = float(reduce_nll(logits, np.array([token], np.int32))[0])
            self.loss += loss
            self.most_loss = max(self.most_loss, loss)
            self.ids.append(token)
            if piece := self._decoder.decode(self._model.pieces[token]):
                self._listen(piece)
            if len(self.ids) % 8 == 0 and _period(self.ids):
                return "loop"
            if len(self.ids) >= max_tokens:
                return "length"
            self._context.decode([token], [self._position], 0, 1)
            self._position += 1

    def _ends(self, token: int) -> bool:
        model = self._model
        return model.is_end(token) or bool(model._c.llama_vocab_is_control(model.vocab, token))

    def text(self, finish: str) -> str:
        ids = _before_loop(self.ids, _period(self.ids)) if finish == "loop" else self.ids
        raw = b"".join(self._model.pieces[i] for i in ids)
        # A character cut in half at the end is dropped, never replaced.
        return raw.decode("utf-8", "ignore")
