"""Where the words of a question stand in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...text.stemming import UNSPACED, terms

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*|\d+(?:[.,]\d+)*")


def asked_words(question: str | None) -> frozenset[str]:
    """The stems of a question's words, those that say nothing left out."""
    return frozenset(terms(question or ""))


def marks(text: str, asked: frozenset[str]) -> Iterator[tuple[int, int]]:
    """The places of those words in ``text``, in order, whatever their ending.

    >>> [*marks("It sells well: selling it paid.", asked_words("Who sold it?"))]
    [(3, 8), (15, 22)]
    >>> [*marks("我们机器学习", asked_words("机器"))]
    [(2, 4)]
    """
    if not asked:
        return
    for word in _WORD.finditer(text):
        if UNSPACED.search(word[0]):
            yield from _pairs(word[0], word.start(), asked)
        elif asked.intersection(terms(word[0])):
            yield word.span()


def _pairs(word: str, at: int, asked: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Pairs of characters that are asked for, overlapping ones as one place."""
    start = end = -1
    for i in range(len(word) - 1):
        if word[i : i + 2] not in asked:
            continue
        if i > end and end >= 0:
            yield at + start, at + end
            start = -1
        start = i if start < 0 else start
        end = i + 2
    if end >= 0:
        yield at + start, at + end
