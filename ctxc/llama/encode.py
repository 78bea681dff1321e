"""Sentence embeddings from a BERT-family GGUF: pooled as its header says, normalised."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from .context import Context
from .model import Ids, Model
from .parallel import Lanes
from .placement.shape import MEAN, Shape, encoding_cpu

_BATCH = 160  # tokens a CPU embeds at a time: nearly as fast as 256, and evener
_SPM, _UGM = 1, 4  # llama.cpp's vocabulary types of SentencePiece
LONGEST = 256  # tokens of one text; all-MiniLM was trained on at most 256

Vectors = npt.NDArray[np.float32]


class Encoder:
    """Embeds short texts; several share a batch and do not see each other."""

    def __init__(
        self,
        model: Model,
        *,
        threads: int = 0,
        shape: Shape | None = None,
        pooling: int = MEAN,
    ) -> None:
        self.model = model
        self.width = model.n_embd
        self._longest = min(LONGEST, model.context_length)
        self._shape = shape or encoding_cpu(pooling)
        self._batch = self._shape.n_batch if shape else _BATCH
        self._lanes = Lanes(model, self._shape, threads)

    def close(self) -> None:
        self._lanes.close()

    def embed(
        self, texts: Sequence[str], advance: Callable[[float], None] = lambda _: None
    ) -> npt.NDArray[np.float32]:
        """Unit vectors, ``(len(texts), width)``; a text over 256 tokens loses its end.

        Retrieved passages overlap: a text that comes twice is read once.
        """
        place: dict[str, int] = {}
        rows = [place.setdefault(text, len(place)) for text in texts]
        vectors = np.zeros((len(place), self.width), np.float32)
        for indices, found in self.stream(list(place)):
            vectors[indices] = found
            advance(len(indices))
        advance(len(texts) - len(place))
        return vectors[rows]

    def stream(self, texts: Sequence[str]) -> Iterator[tuple[list[int], Vectors]]:
        """``embed`` batch by batch: indices into ``texts``, and their vectors."""
        ids = [self._tokens(text) for text in texts]
        groups = list(self._groups(ids))
        vectors = self._lanes.map(self._run, [[ids[i] for i in group] for group in groups])
        yield from zip(groups, vectors, strict=True)

    def _groups(self, ids: Sequence[Ids]) -> Iterator[list[int]]:
        """Indices that share a batch: a multiple of four alike, so that all cores end at once."""
        # By length, so that rows are alike; ties by position, so that results repeat.
        order = sorted(range(len(ids)), key=lambda i: (len(ids[i]), i))
        total = sum(map(len, ids))
        share = total / (4 * math.ceil(total / (4 * self._batch))) if total > self._batch else total
        group: list[int] = []
        used = settled = number = 0
        for index in order:
            full = used + len(ids[index]) > self._shape.n_batch or len(group) == self._shape.n_seq
            if group and (full or settled >= share * (number + 1)):
                yield group
                group, used, number = [], 0, number + 1
            group.append(index)
            used += len(ids[index])
            settled += len(ids[index])
        if group:
            yield group

    def _tokens(self, text: str) -> Ids:
        c, vocab = self.model._c, self.model.vocab
        # A text of megabytes need not be tokenised whole to be cut to 256 tokens.
        text = text[: 16 * self._longest]
        if c.llama_vocab_type(vocab) in (_SPM, _UGM):
            text = unicodedata.normalize("NFKC", text)  # as SentencePiece does when it trains
        body = self.model.encode(text)[: self._longest - 2]
        first, last = c.llama_vocab_bos(vocab), c.llama_vocab_sep(vocab)
        if last < 0:
            last = c.llama_vocab_eos(vocab)
        return np.concatenate(([first], body, [last])).astype(np.int32)

    def _run(self, context: Context, ids: list[Ids]) -> Vectors:
        tokens = np.concatenate(ids)
        positions = np.concatenate([np.arange(len(i)) for i in ids])
        sequences = np.repeat(np.arange(len(ids)), [len(i) for i in ids])
        context.encode(tokens, positions, sequences)
        vectors = np.zeros((len(ids), self.width), np.float32)
        for sequence in range(len(ids)):
            vector = context.pooled(sequence, self.width)
            norm = float(np.linalg.norm(vector))
            vectors[sequence] = vector / norm if norm > 0 else 0.0
        return vectors
