"""Sentence embeddings from a BERT-family GGUF: mean-pooled, normalised."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from .context import MEAN_POOLING, Context
from .model import Ids, Model

_BATCH = 512  # an encoder's batch is one micro-batch; larger ones abort the process
_LONGEST = 256  # tokens of one text; all-MiniLM was trained on at most 256


class Encoder:
    """Embeds short texts; several share a batch and do not see each other."""

    def __init__(self, model: Model, *, threads: int = 0) -> None:
        self.model = model
        self.width = model.n_embd
        self._longest = min(_LONGEST, model.context_length)
        self._context = Context(
            model, n_ctx=_BATCH, n_batch=_BATCH, n_seq=64, threads=threads, pooling=MEAN_POOLING
        )

    def close(self) -> None:
        self._context.close()

    def embed(
        self, texts: Sequence[str], advance: Callable[[float], None] = lambda _: None
    ) -> npt.NDArray[np.float32]:
        """Unit vectors, ``(len(texts), width)``; a text over 256 tokens loses its end."""
        ids = [self._tokens(text) for text in texts]
        vectors = np.zeros((len(ids), self.width), np.float32)
        # By length, so that batches fill; ties by position, so that results repeat.
        order = sorted(range(len(ids)), key=lambda i: (len(ids[i]), i))
        group: list[int] = []
        used = 0
        for index in order:
            if group and (used + len(ids[index]) > _BATCH or len(group) == self._context.n_seq):
                self._run(group, ids, vectors)
                advance(len(group))
                group, used = [], 0
            group.append(index)
            used += len(ids[index])
        if group:
            self._run(group, ids, vectors)
            advance(len(group))
        return vectors

    def _tokens(self, text: str) -> Ids:
        c = self.model._c
        # A text of megabytes need not be tokenised whole to be cut to 256 tokens.
        body = self.model.encode(text[: 16 * self._longest])[: self._longest - 2]
        first, last = c.llama_vocab_bos(self.model.vocab), c.llama_vocab_sep(self.model.vocab)
        return np.concatenate(([first], body, [last])).astype(np.int32)

    def _run(self, group: list[int], ids: list[Ids], vectors: npt.NDArray[np.float32]) -> None:
        tokens = np.concatenate([ids[i] for i in group])
        positions = np.concatenate([np.arange(len(ids[i])) for i in group])
        sequences = np.repeat(np.arange(len(group)), [len(ids[i]) for i in group])
        self._context.encode(tokens, positions, sequences)
        for sequence, index in enumerate(group):
            vector = self._context.pooled(sequence, self.width)
            norm = float(np.linalg.norm(vector))
            vectors[index] = vector / norm if norm > 0 else 0.0
