"""Passages of several documents: encoder and words fused, and the documents they name.

A question that needs two facts names the first document; the sentence that holds the first fact
names the second. So a document whose title stands in the question, or in one of the sentences
that rank best, is favoured. Standardised scores are added, as in CombSUM (Fox and Shaw 1994):
encoders have scales of their own, and both that are known do best with the same weights.

``tests/bench/bench_selection.py`` measures each part on every set; ``docs/lingua.md`` has the
figures, and what was left out since it helped some sets alone: a second look with the question
and the best sentences together, and surroundings.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..selection.prefix import Floats
from ..text.stemming import terms
from .redundancy import standard
from .relevance import Flags, Ints

WORDS = 0.5
"""Weight of the lexical score beside the encoder's, both standardised."""
DOCUMENT = 0.5
"""Weight of how well a sentence's document does."""
NAMED = 0.8
"""What a document gains whose title is named, in standard deviations."""
AROUND, WORDS_INSIDE = 0.5, 0.25
"""Weights within one document: of the surroundings, and of the lexical score."""
EXPECTED = 0.5
"""What a sentence gains that holds the kind of thing asked for (a date, a place, a name)."""
_BEST = 4  # sentences whose names count


def fused(
    similarity: Floats,
    lexical: Floats,
    documents: Ints,
    titles: dict[int, str],
    question: str,
    texts: Sequence[str],
    expected: Flags,
) -> Floats:
    """The priority of each of ``n`` sentences, ``(n,)``, on the scale of ``similarity``.

    ``documents`` says which document each is of, ``titles`` what these are called, ``texts`` are
    the sentences, ``expected`` says which hold what is asked for. Linear in ``n``.
    """
    if not len(similarity):
        return np.zeros(0)
    score = standard(similarity) + WORDS * standard(lexical) + EXPECTED * expected
    score = score + DOCUMENT * standard(_document_scores(score, documents))
    best = np.argsort(-score, kind="stable")[:_BEST]
    speaking = [(-1, question), *((int(documents[i]), texts[i]) for i in best)]
    named = _named(titles, speaking)
    score = score + NAMED * np.array([d in named for d in documents.tolist()], np.float64)
    spread = float(similarity.std()) or 1.0
    result: Floats = float(similarity.mean()) + spread * score
    return result


def standardised(similarity: Floats, around: Floats, lexical: Floats) -> Floats:
    """Priorities of prose in one document, ``(n,)``, by an encoder of any scale.

    ``around`` are similarities of the surroundings. For multilingual-e5-small better than
    ``relevance.priorities``, whose weights are of MiniLM's scale, on all sets of long documents.
    """
    score = standard(similarity) + AROUND * standard(around) + WORDS_INSIDE * standard(lexical)
    spread = float(similarity.std()) or 1.0
    result: Floats = float(similarity.mean()) + spread * score
    return result


def _document_scores(score: Floats, documents: Ints) -> Floats:
    """For each sentence its document's: half its best, half the mean of its two best."""
    inside: dict[int, list[float]] = {}
    for document, value in zip(documents.tolist(), score.tolist(), strict=True):
        inside.setdefault(document, []).append(value)
    of = {}
    for document, values in inside.items():
        two = sorted(values)[-2:]
        of[document] = 0.5 * two[-1] + 0.5 * sum(two) / len(two)
    return np.array([of[d] for d in documents.tolist()])


def _named(titles: dict[int, str], speaking: Sequence[tuple[int, str]]) -> set[int]:
    """The documents all words of whose title stand in the question or in another's sentence."""
    words = [(document, frozenset(terms(text))) for document, text in speaking]
    out = set()
    for document, title in titles.items():
        wanted = frozenset(terms(title))
        if wanted and any(wanted <= there and document != by for by, there in words):
            out.add(document)
    return out
