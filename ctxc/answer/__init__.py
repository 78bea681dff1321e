"""Two stages: a small local model chooses what a question needs, a reader answers from that.

``corpus`` makes one text of many documents, ``context`` is stage one,
``asking`` the prompts, ``ladder`` and ``route`` what the reader is given and
when it is given more, ``support`` and ``judge`` what the answer stands on,
``rewrite`` the question in other words, ``bill`` what it cost, ``shown`` and
``queue`` what comes out.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

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


class _Room(ModuleType):
    """This package, which can be called as the library's ``ctxc.answer`` (``ctxc.api.ask``)."""

    def __call__(self, *args: Any, **fields: Any) -> Answer:
        answered: Answer = import_module("ctxc.api").ask(*args, **fields)
        return answered


# ``ctxc.answer`` is this package once anything has imported it, and a function to whoever calls it.
sys.modules[__name__].__class__ = _Room
