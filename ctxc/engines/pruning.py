"""Iterative token pruning (ITPC) of LLMLingua and LongLLMLingua, on whole words.

The text is scored window by window, each given what was kept of the windows
before it (Jiang et al. 2023, section 4.2). With a question the score is
contrastive: how much the question tells about a word (Jiang et al. 2024,
equation 4). A window keeps the words above its quantile; a word's priority is
its place in that order, moved by its passage's bonus (dynamic ratio), so that
one threshold over all priorities is every window's own quantile.

Differs from the published code, which ``published`` reproduces: a word is
judged by its own surprise, not its successor's; a window's quantile is taken
over that window alone; all windows are pruned, the last one too; words stay
whole, and protected ones stay with their sentence.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..document import Segment, Span
from ..llama.model import Ids, Model
from ..llama.past import Past
from ..render import Piece
from ..segment import words as all_words
from ..selection import Floats, Word
from .base import Task
from .coarse import Passage
from .wording import groups

WINDOW = 200  # tokens; the published default
_HISTORY = 256  # tokens of kept text that a full context begins anew with
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


class Pruner:
    """Scores a stretch window by window; ``question`` (tokens) makes the scores contrastive."""

    def __init__(self, past: Past, question: Ids | None = None) -> None:
        start = np.array([past.model.start_token], np.int32)
        self._past = past
        self._heads = [start]
        if question is not None:
            self._heads.append(np.concatenate((start, question)).astype(np.int32))
        self._history: list[int] = []
        self._pending = np.empty(0, np.int32)
        for sequence, head in enumerate(self._heads):
            past.begin(head, sequence)

    def scores(self, window: Ids) -> Floats:
        """Per token of ``window``: NLL, or with a question how much lower it makes that."""
        losses = [self._losses(window, sequence) for sequence in range(len(self._heads))]
        if len(losses) == 1:
            return losses[0].astype(np.float64)
        return losses[0].astype(np.float64) - losses[1]

    def _losses(self, window: Ids, sequence: int) -> np.ndarray:
        past, head = self._past, self._heads[sequence]
        line = np.concatenate((self._pending, window)).astype(np.int32)
        size = past.size(sequence)
        if size + len(line) > past.length:
            line = np.concatenate((self._history[-_HISTORY:], window)).astype(np.int32)
            past.begin(head, sequence)
            size = len(head)
        nll = past.append(line, sequence, scored=len(window))
        past.cut(size + len(line) - len(window), sequence)
        return nll

    def keep(self, ids: Ids) -> None:
        """What is kept of the window just scored: the next one is read after it."""
        self._pending = ids
        self._history = [*self._history, *(int(i) for i in ids)][-_HISTORY:]


def priorities(
    text: Stretch, pruner: Pruner, rate: float, bonus: Sequence[float], task: Task
) -> Floats:
    """A priority for each word of ``text``: above ``1 - rate`` means kept at ``rate``."""
    total = len(text.ids)
    out = np.full(len(text.spans), -math.inf)
    nats, tokens = np.zeros(len(text.spans)), np.zeros(len(text.spans))
    extra = np.asarray(bonus, np.float64)[text.passage] if len(text.spans) else np.zeros(0)
    count = -(-total // WINDOW)
    word_of = np.searchsorted(text.ends, text.offsets[:-1], side="right")
    task.progress.start("pruning", total)
    for number in range(count):
        a, b = total * number // count, total * (number + 1) // count
        scores = pruner.scores(text.ids[a:b])
        first, last = spread(text, a, b, scores, nats, tokens)
        here = slice(first, last)
        out[here] = 1.0 - _places(nats[here], tokens[here]) + extra[here]
        kept = _kept(text, here, out[here] > 1.0 - rate)
        keep = np.zeros(b - a, bool)
        inside = (word_of[a:b] >= first) & (word_of[a:b] < last)
        keep[inside] = kept[word_of[a:b][inside] - first]
        pruner.keep(text.ids[a:b][keep])
        task.progress.advance(b - a)
    return out


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


def _places(nats: Floats, tokens: Floats) -> Floats:
    """The share of a window's tokens in words that say more: 0 for the most telling word."""
    order = np.argsort(-nats, kind="stable")
    before = np.cumsum(tokens[order]) - tokens[order] / 2
    places = np.empty(len(nats))
    places[order] = before / max(float(tokens.sum()), 1e-9)
    return places


def _kept(text: Stretch, here: slice, above: np.ndarray) -> np.ndarray:
    """``above``, with the protected words of a segment of which anything is kept."""
    segments = text.owner[here]
    some = np.isin(segments, segments[above])
    return above | (text.fixed[here] & some)


def as_words(task: Task, text: Stretch, priority: Floats) -> list[Word]:
    """For ``selection.select_words``: words of prose, everything else as whole segments.

    Titles and headers above what survived come along, wherever they stand.
    """
    out = []
    for index in np.unique(text.owner):
        segment = task.segments[index]
        inside = slice(*np.searchsorted(text.owner, (index, index + 1)))
        if not segment.prunable:
            score = float(priority[inside].mean())
            out.append(Word(Piece(segment.start, segment.core_end, score), int(index), True))
            continue
        out += [
            Word(Piece(span.start, span.end, float(p)), int(index), bool(fixed))
            for span, p, fixed in zip(
                text.spans[inside], priority[inside], text.fixed[inside], strict=True
            )
        ]
    return sorted([*out, *_parents(task, text)], key=lambda w: w.piece.start)


def _parents(task: Task, text: Stretch) -> Iterator[Word]:
    there = {int(i) for i in np.unique(text.owner)}
    todo = list(there)
    while todo:
        segment = task.segments[todo.pop()]
        for parent in (segment.needs, segment.heading):
            if parent >= 0 and parent not in there:
                there.add(parent)
                todo.append(parent)
                above = task.segments[parent]
                yield Word(Piece(above.start, above.core_end, -math.inf), parent, True)
