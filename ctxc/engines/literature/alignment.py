"""Passages as tokens and as words, side by side in bytes, and scores from the one to the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ...document import Segment, Span
from ...llama.model import Ids, Model
from ...selection.prefix import Floats
from ...text.segment import words as all_words
from ...text.word_classes import groups
from ..base import Task
from .coarse import Passage

_CHUNK = 20_000  # characters tokenised at a time
_SPACES = np.isin(np.arange(256), list(b" \t\r\n\f\v"))


@dataclass(frozen=True, slots=True)
class Stretch:
    """Passages as tokens and words, in bytes from the beginning of the first.

    ``offsets`` are where tokens begin and the last one ends; ``starts`` and
    ``ends`` are the words'; ``owner`` is each word's segment, ``passage`` its
    place in the list of passages, ``fixed`` whether it is protected.
    """

    raw: bytes
    ids: Ids
    offsets: np.ndarray
    spans: tuple[Span, ...]
    starts: np.ndarray
    ends: np.ndarray
    owner: np.ndarray
    passage: np.ndarray
    fixed: np.ndarray


def stretch(task: Task, model: Model, kept: Sequence[Passage]) -> Stretch:
    """Tokenise ``kept`` (in reading order) and find their words."""
    raw, ids, offsets = bytearray(), [np.empty(0, np.int32)], [np.zeros(1, np.int64)]
    spans: list[Span] = []
    bounds = [np.empty((0, 2), np.int64)]
    owner: list[int] = []
    passage: list[int] = []
    fixed: list[bool] = []
    for number, one in enumerate(kept):
        for begin, end, words in _chunks(task, one):
            chunk = task.text[begin:end]
            body, tokens = chunk.encode("utf-8", "replace"), model.encode(chunk)
            here = [(s.start - begin, min(s.end, end) - begin) for s, _, _ in words]
            bounds.append(byte_of_char(chunk)[np.array(here, np.int64).reshape(-1, 2)] + len(raw))
            offsets.append(model.byte_offsets(body, tokens)[1:] + len(raw))
            ids.append(tokens)
            raw += body
            spans += [span for span, _, _ in words]
            owner += [index for _, index, _ in words]
            fixed += [tied for _, _, tied in words]
            passage += [number] * len(words)
    starts, ends = np.concatenate(bounds).T
    return Stretch(
        bytes(raw),
        np.concatenate(ids),
        np.concatenate(offsets),
        tuple(spans),
        starts,
        ends,
        np.array(owner, np.int64),
        np.array(passage, np.int64),
        np.array(fixed, bool),
    )


def byte_of_char(text: str) -> np.ndarray:
    """The byte offset of each character of the UTF-8 text, and of its end."""
    raw = np.frombuffer(text.encode("utf-8", "replace"), np.uint8)
    return np.append(np.flatnonzero((raw & 0xC0) != 0x80), len(raw))


def _groups(task: Task, segment: Segment) -> list[tuple[Span, bool]]:
    if segment.prunable:
        return groups(task.text, segment, task.protect)
    return [(word, True) for word in all_words(task.text, segment.start, segment.core_end)]


def _chunks(
    task: Task, passage: Passage
) -> Iterator[tuple[int, int, list[tuple[Span, int, bool]]]]:
    """``(begin, end, words)``: 20,000 characters or so, and the words that begin in them."""
    begin = passage.start
    words: list[tuple[Span, int, bool]] = []
    for index in range(passage.first, passage.last):
        segment = task.segments[index]
        words += [(span, index, tied) for span, tied in _groups(task, segment)]
        if segment.end - begin >= _CHUNK or index + 1 == passage.last:
            done = 0
            for at in range(begin, segment.end, 4 * _CHUNK):  # one segment may be megabytes
                stop = min(segment.end, at + 4 * _CHUNK)
                first = done
                while done < len(words) and words[done][0].start < stop:
                    done += 1
                yield at, stop, words[first:done]
            begin, words = segment.end, []


def spread(
    text: Stretch, a: int, b: int, scores: Floats, nats: Floats, tokens: Floats
) -> tuple[int, int]:
    """Add the scores of tokens ``a:b`` to the words whose bytes they hold; which words those are.

    A token's score goes to its visible bytes evenly: a word gets its share of
    a token it only touches, and the space in front of it gets nothing.
    """
    begin, end = int(text.offsets[a]), int(text.offsets[b])
    lengths = np.diff(text.offsets[a : b + 1])
    visible = ~_SPACES[np.frombuffer(text.raw[begin:end], np.uint8)]
    token = np.repeat(np.arange(b - a), lengths)
    inside = np.bincount(token[visible], minlength=b - a)
    share = visible / np.maximum(inside, 1)[token]
    sums = np.concatenate(([0.0], np.cumsum(share * scores[token])))
    counts = np.concatenate(([0.0], np.cumsum(share)))
    first = int(np.searchsorted(text.ends, begin, side="right"))
    last = int(np.searchsorted(text.starts, end, side="left"))
    left = np.maximum(text.starts[first:last], begin) - begin
    right = np.minimum(text.ends[first:last], end) - begin
    nats[first:last] += sums[right] - sums[left]
    tokens[first:last] += counts[right] - counts[left]
    return first, last
