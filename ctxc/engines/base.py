"""What an engine is: it ranks, ``selection`` cuts.

An engine is one file in this folder and one row in ``registry``. It gets a
``Task`` (frozen) and the ``Runtime`` that opens models on first use, and
returns a ``Selection``: text and the spans it came from.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Protocol

from ..console import Progress, Silent
from ..distill.options import DistillOptions
from ..document import Document, Segment
from ..runtime import Runtime
from ..selection import Selection
from ..tokens import Tokenizer


@dataclass(frozen=True, slots=True)
class Task:
    """One document to shorten.

    ``target`` is in tokens of ``tokenizer`` and counts the final text. ``level``
    is how fine it may be cut: whole parts, whole sentences and blocks, or words.
    ``protect`` are patterns whose matches must be kept.
    """

    document: Document
    segments: tuple[Segment, ...]
    target: int
    tokenizer: Tokenizer
    question: str | None = None
    level: str = "word"
    protect: tuple[re.Pattern[str], ...] = ()
    compat: bool = False
    distill: DistillOptions | None = None
    progress: Progress = field(default_factory=Silent)

    @property
    def text(self) -> str:
        return self.document.text


class Engine(Protocol):
    """``name`` as on the command line; ``model`` says what it opens: lm, encoder or none."""

    name: str
    needs_question: bool

    def compress(self, task: Task, runtime: Runtime) -> Selection:
        """The selection for ``task``; its text never has more than ``task.target`` tokens.

        Raises EngineError or ModelError.
        """
        ...
