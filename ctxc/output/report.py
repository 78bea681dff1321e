"""Outcomes to stdout, files and numbers: JSON Lines, bare text, the closing line, the exit code."""

from __future__ import annotations

import json
import math
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from ..console import complain, detail, note, on_stdout, plain
from ..result import SCHEMA, Compression, Failure, Outcome


def as_json(outcome: Outcome) -> dict[str, Any]:
    """The documented object of one outcome (README, "JSON output"); numbers are numbers."""
    name = {"id": outcome.id} if outcome.id is not None else {"source": outcome.source}
    if isinstance(outcome, Failure):
        error = {"kind": outcome.kind, "message": outcome.message}
        return {"schema": SCHEMA, **name, "error": error}
    return {
        "schema": SCHEMA,
        **name,
        "text": outcome.text,
        "tokens": {
            "original": outcome.original,
            "compressed": outcome.compressed,
            "target": outcome.target,
            "tokenizer": outcome.tokenizer,
        },
        "rate": round(outcome.rate, 6),
        "ratio": round(outcome.ratio, 4) if math.isfinite(outcome.ratio) else None,
        "engine": outcome.engine,
        "model": outcome.model,
        "seconds": round(outcome.seconds, 4),
        **({"question": outcome.question} if outcome.question else {}),
        **({"notes": list(outcome.notes)} if outcome.notes else {}),
        **outcome.extra,
    }


# Of the notes on a text, those that are no warning: nothing of what it says is lost by them.
_HARMLESS = (
    "terminal escapes taken out",
    "overwritten progress taken out",
    "the context went straight to the reader",
    "chosen among",
    "the reader cited other passages",
)


def is_warning(line: str) -> bool:
    """Whether a note is for everybody: something was lost, guessed or had no effect."""
    return not any(harmless in line for harmless in _HARMLESS)


def json_line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n"


def write_out(text: str) -> None:
    """Text to stdout as UTF-8, whatever the locale; a closed pipe raises BrokenPipeError.

    Raises OSError, with the stream's name for a file name, where stdout takes no more.
    """
    try:
        sys.stdout.buffer.write(on_stdout(text).encode("utf-8", "replace"))
        sys.stdout.buffer.flush()
    except OSError as error:
        raise OSError(error.errno, error.strerror, "standard output") from None


@dataclass
class Report:
    """Counts outcomes and knows the exit code."""

    documents: int = 0
    failures: int = 0
    original: int = 0
    compressed: int = 0
    seconds: float = 0.0
    skipped: int = 0
    reused: int = 0
    lines: Counter[str] = field(default_factory=Counter)
    engines: Counter[str] = field(default_factory=Counter)
    last: Compression | None = None
    written: int | None = None
    beside: str = ""
    empty: int = 0
    target: int = 0
    whole: bool = True  # nothing was cut

    def add(self, outcome: Outcome, *, reused: bool = False) -> None:
        """Count one outcome, and say on stderr what went wrong with it."""
        self.documents += 1
        self.reused += reused
        if isinstance(outcome, Failure):
            self.failures += 1
            complain(f"ctxc: {outcome.message}")
            if outcome.hint:
                complain(f"  {outcome.hint}")
            return
        for line in outcome.notes:
            (note if is_warning(line) else detail)(f"ctxc: {outcome.source}: {line}")
        if not outcome.text.strip():
            self.empty += 1
        else:
            self.target += outcome.target
            self.whole &= outcome.engine == "none"
            self.original += outcome.original
            self.compressed += outcome.compressed
        self.seconds += outcome.seconds
        self.lines.update(outcome.extra.get("lines_by", {}))
        self.engines[outcome.engine] += 1
        self.last = outcome

    def _engines(self) -> str:
        """Those that did something, the one that did most first."""
        did = [name for name, _ in self.engines.most_common() if name != "none"] or ["none"]
        return f"engine{'s' if len(did) > 1 else ''} {', '.join(did)}"

    @property
    def exit_code(self) -> int:
        return 1 if self.failures else 0

    def closing_line(self, budget: object, remark: str = "") -> str:
        """What was saved, for stderr.

        ``1,063 -> 265 tokens (o200k_base), 4.0x, budget rate 0.25, engine encoder, 0.31 s``
        """
        if not self.documents:
            return "nothing to compress" + (f": {self.skipped} skipped" if self.skipped else "")
        if self.last is None:
            return f"nothing compressed: {self.failures} of {self.documents} documents failed"
        gone = "all dropped" if self.original else "nothing in it"
        left = self.compressed if self.written is None else self.written
        ratio = f"{self.original / left:.1f}x" if left else gone
        parts = [
            f"{self.original:,} -> {left:,} tokens ({self.last.tokenizer})",
            ratio,
            f"budget {budget}",
            self._engines(),
            f"{self.seconds:.2f} s",
        ]
        if self.documents > 1:
            done = self.documents - self.failures - self.empty
            parts.insert(0, f"{done} document{'s' if done != 1 else ''}")
        if self.lines:
            by = self.lines
            parts.append(
                f"lines: {by['model']} by the model, {by['repaired']} repaired, "
                f"{by['verbatim']} verbatim"
            )
        if self.beside:
            parts.append(self.beside)
        if self.reused:
            parts.append("reused" if self.documents == 1 else f"{self.reused} reused")
        if self.empty and self.documents > 1:
            parts.append(f"{self.empty} empty")
        if self.failures:
            parts.append(f"{self.failures} failed")
        if self.skipped:
            parts.append(f"{self.skipped} skipped")
        if remark:
            parts.append(remark)
        return plain(", ".join(parts), 400)
