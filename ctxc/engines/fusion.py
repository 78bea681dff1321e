"""Passages of several documents: encoder and words fused, the documents they name, a second look.

A question that needs two facts names the first document; the sentence that holds the first fact
names the second. So a document whose title stands in the question, or in one of the sentences
that rank best, is favoured. Where one of these names a document that the question does not, the
question is asked again together with each of the best sentences. Standardised scores are added,
as in CombSUM (Fox and Shaw 1994). Both encoders take the same weights.

``tests/bench/bench_selection.py`` measures each part on every set; ``docs/selection.md`` has the
figures. The second look is kept to texts that link: on questions of one fact (Natural Questions
at 16x) it costs 0.07 of the answers, in 2WikiMultihopQA it brings 0.08.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..selection.prefix import Floats
from ..text.stemming import terms
from .redundancy import standard
from .relevance import Ints

WORDS = 0.5
"""Weight of the lexical score beside the encoder's, both standardised."""
DOCUMENT = 0.5
"""Weight of how well a sentence's document does."""
NAMED = 0.8
"""What a document gains whose title is named, in standard deviations."""
SECOND = 0.5
"""Weight of the second look, standardised."""
_BEST = 4  # sentences whose names count
_ASKED_AGAIN = 3  # sentences that the question is asked again with

Look = Callable[[Ints], Floats]
"""The cosines of each of ``n`` sentences with the question behind each of ``k``, ``(n, k)``."""


def fused(
    similarity: Floats,
    lexical: Floats,
    documents: Ints,
    titles: dict[int, str],
    question: str,
    texts: Sequence[str],
    look: Look,
) -> Floats:
    """The priority of each of ``n`` sentences, ``(n,)``, on the scale of ``similarity``.

    ``documents`` says which document each is of, ``titles`` what these are called, ``texts`` are
    the sentences. Linear in ``n``.
    """
    if not len(similarity):
        return np.zeros(0)
    score = standard(similarity) + WORDS * standard(lexical)
    score = score + DOCUMENT * standard(_document_scores(score, documents))
    best = np.argsort(-score, kind="stable")[:_BEST]
    asked = _named(titles, [(-1, question)])
    linked = _named(titles, [(int(documents[i]), texts[i]) for i in best]) - asked
    favoured = asked | linked
    score = score + NAMED * np.array([d in favoured for d in documents.tolist()], np.float64)
    if linked:
        score = score + SECOND * standard(_second_look(score, documents, look))
    spread = float(similarity.std()) or 1.0
    result: Floats = float(similarity.mean()) + spread * score
    return result


def _second_look(score: Floats, documents: Ints, look: Look) -> Floats:
    """How near each sentence is to the question with one of the best, of another document."""
    best = np.argsort(-score, kind="stable")[:_ASKED_AGAIN]
    again = look(best)
    for column, i in enumerate(best):
        again[documents == documents[i], column] = again[:, column].min()
    result: Floats = again.max(axis=1)
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
    """The documents all words of whose title stand in the text of another, or of none (-1)."""
    words = [(document, frozenset(terms(text))) for document, text in speaking]
    out = set()
    for document, title in titles.items():
        wanted = frozenset(terms(title))
        if wanted and any(wanted <= there and document != by for by, there in words):
            out.add(document)
    return out
