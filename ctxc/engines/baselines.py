"""``truncate`` and ``random``: what everybody must beat."""

from __future__ import annotations

import hashlib

import numpy as np

from ..document import Span
from ..llama.runtime import Runtime
from ..selection.beginning import select_beginning
from ..selection.prefix import Selection, Word, longest_prefix
from ..selection.render import Piece
from ..text.word_classes import groups
from .base import Task
from .extractive import by_segment, whole_parts


class TruncateEngine:
    """The beginning of the text and nothing else (``selection.beginning``)."""

    name = "truncate"
    needs_question = False

    def compress(self, task: Task, runtime: Runtime) -> Selection:
        if task.level == "word" and (found := _by_words(task)).text.strip():
            return found
        segments = task.segments
        if task.level == "document":
            whole, _ = whole_parts(task, np.zeros(len(segments)))
            found = select_beginning(task.fit(), whole)
            if found.text.strip() and not found.notes:
                return found
        return select_beginning(task.fit(), segments)


def _by_words(task: Task) -> Selection:
    words, fit = _in_reading_order(task), task.fit(speakers=False)
    size = longest_prefix(
        len(words), lambda k: fit.tokens(_beginning(task, words, k)), fit.target, fit.target
    )
    size = _without_torn(words, size)
    while size > 0 and task.segments[words[size - 1].segment].comes_along:
        size -= 1  # a title with nothing under it says nothing
    return fit.selection(_beginning(task, words, size))


def _beginning(task: Task, words: list[Word], size: int) -> list[Piece]:
    """The first words, and the definitions of links among them that stand further on."""
    there = {word.segment for word in words[:size]}
    needed = {i for index in there for i in task.segments[index].refers} - there
    return [w.piece for i, w in enumerate(words) if i < size or w.segment in needed]


def _in_reading_order(task: Task) -> list[Word]:
    """Words of prose, and what is no prose whole, each less important than the one before."""
    out: list[Word] = []
    for index, segment in enumerate(task.segments):
        if segment.prunable:
            found = groups(task.text, segment, task.protect)
        else:
            found = [(Span(segment.start, segment.core_end), True)]
        for span, fixed in found:
            out.append(Word(Piece(span.start, span.end, -float(span.start)), index, fixed))
    return out


def _without_torn(words: list[Word], size: int) -> int:
    """``size`` without the last sentence begun, where a figure or a name of it was left out."""
    torn = words[size].segment if size < len(words) else -1
    if any(word.fixed and word.segment == torn for word in words[size:]):
        while size and words[size - 1].segment == torn:
            size -= 1
    return size


class RandomEngine:
    """Random segments; the same text always gives the same ones."""

    name = "random"
    needs_question = False

    def compress(self, task: Task, runtime: Runtime) -> Selection:
        seed = hashlib.sha256(task.text.encode("utf-8", "replace")).digest()
        scores = []
        for index in range(len(task.segments)):
            digest = hashlib.sha256(seed + index.to_bytes(8, "big")).digest()
            scores.append(int.from_bytes(digest[:8], "big") / 2**64)
        return by_segment(task, scores)
