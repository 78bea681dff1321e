"""A reader's answer in the words of the original: what compression dropped inside it comes back.

A reader that saw "Barack Obama, 1961, Honolulu" answers with it, where the
original says "Barack Hussein Obama II, born on 4 August 1961 in Honolulu".
LongLLMLingua's subsequence recovery (Jiang et al. 2024, section 4.4): each
stretch of the response that stands in the compressed text is replaced by the
shortest stretch of the original it can have come from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .segment import words

REACH = 10
"""How far behind a word the next one may stand in the original (the published bound)."""

_ATOM = re.compile(r"\w+|[^\w\s]")
_MOST_STEPS = 4_000_000  # of all searches; what a repetitive text leaves beyond them stays as it is


def recover(original: str, compressed: str, response: str) -> str:
    """``response`` with what was cut out of its quotations of ``compressed`` put back.

    The longest runs of words and punctuation that ``response`` has in common
    with ``compressed`` are looked up in ``original``; a run from which
    something was dropped there, never more than nine words in a row, is
    replaced by the original's own characters, in the shortest span that covers
    it. Everything else, white space too, stays as the reader wrote it: the
    result holds nothing that is not in ``response`` or ``original``, and where
    nothing was compressed it is ``response``.

    >>> recover("Born on 4 August 1961 in Honolulu, he ...", "Born 1961 Honolulu", "Born 1961.")
    'Born on 4 August 1961.'
    """
    source, answer = _Atoms(original), _Atoms(response)
    whole, seen = _Substrings(source.texts), _Substrings(_Atoms(compressed).texts)
    out, done = [], 0
    for first, last in _runs(answer.texts, seen):
        while first < last:
            size = whole.longest(answer.texts, first, last)
            reached, span = source.cover(answer.texts[first:last])
            if reached > size and span is not None:
                out.append(response[done : answer.starts[first]])
                out.append(original[source.starts[span[0]] : source.ends[span[1]]])
                done = answer.ends[first + reached - 1]
            first += max(reached, size, 1)
    return "".join([*out, response[done:]])


class _Atoms:
    """The words and punctuation marks of a text, with where they stand."""

    def __init__(self, text: str) -> None:
        found = [
            match
            for word in words(text, 0, len(text))
            for match in _ATOM.finditer(text, word.start, word.end)
        ]
        self.texts = [match.group() for match in found]
        self.starts = [match.start() for match in found]
        self.ends = [match.end() for match in found]
        self._steps = 0
        self._where: dict[str, list[int]] = {}
        for index, atom in enumerate(self.texts):
            self._where.setdefault(atom, []).append(index)

    def cover(self, run: Sequence[str]) -> tuple[int, tuple[int, int] | None]:
        """How much of the beginning of ``run`` is found in order, and its shortest span.

        Each word stands at most ``REACH`` behind the one before it.
        """
        # Place of the last word found -> the latest place its first word can have.
        ends = {at: at for at in self._where.get(run[0], ())}
        reached = 0
        last = ends
        while ends and self._steps <= _MOST_STEPS:
            reached, last = reached + 1, ends
            if reached == len(run):
                break
            self._steps += len(ends) * REACH
            ends = self._next(ends, run[reached])
        if not reached:
            return 0, None
        return reached, min(((a, b) for b, a in last.items()), key=lambda s: (s[1] - s[0], s[0]))

    def _next(self, ends: dict[int, int], atom: str) -> dict[int, int]:
        after: dict[int, int] = {}
        for at, start in ends.items():
            for place in range(at + 1, min(at + REACH + 1, len(self.texts))):
                if self.texts[place] == atom and start > after.get(place, -1):
                    after[place] = start
        return after


def _runs(atoms: Sequence[str], seen: _Substrings) -> Iterator[tuple[int, int]]:
    """Maximal runs of ``atoms`` that occur in the compressed text, from left to right."""
    at = 0
    while at < len(atoms):
        size = seen.longest(atoms, at, len(atoms))
        if size:
            yield at, at + size
        at += max(size, 1)


class _Substrings:
    """All substrings of a sequence, in linear space: its suffix automaton (Blumer et al. 1985)."""

    def __init__(self, sequence: Sequence[str]) -> None:
        self._next: list[dict[str, int]] = [{}]
        self._link, self._length = [-1], [0]
        last = 0
        for item in sequence:
            last = self._add(item, last)

    def _add(self, item: str, last: int) -> int:
        new = self._state(self._length[last] + 1, {})
        at = last
        while at >= 0 and item not in self._next[at]:
            self._next[at][item] = new
            at = self._link[at]
        if at < 0:
            self._link[new] = 0
            return new
        other = self._next[at][item]
        if self._length[other] == self._length[at] + 1:
            self._link[new] = other
            return new
        copy = self._state(self._length[at] + 1, dict(self._next[other]))
        self._link[copy] = self._link[other]
        while at >= 0 and self._next[at].get(item) == other:
            self._next[at][item] = copy
            at = self._link[at]
        self._link[other] = self._link[new] = copy
        return new

    def _state(self, length: int, following: dict[str, int]) -> int:
        self._next.append(following)
        self._link.append(0)
        self._length.append(length)
        return len(self._next) - 1

    def longest(self, items: Sequence[str], first: int, last: int) -> int:
        """The length of the longest prefix of ``items[first:last]`` that occurs."""
        state, at = 0, first
        while at < last and items[at] in self._next[state]:
            state = self._next[state][items[at]]
            at += 1
        return at - first
