"""Lines that say the same become one line with all their sources."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..facts import facts
from .lines import Line
from .salience import STOP, stem

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
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
    rarity = Counter(word for s in said for word in s.words)
    postings: dict[str, list[int]] = {}
    kept: list[int] = []
    spans: dict[int, list] = {}
    for index in sorted(range(len(lines)), key=lambda i: (-lines[i].score, lines[i].segment)):
        words = sorted(said[index].words, key=lambda w: (rarity[w], w))[:_RAREST]
        near = sorted({k for w in words for k in postings.get(w, ())})
        twin = next((k for k in near if _same(said[k], said[index])), None)
        if twin is not None and "\n" not in lines[index].text:
            spans[twin] += [s for s in lines[index].spans if s not in spans[twin]]
            continue
        kept.append(index)
        spans[index] = list(lines[index].spans)
        for word in said[index].words:
            if rarity[word] > 1:
                postings.setdefault(word, []).append(index)
    return [replace(lines[i], spans=tuple(spans[i])) for i in sorted(kept)]


def _read(text: str) -> _Said:
    words = {stem(w.lower()) for w in _WORD.findall(text)}
    found = facts(text)
    stated = {f.value for kind in found.kinds()[:4] for f in kind}
    return _Said(frozenset(words - STOP), frozenset(stated), len(found.negations))


def _same(better: _Said, other: _Said) -> bool:
    if not other.words or better.negations != other.negations:
        return False
    shared = len(better.words & other.words)
    if better.stated == other.stated and shared >= _SIMILAR * len(better.words | other.words):
        return True
    return other.stated <= better.stated and len(other.words) >= 3 and (
        shared >= _WITHIN * len(other.words)
    )
