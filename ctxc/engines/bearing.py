"""Which sentences bear on a question at all: a probability by cosine and words, and a threshold.

``keep="relevant"`` leaves out what is below it, whatever the budget. Logistic regressions on
evidence against sentences of other questions' passages (questions nothing there answers), over
the tuning halves of the sets in ``docs/lingua.md``, each set of equal weight. Every encoder
has a scale of its own, so an encoder that was not calibrated has no threshold.

Reported halves, passages: of texts that answer the question, nothing is said to bear on it in
0.00 (MiniLM, English), 0.05 (multilingual-e5-small, all languages), 0.13 (words alone); of texts
that do not, something in 0.06, 0.10, 0.24. Whole papers asked about another paper of the field
are harder: 0.45, 0.68, 0.68. An answer that is lost costs more than a sentence too many.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import InputError, UsageError
from ..models.catalogue import MULTILINGUAL
from ..models.encoders import BUILTIN
from ..selection.prefix import Floats
from .relevance import Flags

NOTHING = "nothing here bears on the question"
KEEPS = ("", "relevant")
ENGINES = ("auto", "encoder", "lexical")
"""Those whose scores were calibrated."""
WORDS = ""
"""The name of what ranks by words alone."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Log-odds that a sentence bears on the question: ``base + cosine * c + words * l``.

    ``least``: of a sentence that is kept; ``some``: of the best one, or nothing is.
    """

    base: float
    cosine: float
    words: float
    least: float
    some: float


_CALIBRATED: dict[str, Calibration] = {
    BUILTIN: Calibration(-4.74, 9.23, 7.58, 0.0, 2.5),
    MULTILINGUAL.name: Calibration(-33.47, 39.01, 7.67, 0.0, 2.0),
    WORDS: Calibration(-3.06, 0.0, 8.86, 0.0, 1.0),
}


def check(keep: str, engine: str) -> None:
    """Raises UsageError for a way of keeping that is none, or that ``engine`` cannot follow."""
    if keep not in KEEPS:
        raise UsageError(f"there is no way to keep called {keep!r}", hint="it takes relevant")
    if keep and engine not in ENGINES:
        raise UsageError(f"--keep {keep} is for the engines {', '.join(ENGINES)}, not for {engine}")


def bearing(encoder: str, lexical: Floats, similarity: Floats | None = None) -> Flags:
    """Which of ``n`` sentences bear on the question, ``(n,)``.

    ``lexical`` are ``lexical.lexical_scores``, ``similarity`` cosines of ``encoder``. Raises
    UsageError for an encoder that has no threshold.
    """
    known = _CALIBRATED.get(encoder)
    if known is None:
        raise UsageError(
            f"--keep relevant has no threshold for the encoder {encoder}",
            hint=f"it has one for {BUILTIN} and {MULTILINGUAL.name}",
        )
    odds = known.base + known.words * lexical
    if similarity is not None:
        odds = odds + known.cosine * similarity
    flags: Flags = odds >= known.least
    if not len(odds) or float(odds.max()) < known.some:
        return np.zeros(len(odds), np.bool_)
    return flags


def only_bearing(priority: Floats, bears: Flags, source: str) -> Floats:
    """``priority`` of what bears on the question, -inf elsewhere.

    Raises InputError (kind ``irrelevant``) where nothing does.
    """
    if not bears.any():
        raise InputError(f"{source}: {NOTHING}", kind="irrelevant")
    return np.where(bears, priority, -np.inf)
