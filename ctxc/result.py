"""What comes out for one document: a ``Compression``, or a ``Failure`` that says why not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .document import Span

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Kept:
    """A span of the original that was kept, with the score that kept it (NaN: none).

    ``out`` is where it begins in the compressed text (-1: unknown), ``kind`` the kind of text
    that it begins in ("" for prose).
    """

    start: int
    end: int
    score: float = float("nan")
    out: int = -1
    kind: str = ""

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Compression:
    """A shorter text and what it took.

    ``original`` and ``compressed`` are exact token counts of the original and
    of ``text`` under ``tokenizer``; ``target`` is the budget they were held
    to. ``kept`` are spans of the document in reading order (extractive engines
    only). ``extra`` holds what only some commands report; its values are JSON.
    """

    source: str
    text: str
    original: int
    compressed: int
    target: int
    tokenizer: str
    engine: str
    model: str | None
    seconds: float
    id: Any = None
    question: str | None = None
    kept: tuple[Kept, ...] = ()
    notes: tuple[str, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Left over original; 1.0 for an empty original."""
        return self.compressed / self.original if self.original else 1.0

    @property
    def ratio(self) -> float:
        """Original over left; an empty result of a non-empty original has no finite ratio."""
        if self.compressed:
            return self.original / self.compressed
        return float("inf") if self.original else 1.0


@dataclass(frozen=True, slots=True)
class Failure:
    """A document that could not be compressed; the batch went on without it."""

    source: str
    kind: str
    message: str
    hint: str = ""
    id: Any = None


Outcome = Compression | Failure
