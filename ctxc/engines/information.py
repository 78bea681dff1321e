"""How much information each stretch of a text carries under the language model."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from ..llama.model import Ids
from ..llama.score import Scorer
from ..selection import Floats
from .base import Task

Offsets = npt.NDArray[np.int64]

_CHUNK = 20_000  # characters tokenised at a time, cut where a segment ends


class Information:
    """Cumulative NLL (nats) and tokens by character, ``(len(text) + 1,)`` each."""

    def __init__(self, nats: Floats, tokens: Floats) -> None:
        self._nats = nats
        self._tokens = tokens

    def of(self, start: int, end: int) -> float:
        """Nats of ``text[start:end]``."""
        return float(self._nats[end] - self._nats[start])

    def density(self, starts: Offsets, ends: Offsets) -> Floats:
        """Nats per token of each ``text[start:end]``: what it says for the room it takes."""
        nats = self._nats[ends] - self._nats[starts]
        tokens = self._tokens[ends] - self._tokens[starts]
        return nats / np.maximum(tokens, 1.0)


def information(task: Task, scorer: Scorer) -> Information:
    """Score the whole text, window by window.

    Tokens are told apart by byte offsets. A token's NLL is spread evenly over
    its bytes, so that a word gets its share of a token it only touches, and no
    word is ever rebuilt from token ids.
    """
    text = task.text
    ids, sizes = [], []
    for chunk in _chunks(task):
        raw = chunk.encode("utf-8", "replace")
        tokens = scorer.model.encode(chunk)
        ids.append(tokens)
        sizes.append(np.diff(scorer.model.byte_offsets(raw, tokens)))
    if not ids:
        return Information(np.zeros(len(text) + 1), np.zeros(len(text) + 1))
    tokens: Ids = np.concatenate(ids)
    lengths = np.concatenate(sizes)
    task.progress.start("scoring", len(tokens))
    nll = scorer.nll(tokens, task.progress.advance).astype(np.float64)
    chars = _byte_of_char(text)
    return Information(*(_cumulative(x, lengths)[chars] for x in (nll, np.ones(len(nll)))))


def _cumulative(by_token: Floats, lengths: Offsets) -> Floats:
    """Running sums by byte, each token's value spread over its ``lengths`` bytes."""
    by_byte = np.repeat(by_token / np.maximum(lengths, 1), lengths)
    return np.concatenate(([0.0], np.cumsum(by_byte)))


def _byte_of_char(text: str) -> Offsets:
    """The byte offset of each character of the UTF-8 text, and of its end."""
    raw = np.frombuffer(text.encode("utf-8", "replace"), np.uint8)
    starts = np.flatnonzero((raw & 0xC0) != 0x80)
    return np.append(starts, len(raw))


def _chunks(task: Task) -> Iterator[str]:
    start = 0
    for segment in task.segments:
        if segment.end - start >= _CHUNK:
            for at in range(start, segment.end, 4 * _CHUNK):  # one segment may be megabytes
                yield task.text[at : min(segment.end, at + 4 * _CHUNK)]
            start = segment.end
    if start < len(task.text):
        yield task.text[start:]
