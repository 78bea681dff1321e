"""Lines that say the same become one line with all their sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..document import Span
from ..text.salience import Line, read_text

_SIMILAR = 0.75  # shared over all content words
_WITHIN = 0.9  # share of the shorter line's words that the longer one holds
_RAREST = 4
_NONE: frozenset[int] = frozenset()
_MOST_LISTED = 200
"""Lines listed under one word, the best-ranked ones. Without a bound, a text of few words (a log,
one repeated phrase, pairs of ideographs) would have each line compared with all before it."""


@dataclass(frozen=True, slots=True)
class _Said:
    words: frozenset[str]
    stated: frozenset[str]
    negations: int


def merge(lines: Sequence[Line]) -> list[Line]:
    """Near-duplicates go; the best-ranked of each stays and takes over the others' spans.

    Two lines are the same only if their numbers, dates, identifiers and
    negations are the same too: "5 %" and "6 %" in one sentence are two facts.
    """
    said = [_read(line.text) for line in lines]
    first: dict[_Said, int] = {}
    rarity = Counter(word for s in said for word in s.words)
    listed = _Listed({}, {}, {}, rarity)
    kept: list[int] = []
    spans: dict[int, list[Span]] = {}
    for index in sorted(range(len(lines)), key=lambda i: (-lines[i].score, lines[i].segment)):
        twin = first.get(said[index])
        if twin is None:
            near = listed.near(said[index])
            twin = next((k for k in near if _same(said[k], said[index])), None)
        if twin is not None and "\n" not in lines[index].text:
            spans[twin] += [s for s in lines[index].spans if s not in spans[twin]]
            continue
        kept.append(index)
        first.setdefault(said[index], index)
        spans[index] = list(lines[index].spans)
        listed.add(index, said[index])
    return [replace(lines[i], spans=tuple(spans[i])) for i in sorted(kept)]


@dataclass(frozen=True, slots=True)
class _Listed:
    """Kept lines by the words and by the facts in them; ``rarity``: lines with each word.

    ``bits`` are each line's words, each one bit of 256: a bit that one line lacks is a
    word that it lacks, which rules most pairs out before their words are compared.
    """

    by_word: dict[str, list[int]]
    by_fact: dict[str, set[int]]
    bits: dict[int, int]
    rarity: Mapping[str, int]

    def add(self, index: int, said: _Said) -> None:
        for word in said.words:
            here = self.by_word.setdefault(word, []) if self.rarity[word] > 1 else None
            if here is not None and len(here) < _MOST_LISTED:
                here.append(index)
        for fact in said.stated:
            self.by_fact.setdefault(fact, set()).add(index)
        self.bits[index] = _bits(said.words)

    def near(self, said: _Said) -> list[int]:
        """The lines that may be the same as one that says ``said``, in reading order.

        They hold all its facts and at least ``_SIMILAR`` of its words, so one of
        any that are more than the rest.
        """
        most_missing = int((1 - _SIMILAR) * len(said.words))
        rarest = sorted(said.words, key=lambda w: (self.rarity[w], w))
        words = rarest[: min(_RAREST, most_missing + 1)]
        near = {k for w in words for k in self.by_word.get(w, ())}
        if said.stated and near:
            near &= min((self.by_fact.get(f, _NONE) for f in said.stated), key=len)
        own = _bits(said.words)
        bits = self.bits
        return sorted(k for k in near if (own & ~bits[k]).bit_count() <= most_missing)


def _bits(words: Iterable[str]) -> int:
    out = 0
    for word in words:
        out |= 1 << (hash(word) & 255)
    return out


def _read(text: str) -> _Said:
    unit = read_text(text)
    stated = {f.value for kind in unit.facts.kinds()[:4] for f in kind}
    return _Said(unit.words, frozenset(stated), len(unit.facts.negations))


def _same(better: _Said, other: _Said) -> bool:
    if not other.words or better.negations != other.negations:
        return False
    shared = len(better.words & other.words)
    if better.stated == other.stated and shared >= _SIMILAR * len(better.words | other.words):
        return True
    return (
        other.stated <= better.stated
        and len(other.words) >= 3
        and (shared >= _WITHIN * len(other.words))
    )
