"""What was forgotten: general questions and plain texts, with an adapter and without.

The set ships with ctxc (``data/general.jsonl``, written for it, CC0): twenty questions that
small models answer, six paragraphs that no model has seen.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from typing import Any

import numpy as np

from ...console import Progress
from ...evaluate import bootstrap
from ...llama.adapters import Lora
from ...llama.runtime import Runtime
from ..internalize.teach import Shown
from .cases import Case, is_right
from .measure import ANSWER


@dataclass(frozen=True, slots=True)
class Forgetting:
    """``nats`` a token on the paragraphs, and right answers of the general questions."""

    condition: str
    right: float
    low: float
    high: float
    tests: int
    nats: float

    def as_json(self) -> dict[str, Any]:
        return {"schema": 1, "general": True, **asdict(self)}


def general_set() -> tuple[list[Case], list[str]]:
    """The questions and the paragraphs."""
    text = (resources.files("ctxc") / "data" / "general.jsonl").read_text("utf-8")
    records = [json.loads(line) for line in text.splitlines()]
    cases = [Case(r["question"], tuple(r["answers"]), "") for r in records if "question" in r]
    return cases, [r["text"] for r in records if "text" in r]


def forgetting(
    some: Sequence[tuple[str, tuple[Lora, ...]]], runtime: Runtime, progress: Progress
) -> Iterator[Forgetting]:
    """The base, and each named set of adapters on it."""
    cases, texts = general_set()
    for name, loras in some:
        runtime.adapt(loras)
        progress.start(f"{name}, in general", len(cases) + len(texts))
        model = runtime.lm()
        prefix, tail = Shown().before(model)
        own = [np.concatenate((model.encode(c.question), tail)).astype(np.int32) for c in cases]
        written = runtime.generator().generate(
            prefix, own, max_tokens=ANSWER, advance=progress.advance, logprobs=False
        )
        right = [float(is_right(w.text, c, ())) for w, c in zip(written, cases, strict=True)]
        losses = [_nats(runtime, text) for text in texts]
        low, high = bootstrap(right)
        nats = float(np.concatenate(losses).mean())
        yield Forgetting(name, float(np.mean(right)), low, high, len(cases), nats)
    runtime.adapt(())


def _nats(runtime: Runtime, text: str) -> Any:
    scorer = runtime.scorer()
    return scorer.nll(scorer.model.encode(text))
