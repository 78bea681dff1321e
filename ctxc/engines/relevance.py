"""From similarities to priorities: how near each segment is to a question, with its surroundings.

Pure functions on arrays; who computed the embeddings does not matter. Loads numpy.

Prose. A sentence's own cosine with the question, plus half the mean cosine of
its surroundings in the same part (Gaussian weights over tokens), plus two small
terms: whether it holds what the question asks for, and its lexical score. The
surroundings do what a second pass over whole documents did (cosine with title
and document, weight 0.5), at no cost: area under the curve of
answers kept from 2x to 24x, tuning half 0.972 against 0.977, other half 0.936
against 0.932.

Transcripts. What is said about a thing is a stretch of turns, hardly ever a
sentence: the surroundings alone count, as the root mean square of cosines
(peaks count more than a plateau), and the question is also compared without
the words that only talk about the talk (``asking.topic``). The stretch is 2.5 %
of the transcript, at least 150 tokens, at most 400. qmsum at 8x, share of the
relevant turns' tokens: 0.50 on the tuning half, 0.45 on the other; sentence by
sentence 0.26 and 0.18. The same surroundings of lexical scores: 0.40 and 0.37.

The constants were tuned on the first half of issue 3's evaluation sets. Those
of prose are flat around their values (that area moves by at most 0.01 when one
is halved or doubled); the stretch rests on 18 queries only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

SURROUNDINGS = 0.5
EXPECTED = 0.05
LEXICAL = 0.02
"""What a lexical score of 1 adds; neutral on nq10, there for names the encoder does not know."""
STRETCH = 0.025
SHORTEST, LONGEST = 150.0, 400.0
_REACH = 3.0  # in bandwidths: beyond, a Gaussian weighs nothing
_CHUNK = 4096  # segments whose numbers stay in the processor's cache
_MOST_STEPS = 2 * int(_REACH * LONGEST)
"""Neighbours on each side: so many segments of a token each are in reach, and as many titles,
which count no tokens. Thousands of titles in a row would all be in reach of each other."""


@dataclass(frozen=True, slots=True)
class Segments:
    """What is known of the ``n`` segments, each array ``(n,)``, in reading order.

    ``parts`` says which belong together (surroundings end there); ``turns``
    which are spoken; ``tokens`` are lengths in any unit that adds up,
    estimated ones will do; ``expected`` says which hold what the question asks
    for (``asking.Asking.met_by``); ``lexical`` are ``lexical.lexical_scores``.
    """

    parts: Ints
    turns: Flags
    tokens: Floats
    expected: Flags
    lexical: Floats


def priorities(similarity: Floats, topic_similarity: Floats, segments: Segments) -> Floats:
    """The priority of each segment, ``(n,)``: higher is kept first, whatever the budget.

    ``similarity`` are cosines of the question with "title. segment", ``(n,)``;
    ``topic_similarity`` the same for ``asking.topic`` of the question, used for
    turns alone (pass ``similarity`` again where there are none).
    """
    if not len(similarity):
        return np.zeros(0)
    spread = bandwidths(segments)
    near = np.where(segments.turns, (similarity + topic_similarity) / 2, similarity)
    near = near.astype(np.float64)
    around = surroundings(near, segments.parts, segments.tokens, spread)
    prose = near + SURROUNDINGS * around + EXPECTED * segments.expected + LEXICAL * segments.lexical
    if not segments.turns.any():
        return prose
    squares = np.maximum(near, 0.0) ** 2
    power = surroundings(squares, segments.parts, segments.tokens, spread)
    # On the scale of prose, for a record that holds both.
    spoken = (1 + SURROUNDINGS) * np.sqrt(np.maximum(power, 0.0))
    return np.where(segments.turns, spoken, prose)


def lexical_priorities(segments: Segments) -> Floats:
    """Priorities without a model, ``(n,)``: lexical scores, for turns those of their stretch."""
    if not segments.turns.any():
        return segments.lexical.astype(np.float64)
    spread = bandwidths(segments)
    around = surroundings(segments.lexical, segments.parts, segments.tokens, spread)
    return np.where(segments.turns, around, segments.lexical)


def bandwidths(segments: Segments) -> Floats:
    """The width of each segment's surroundings in tokens, ``(n,)``: equal within a part."""
    _, index = np.unique(segments.parts, return_inverse=True)
    total = np.bincount(index, weights=segments.tokens)
    widths: Floats = np.clip(STRETCH * total, SHORTEST, LONGEST)[index]
    return widths


def surroundings(values: Floats, parts: Ints, tokens: Floats, bandwidth: Floats) -> Floats:
    """The mean of ``values`` around each segment, ``(n,)``, itself included.

    Weighted by a segment's tokens and a Gaussian of the distance in tokens
    between the middles of two segments of one part. Goes neighbour by
    neighbour until all are out of reach, so the work is linear in ``n``.
    """
    size = np.maximum(tokens.astype(np.float64), 1e-9)
    middle = np.cumsum(size) - size / 2
    shares = (values * size, size)
    sums = (shares[0].copy(), size.copy())
    for first in range(0, len(values), _CHUNK):
        last = min(first + _CHUNK, len(values))
        for step in range(1, min(len(values), _MOST_STEPS)):
            # The later ones of the pairs of which one is in the chunk.
            a, b = max(first, step), min(last + step, len(values))
            gap = middle[a:b] - middle[a - step : b - step]
            near = (parts[a:b] == parts[a - step : b - step]) & (gap <= _REACH * bandwidth[a:b])
            if not near.any():
                break
            kernel = np.where(near, np.exp(-0.5 * (gap / bandwidth[a:b]) ** 2), 0.0)
            behind, ahead = max(last - a, 0), first + step - a
            for share, out in zip(shares, sums, strict=True):
                out[a:last] += kernel[:behind] * share[a - step : a - step + behind]
                out[first : b - step] += kernel[ahead:] * share[a + ahead : b]
    result: Floats = sums[0] / sums[1]
    return result


def cosines(question: npt.NDArray[np.floating], rows: npt.NDArray[np.floating]) -> Floats:
    """The cosine of ``question`` ``(d,)`` with each of ``rows`` ``(n, d)``; 0 where one is zero."""
    norms = np.linalg.norm(rows, axis=1) * np.linalg.norm(question)
    dots = (rows @ question).astype(np.float64)
    result: Floats = np.divide(dots, norms, out=np.zeros(len(rows)), where=norms > 0)
    return result


CLAUSE = 0.08
"""How far a clause without what the question asks for stands behind its sentence."""
LEXICAL_CLAUSE = 0.4
"""The same on the scale of ``lexical_priorities``."""


def clause_priorities(
    priority: float, expected: Sequence[bool], kind: str, behind: float = CLAUSE
) -> list[float]:
    """The priorities of a sentence's clauses, ``expected``: which hold what is asked for.

    Where none does, or the question asks for nothing in particular
    (``asking.Asking.kind`` is ""), the clauses stay together.
    """
    if not kind or not any(expected):
        return [priority] * len(expected)
    return [priority if held else priority - behind for held in expected]
