"""Questions and texts to vectors, by one encoder; what was embedded before is taken from the store.

A vector depends on the encoder's file, its prefix and the text alone, so it is kept under a
digest of these. All are rounded to float16, kept or not: the first run ranks as the second does.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..models.encoders import EncoderFile
from ..store import embeddings

if TYPE_CHECKING:
    from ..store import Store
    from .encode import Encoder

Vectors = npt.NDArray[np.float32]
Advance = Callable[[float], None]

_VERSION = "1"  # of how a text is made a vector; another one leaves the old rows unused
_REMEMBERED = 8192  # vectors of this process: a text is often asked about twice in a row
_AT_A_TIME = 2048  # texts between two writes: what was embedded when a run is killed is kept


class Embedder:
    """``encoder`` opens the model of ``file``: only where something is not known yet."""

    def __init__(
        self, file: EncoderFile, encoder: Callable[[], Encoder], width: int, store: Store | None
    ) -> None:
        self.file = file
        self.width = width
        self._encoder = encoder
        self._store = store
        self._recent: OrderedDict[str, npt.NDArray[np.float16]] = OrderedDict()

    @property
    def name(self) -> str:
        return self.file.name

    def questions(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of questions, ``(len(texts), width)``."""
        return self._embed(self.file.prefixes[0], texts, lambda _: None)

    def texts(self, texts: Sequence[str], advance: Advance = lambda _: None) -> Vectors:
        """Unit vectors of what questions are asked about, ``(len(texts), width)``."""
        return self._embed(self.file.prefixes[1], texts, advance)

    def _embed(self, prefix: str, texts: Sequence[str], advance: Advance) -> Vectors:
        out = np.zeros((len(texts), self.width), np.float32)
        for at in range(0, len(texts), _AT_A_TIME):
            some = texts[at : at + _AT_A_TIME]
            out[at : at + len(some)] = self._some(prefix, some, advance)
        return out

    def _some(self, prefix: str, texts: Sequence[str], advance: Advance) -> Vectors:
        keys = [self._key(prefix, text) for text in texts]
        known = {key: self._recent[key] for key in keys if key in self._recent}
        missing = [key for key in dict.fromkeys(keys) if key not in known]
        if missing and self._store is not None:
            known |= embeddings.get(self._store, missing, self.width)
        new = {k: text for k, text in zip(keys, texts, strict=True) if k not in known}
        if new:
            rows = self._encoder().embed([prefix + text for text in new.values()], advance)
            made = dict(zip(new, rows.astype(np.float16), strict=True))
            if self._store is not None:
                embeddings.put(self._store, made)
            known |= made
        advance(len(texts) - len(new))
        self._remember(known)
        return np.stack([known[key] for key in keys]).astype(np.float32)

    def _key(self, prefix: str, text: str) -> str:
        digest = hashlib.blake2b(digest_size=20)
        for part in (self.file.digest, str(self.file.pooling), _VERSION, prefix, text):
            raw = part.encode("utf-8", "surrogatepass")
            digest.update(len(raw).to_bytes(8, "big") + raw)
        return digest.hexdigest()

    def _remember(self, vectors: dict[str, npt.NDArray[np.float16]]) -> None:
        self._recent.update(vectors)
        while len(self._recent) > _REMEMBERED:
            self._recent.popitem(last=False)
