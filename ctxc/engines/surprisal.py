"""How much information each stretch of a text carries under the language model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from ..document import Span
from ..llama.model import Ids
from ..llama.score import Scorer
from ..selection.prefix import Floats
from .base import Task
from .relevance import Flags

Offsets = npt.NDArray[np.int64]

_CHUNK = 20_000  # characters tokenised at a time, cut where a segment ends
_LONGEST = 4 * _CHUNK


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


def information(task: Task, scorer: Scorer, inside: Flags | None = None) -> Information:
    """Score the text, window by window; only the segments ``inside``, ``(n,)``, where given.

    What is left out carries nothing, and is no context for what follows it.
    Tokens are told apart by byte offsets. A token's NLL is spread evenly over
    its bytes, so that a word gets its share of a token it only touches, and no
    word is ever rebuilt from token ids.
    """
    text = task.text
    at = _byte_of_char(text)
    ids: list[Ids] = []
    sizes: list[Offsets] = []
    places: list[tuple[int, int]] = []
    for spans in _chunks(task, inside):
        chunk = "".join(span.of(text) for span in spans)
        tokens = scorer.model.encode(chunk)
        if not len(tokens):
            continue
        ids.append(tokens)
        raw = chunk.encode("utf-8", "replace")
        sizes.append(np.diff(scorer.model.byte_offsets(raw, tokens)))
        places += [(int(at[span.start]), int(at[span.end])) for span in spans]
    by_byte = np.zeros((2, int(at[-1]) + 1))  # nats, tokens
    if ids:
        tokens = np.concatenate(ids)
        task.progress.start("scoring", len(tokens))
        nll = scorer.nll(tokens, task.progress.advance).astype(np.float64)
        _place(by_byte[:, 1:], places, np.stack((nll, np.ones(len(nll)))), np.concatenate(sizes))
    nats, counts = np.cumsum(by_byte, axis=1)[:, at]
    return Information(nats, counts)


def _place(
    by_byte: Floats, places: Sequence[tuple[int, int]], by_token: Floats, lengths: Offsets
) -> None:
    """Each token's values ``(2, tokens)`` spread over its ``lengths`` bytes, at the ``places``."""
    spread = np.repeat(by_token / np.maximum(lengths, 1), lengths, axis=1)
    begin = 0
    for start, end in places:
        by_byte[:, start:end] = spread[:, begin : begin + end - start]
        begin += end - start


def _byte_of_char(text: str) -> Offsets:
    """The byte offset of each character of the UTF-8 text, and of its end."""
    raw = np.frombuffer(text.encode("utf-8", "replace"), np.uint8)
    starts = np.flatnonzero((raw & 0xC0) != 0x80)
    return np.append(starts, len(raw))


def _chunks(task: Task, inside: Flags | None) -> Iterator[list[Span]]:
    """What is tokenised together: adjacent segments as one span, some 20,000 characters in all."""
    chunk: list[Span] = []
    size = 0
    for index, segment in enumerate(task.segments):
        if inside is not None and not inside[index]:
            continue
        for start in range(segment.start, segment.end, _LONGEST):  # one may be megabytes
            end = min(segment.end, start + _LONGEST)
            if size + end - start > _CHUNK and chunk:
                yield chunk
                chunk, size = [], 0
            if chunk and chunk[-1].end == start:
                chunk[-1] = Span(chunk[-1].start, end)
            else:
                chunk.append(Span(start, end))
            size += end - start
    if chunk:
        yield chunk
