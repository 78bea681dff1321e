"""``--dry-run``: what a run would do with each input; no model is loaded and nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .. import tokens
from ..budget import too_small
from ..console import plain
from ..input.sources import Found, Skipped, Source
from ..result import SCHEMA, Failure
from . import skip
from .reading import Loaded, Read, Reader, Unread


@dataclass(frozen=True, slots=True)
class Planned:
    """One input: ``action`` is compress, reuse, skip or fail; tokens where it was counted."""

    name: str
    action: str
    why: str = ""
    original: int | None = None
    target: int | None = None
    id: Any = None
    source: Source | None = None

    def line(self) -> str:
        """``compress  notes/a.pdf  5,120 -> 1,280 tokens``."""
        if self.original is None or self.target is None:
            return f"{self.action:<8}  {plain(self.name)}  {plain(self.why)}".rstrip()
        return f"{self.action:<8}  {plain(self.name)}  {self.original:,} -> {self.target:,} tokens"

    def failing(self, why: str) -> Planned:
        """The same input, where its output could not be written (``why`` is not "")."""
        if not why or self.action not in ("compress", "reuse"):
            return self
        return Planned(self.name, "fail", why, id=self.id, source=self.source)

    def as_json(self) -> dict[str, Any]:
        name = {"id": self.id} if self.id is not None else {"source": self.name}
        told: dict[str, Any] = {"schema": SCHEMA, **name, "action": self.action}
        if self.why:
            told["why"] = self.why
        if self.original is not None:
            told["tokens"] = {"original": self.original, "target": self.target}
        return told


@dataclass
class Plan:
    """What a dry run adds up to."""

    actions: Counter[str] = field(default_factory=Counter)
    original: int = 0
    target: int = 0

    def add(self, planned: Planned) -> None:
        self.actions[planned.action] += 1
        if planned.action == "compress":
            self.original += planned.original or 0
            self.target += planned.target or 0

    def closing_line(self) -> str:
        """``would compress 3 (9,120 -> 2,280 tokens), reuse 409, skip 2``."""
        sizes = f"{self.original:,} -> {self.target:,} tokens"
        parts = [
            f"{action} {count:,}" + (f" ({sizes})" if action == "compress" else "")
            for action in ("compress", "reuse", "skip", "fail")
            if (count := self.actions[action])
        ]
        return "would " + ", ".join(parts) if parts else "nothing to do"


def preview(reader: Reader, found: Iterator[Found] | None = None) -> Iterator[Planned]:
    """What would be done, in order. Failures to come of an engine cannot be foreseen."""
    for read in reader.read(found):
        yield _planned(read)


def _planned(read: Read) -> Planned:
    if isinstance(read, Skipped):
        return Planned(read.name, "skip", read.reason)
    if isinstance(read, Unread):
        failure = read.failure
        return Planned(failure.source, "fail", failure.message, source=read.source)
    if isinstance(read, Failure):
        return Planned(read.source, "fail", read.message, id=read.id)
    return _loaded(read)


def _loaded(read: Loaded) -> Planned:
    if read.hit is not None:
        counts = read.hit.original, read.hit.compressed
        return Planned(read.name, "reuse", "", *counts, read.id, read.source)
    assert read.document is not None, "what has no kept result was loaded"
    tokenizer = tokens.get(read.options.tokenizer)
    original = sum(tokenizer.count(text) for text in read.document.originals)
    target = read.options.budget.target(original)
    if original and not target and not _passes(read, original):
        why = too_small(read.options.budget, original, plain(read.name)).message
        return Planned(read.name, "fail", why, id=read.id, source=read.source)
    return Planned(read.name, "compress", "", original, target, read.id, read.source)


def _passes(read: Loaded, original: int) -> bool:
    """Whether the document passes through as it is, whatever its budget."""
    options, document = read.options, read.document
    if options.distill is None or document is None:
        return False
    return bool(skip.reason(document, original, options.budget, options.distill))
