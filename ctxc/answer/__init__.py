"""Two stages: a small local model chooses what a question needs, a reader answers from that.

``corpus`` makes one text of many documents, ``context`` is stage one,
``asking`` the prompts, ``ladder`` and ``route`` what the reader is given and
when it is given more, ``support`` and ``judge`` what the answer stands on,
``rewrite`` the question in other words, ``bill`` what it cost, ``shown`` and
``queue`` what comes out.
"""

from __future__ import annotations

from .corpus import Corpus
from .cost import Price, Tariff
from .escalation import Selecting
from .route import Plan, answer
from .types import Answer, Bill, Citation, Claim, Passage, Place, Routing, Rung

__all__ = [
    "Answer",
    "Bill",
    "Citation",
    "Claim",
    "Corpus",
    "Passage",
    "Place",
    "Plan",
    "Price",
    "Routing",
    "Rung",
    "Selecting",
    "Tariff",
    "answer",
]
