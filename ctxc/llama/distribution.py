"""Next-token log-probabilities over the whole vocabulary, to compare two programs by."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .context import Context
from .model import Model

_BATCH = 512


def log_probabilities(
    model: Model, ids: npt.ArrayLike, first: int, threads: int = 0
) -> npt.NDArray[np.float32]:
    """The rows behind ``ids[first:]``, each over all tokens: (len(ids) - first, vocabulary)."""
    tokens = np.asarray(ids, np.int32)
    cells = -(-(len(tokens) + 1) // 256) * 256
    out = []
    with Context(model, n_ctx=cells, n_batch=_BATCH, threads=threads) as context:
        for at in range(0, len(tokens), _BATCH):
            part = tokens[at : at + _BATCH]
            places = np.arange(at, at + len(part))
            wanted = (places >= first).astype(np.int8)
            context.decode(part, places, 0, wanted)
            if rows := int(wanted.sum()):
                logits = context.logits(rows).astype(np.float64)
                logits -= logits.max(axis=1, keepdims=True)
                logits -= np.log(np.exp(logits).sum(axis=1, keepdims=True))
                out.append(logits.astype(np.float32))
    return np.concatenate(out)
