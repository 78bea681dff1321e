"""Every condition over every test: right answers, prompt tokens, seconds, bytes of cache."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ...console import Progress
from ...evaluate import bootstrap
from ...llama.chat import without_thoughts
from ...llama.runtime import Runtime
from ...models.gguf import Header
from ...stats.kv import context_bytes
from .cases import Case, is_right, labels_of
from .conditions import Condition

ANSWER = 40
"""Tokens of an answer at most: a right one stands at the beginning."""


@dataclass(frozen=True, slots=True)
class Row:
    """One condition over the tests of one domain ("": all): shares and means.

    ``low`` and ``high`` bound the share of right answers (95 %, bootstrap), ``cache`` is
    bytes of keys and values for prompt and reply (f16).
    """

    condition: str
    domain: str
    tests: int
    right: float
    low: float
    high: float
    tokens: float
    seconds: float
    cache: float

    def as_json(self) -> dict[str, Any]:
        return {"schema": 1, **asdict(self)}


@dataclass(frozen=True, slots=True)
class Tried:
    """One test under one condition."""

    right: bool
    tokens: int
    seconds: float
    cache: int


def measure(
    some: Sequence[Condition],
    cases: Sequence[Case],
    runtime: Runtime,
    header: Header,
    progress: Progress,
) -> Iterator[list[Row]]:
    """The rows of each condition, as soon as they are known: all tests, then each domain."""
    labels = labels_of(cases)
    for condition in some:
        runtime.adapt(condition.loras)
        progress.start(condition.name, len(cases))
        _try(condition, cases[0], runtime, header, labels)  # opens what is opened once
        tried = []
        for case in cases:
            tried.append(_try(condition, case, runtime, header, labels))
            progress.advance()
        yield _rows(condition.name, cases, tried)
    runtime.adapt(())


def _try(
    condition: Condition, case: Case, runtime: Runtime, header: Header, labels: Sequence[str]
) -> Tried:
    """One request by itself, as a user makes it: nothing of it was read before."""
    begun = time.perf_counter()
    view = condition.context(case.question)  # choosing what to keep takes time as well
    generator = runtime.generator()
    model = generator.model
    prefix, tail = view.before(model)
    own = np.concatenate((model.encode(view.behind(case.question)), tail)).astype(np.int32)
    (written,) = generator.generate(prefix, [own], max_tokens=ANSWER, logprobs=False)
    seconds = time.perf_counter() - begun
    tokens = len(prefix) + len(own)
    cache = context_bytes(header, tokens + len(written.ids), "f16")
    return Tried(is_right(without_thoughts(written.text), case, labels), tokens, seconds, cache)


def _rows(name: str, cases: Sequence[Case], tried: Sequence[Tried]) -> list[Row]:
    domains = list(dict.fromkeys(case.domain for case in cases))
    rows = [_row(name, "", tried)]
    if len(domains) > 1:
        for domain in domains:
            some = [t for case, t in zip(cases, tried, strict=True) if case.domain == domain]
            rows.append(_row(name, domain or "other", some))
    return rows


def _row(name: str, domain: str, tried: Sequence[Tried]) -> Row:
    right = [float(one.right) for one in tried]
    low, high = bootstrap(right)
    return Row(
        name,
        domain,
        len(tried),
        float(np.mean(right)),
        low,
        high,
        float(np.mean([one.tokens for one in tried])),
        float(np.mean([one.seconds for one in tried])),
        float(np.mean([one.cache for one in tried])),
    )


def gap_closed(rows: Sequence[Row]) -> float | None:
    """How much of the way from no context to the full one the adapter goes; None: no way."""
    by = {row.condition: row.right for row in rows if not row.domain}
    if not {"no context", "context in the window", "internalised"} <= set(by):
        return None
    way = by["context in the window"] - by["no context"]
    return (by["internalised"] - by["no context"]) / way if way > 0 else None
