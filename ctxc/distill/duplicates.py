"""Lines that say the same become one line with all their sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..document import Span
from ..text.salience import Line, read_text

_SIMILAR = 0.75  # shared over all content words
_WITHIN = 0.9  # share of the shorter line's words that the longer one holds
_RAREST = 4


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
    postings: dict[str, list[int]] = {}
    kept: list[int] = []
    spans: dict[int, list[Span]] = {}
    for index in sorted(range(len(lines)), key=lambda i: (-lines[i].score, lines[i].segment)):
        words = sorted(said[index].words, key=lambda w: (rarity[w], w))[:_RAREST]
        twin = first.get(said[index])
        if twin is None:
            near = sorted({k for w in words for k in postings.get(w, ())})
            twin = next((k for k in near if _same(said[k], said[index])), None)
        if twin is not None and "\n" not in lines[index].text:
            spans[twin] += [s for s in lines[index].spans if s not in spans[twin]]
            continue
        kept.append(index)
        first.setdefault(said[index], index)
        spans[index] = list(lines[index].spans)
        for word in said[index].words:
            if rarity[word] > 1:
                postings.setdefault(word, []).append(index)
    return [replace(lines[i], spans=tuple(spans[i])) for i in sorted(kept)]


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
    return other.stated <= better.stated and len(other.words) >= 3 and (
        shared >= _WITHIN * len(other.words)
    )
