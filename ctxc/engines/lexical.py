"""Lexical evidence that a sentence answers a question: no model, pure Python, milliseconds.

``lexical_scores`` is BM25 (Robertson et al. 1994) over sentences with the
title of the sentence's part as a second field (BM25F), after a light stemmer,
plus four small terms: how much of the question the whole part covers, how much
of the title the question names, neighbouring words of the question found side
by side, and whether the sentence holds what the question asks for (a date for
"when"). Scores are divided by the question's own weight, so that about 2 means
"everything asked is here" for any question.

The constants were tuned on the first half of issue 3's evaluation sets (70 of
nq10, 30 of nq20) by the share of answers kept at ratios of 2.5 to 20.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from ..text.question import Asking
from ..text.stemming import terms

K1 = 0.9
"""How fast a second mention of a word stops counting."""
B = 0.85
"""How far a long sentence is marked down (0: not, 1: in proportion)."""
TITLE = 3.0
"""Mentions in the sentence that one in the title is worth."""
COVERAGE = 0.3
"""Weight of the share of the question found anywhere in the part."""
NAMED = 0.3
"""Weight of the share of the title found in the question."""
ADJACENT = 0.3
"""Weight of two words of the question that stand side by side in the sentence."""
EXPECTED = 0.2
"""Weight of holding the kind of thing asked for."""


def lexical_scores(
    question: str,
    texts: Sequence[str],
    titles: Sequence[str],
    parts: Sequence[int],
    *,
    kind_counts: bool = True,
) -> list[float]:
    """One score for each text: 0 for no evidence, about 2 for all of it, seldom above 3.

    ``titles[parts[i]]`` is the title of the part that ``texts[i]`` belongs to
    ("" for none). A question of stop words alone leaves only the question's
    kind as evidence. ``kind_counts``: whether holding what is asked for (a date, a
    number) counts; in machine text every line does. Linear in the length of the texts.
    """
    asked = terms(question)
    held = [terms(text) for text in texts]
    if not held:
        return []
    weight = _weights(set(asked), held)
    total = sum(weight.values()) or 1.0
    pairs = {(a, b): (weight[a] + weight[b]) / 2 for a, b in pairwise(asked)}
    named = [set(terms(title)) for title in titles]
    prior = _part_scores(weight, total, held, named, parts)
    mean = sum(map(len, held)) / len(held) or 1.0
    asking = Asking.of(question) if kind_counts else None
    out = []
    for text, found, part in zip(texts, held, parts, strict=True):
        score = _bm25(weight, found, named[part], mean)
        if pairs:
            side_by_side = set(pairwise(found))
            score += ADJACENT * sum(pairs[p] for p in pairs.keys() & side_by_side)
        expected = EXPECTED if asking and asking.met_by(text) else 0.0
        out.append(score / total + prior[part] + expected)
    return out


def _weights(asked: set[str], held: Sequence[Sequence[str]]) -> dict[str, float]:
    """The inverse document frequency of each word asked, over the texts (titles not counted)."""
    frequency = dict.fromkeys(sorted(asked), 0)
    for found in held:
        for term in asked.intersection(found):
            frequency[term] += 1
    count = len(held)
    return {t: math.log(1 + (count - n + 0.5) / (n + 0.5)) for t, n in frequency.items()}


def _bm25(weight: dict[str, float], found: list[str], named: set[str], mean: float) -> float:
    length = K1 * (1 - B + B * len(found) / mean)
    counts: dict[str, int] = {}
    for term in found:
        if term in weight:
            counts[term] = counts.get(term, 0) + 1
    score = 0.0
    for term, value in weight.items():
        mentions = counts.get(term, 0) + (TITLE if term in named else 0.0)
        if mentions:
            score += value * mentions * (K1 + 1) / (mentions + length)
    return score


def _part_scores(
    weight: dict[str, float],
    total: float,
    held: Sequence[Sequence[str]],
    named: Sequence[set[str]],
    parts: Sequence[int],
) -> list[float]:
    """What speaks for a whole part: the question's words in it, the title's in the question."""
    inside: list[set[str]] = [weight.keys() & title for title in named]
    for found, part in zip(held, parts, strict=True):
        inside[part].update(weight.keys() & set(found))
    return [
        COVERAGE * sum(weight[t] for t in sorted(seen)) / total
        + NAMED * len(title & weight.keys()) / max(1, len(title))
        for seen, title in zip(inside, named, strict=True)
    ]
