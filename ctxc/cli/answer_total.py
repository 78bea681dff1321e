"""What a run of ``ctxc answer`` adds up to, and the object of a question without an answer."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Any

from ..answer import Answer
from ..document import Document
from ..errors import CtxcError
from ..result import SCHEMA, Failure
from ..store import Run


def failed(
    error: CtxcError, question: str | None, record: Document | Failure | None = None
) -> dict[str, Any]:
    """The object of a question that has no answer."""
    name: dict[str, Any] = {}
    if record is not None:
        name = {"id": record.id} if record.id is not None else {"source": record.source}
        question = record.question if isinstance(record, Document) else None
    asked = {"question": question} if question else {}
    return {
        "schema": SCHEMA,
        **name,
        **asked,
        "error": {"kind": error.kind, "message": error.message},
    }


def ledger_line(found: Answer) -> Run:
    """The figures of one question: all there was to read against what a reader was given of it."""
    last = found.rungs[-1].context_tokens if found.rungs else found.original_tokens
    return Run(
        time=time.time(),
        command="answer",
        engine=found.engine,
        model=found.reader,
        tokenizer=found.tokenizer,
        original=found.original_tokens,
        compressed=min(last, found.original_tokens),
        seconds=found.bill.select_seconds,
        files=1,
        folder=os.getcwd(),
        question=found.question,
    )


@dataclass
class Total:
    """Counts the answers of a run."""

    questions: int = 0
    failed: int = 0
    unsupported: int = 0
    abstained: int = 0
    escalated: int = 0
    extractive: int = 0
    tokens: int = 0
    without: int = 0
    dollars: float | None = None

    def add(self, found: Answer) -> None:
        self.unsupported += not (found.supported or found.extractive)
        self.extractive += found.extractive
        self.abstained += found.abstained
        self.escalated += "escalated" in found.route
        self.tokens += found.bill.tokens
        self.without += found.bill.without
        if found.bill.dollars is not None:
            self.dollars = (self.dollars or 0.0) + found.bill.dollars

    def line(self) -> str:
        parts = [f"{self.questions} questions", f"{self.failed} failed"]
        if self.extractive:
            return ", ".join([*parts, "no reader model: the passages that answer"])
        parts += [
            f"{self.unsupported} without support",
            f"{self.abstained} not in the context",
            f"{self.escalated} escalated",
            f"readers took {self.tokens:,} tokens ({self.without:,} without ctxc)",
        ]
        if self.dollars is not None:
            parts.append(f"${self.dollars:.6f}")
        return ", ".join(parts)
