"""What became of a run's inputs: done, reused, skipped and why, failed and why."""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..batch.run import Finished
from ..console import plain
from ..input.media import OUTPUT_SUFFIX
from ..input.sources import Skipped
from ..result import Failure
from ..store import Run


@dataclass
class Tally:
    """Counts ``Finished`` values; ``table`` is the summary of a folder run."""

    done: int = 0
    empty: int = 0
    reused: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    engines: Counter[str] = field(default_factory=Counter)
    models: Counter[str] = field(default_factory=Counter)
    original: int = 0
    compressed: int = 0
    seconds: float = 0.0
    tokenizer: str = ""

    def add(self, finished: Finished) -> None:
        """Count one input. The figures are of what was computed, not of what was reused."""
        outcome = finished.outcome
        if isinstance(outcome, Skipped):
            self.skipped[outcome.reason] += 1
        elif isinstance(outcome, Failure):
            self.failed[_reason(outcome)] += 1
        elif not outcome.text.strip():
            self.empty += 1
        elif finished.reused:
            self.reused += 1
        else:
            self.done += 1
            self.engines[outcome.engine] += outcome.engine != "none"
            if outcome.model:
                self.models[outcome.model] += 1
            self.original += outcome.original
            self.compressed += outcome.compressed
            self.seconds += outcome.seconds
            self.tokenizer = outcome.tokenizer

    def table(self) -> Iterator[str]:
        """One line for each kind of end that occurred.

        ``  412 done``, ``  3 skipped: hidden (2), binary (1)``
        """
        rows = [
            (self.done, "done", ""),
            (self.reused, "reused", ""),
            (self.empty, "empty", ""),
            (self.skipped.total(), "skipped", _reasons(self.skipped)),
            (self.failed.total(), "failed", _reasons(self.failed)),
        ]
        width = max(len(f"{count:,}") for count, _, _ in rows)
        for count, what, why in rows:
            if count:
                yield f"  {count:>{width},} {what}{why}"

    def run(self, command: str) -> Run | None:
        """The ledger's line; None where nothing was computed.

        What is reused is left out: its tokens were counted, and its seconds
        spent, in the run that computed it.
        """
        if not self.done:
            return None
        return Run(
            time=time.time(),
            command=command,
            engine=_most(self.engines) or "none",
            model=_most(self.models),
            tokenizer=self.tokenizer,
            original=self.original,
            compressed=self.compressed,
            seconds=self.seconds,
            files=self.done,
            folder=os.getcwd(),
        )


def _most(counts: Counter[str]) -> str | None:
    return next((name for name, count in counts.most_common(1) if count), None)


def _reason(failure: Failure) -> str:
    """Its message without the document's name, or its output's, to count by.

    >>> _reason(Failure("a.md", "output", "cannot write full/a.md.ctx.md: the disk is full"))
    'cannot write: the disk is full'
    >>> _reason(Failure("a", "input", "a: no such file"))
    'no such file'
    """
    name = re.escape(plain(failure.source).lstrip("/"))
    whole = rf"(?:^|(?<=\s))(?:\S*/)?{name}(?:{re.escape(OUTPUT_SUFFIX)})?(?=$|[\s:,])\s?"
    reason = re.sub(whole, "", failure.message, count=1)
    return re.sub(r"\s+([:,])", r"\1", reason).strip(" :") or failure.kind


def _reasons(counts: Counter[str], most: int = 6) -> str:
    shown = [f"{plain(reason, 80)} ({count:,})" for reason, count in counts.most_common(most)]
    rest = counts.total() - sum(count for _, count in counts.most_common(most))
    if rest:
        shown.append(f"other reasons ({rest:,})")
    return ": " + ", ".join(shown) if shown else ""
