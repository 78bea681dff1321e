"""How much information each stretch of a text carries under the language model."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..llama.model import Ids
from ..llama.score import Scorer
from ..selection import Floats
from .base import Task

_CHUNK = 20_000  # characters tokenised at a time, cut where a segment ends


class Information:
    """Cumulative NLL by character (nats): ``of(a, b)`` is that of ``text[a:b]``."""

    def __init__(self, by_char: Floats) -> None:
        self._by_char = by_char

    def of(self, start: int, end: int) -> float:
        return float(self._by_char[end] - self._by_char[start])

    def of_many(self, starts: np.ndarray, ends: np.ndarray) -> Floats:
        return self._by_char[ends] - self._by_char[starts]


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
        return Information(np.zeros(1))
    tokens: Ids = np.concatenate(ids)
    lengths = np.concatenate(sizes)
    task.progress.start("scoring", len(tokens))
    nll = scorer.nll(tokens, task.progress.advance).astype(np.float64)
    per_byte = np.repeat(nll / np.maximum(lengths, 1), lengths)
    by_byte = np.concatenate(([0.0], np.cumsum(per_byte)))
    return Information(by_byte[_byte_of_char(text)])


def _byte_of_char(text: str) -> np.ndarray:
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
