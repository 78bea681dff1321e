"""``--dry-run``: what a run would do with each input; no model is loaded and nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from . import tokens
from .compression import SCHEMA, Failure
from .console import plain
from .inputs import Loaded, Read, Reader
from .sources import Found, Skipped, Source


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

    def as_json(self) -> dict[str, Any]:
        name = {"id": self.id} if self.id is not None else {"source": self.name}
        told: dict[str, Any] = {"schema": SCHEMA, **name, "action": self.action}
        if self.why:
            told["why"] = self.why
        if self.original is not None:
            told["tokens"] = {"original": self.original, "target": self.target}
        return told


def preview(reader: Reader, found: Iterator[Found] | None = None) -> Iterator[Planned]:
    """What would be done, in order. Failures to come of an engine cannot be foreseen."""
    for read in reader.read(found):
        yield _planned(read)


def _planned(read: Read) -> Planned:
    if isinstance(read, Skipped):
        return Planned(read.name, "skip", read.reason)
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
    return Planned(read.name, "compress", "", original, target, read.id, read.source)
