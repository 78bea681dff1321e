"""What teaching a model its context costs, against what every request then saves.

In time: the seconds of teaching against those that reading the context takes, request by
request. In money, with a price: the machine's hours against the context's tokens, sent to a
model of that price with its cache as in ``breakeven``, which has nothing left to send.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ..errors import UsageError
from . import units as f
from .assume import Assumptions
from .breakeven import BreakEven, Case, Span, break_even
from .money import find_prices


@dataclass(frozen=True, slots=True)
class Internalised:
    """An adapter as its card tells it. ``seconds`` of teaching (0: not told); those of one
    request ``with_context`` and ``without``; held-out losses ``before`` and ``after``.
    """

    name: str
    tokens: int
    seconds: float
    with_context: float
    without: float
    before: float
    after: float

    @classmethod
    def of(cls, name: str, facts: dict[str, Any], seconds: float | None) -> Internalised:
        """From a card's facts, which are not trusted. Raises UsageError for what is missing."""

        def number(*keys: str) -> float:
            value: Any = facts
            for key in keys:
                value = value.get(key) if isinstance(value, dict) else None
            good = isinstance(value, int | float) and not isinstance(value, bool)
            return float(value) if good and 0 <= value < math.inf else 0.0

        took = number("seconds", "all") if seconds is None else seconds
        tokens = int(number("context_tokens"))
        if not tokens or not took:
            raise UsageError(
                f"{name}: its card does not tell its context's tokens and the seconds of training",
                hint="keep FILE.card.md beside the adapter, or give --seconds",
            )
        return cls(
            name,
            tokens,
            took,
            number("request", "with_context"),
            number("request", "without"),
            number("held_out_before"),
            number("held_out_after"),
        )

    @property
    def saved(self) -> float:
        """Seconds a request."""
        return self.with_context - self.without

    @property
    def pays_from(self) -> int | None:
        """Requests from which the time of teaching has come back; None: never, or not known."""
        return math.ceil(self.seconds / self.saved) if self.saved > 0 else None


@dataclass(frozen=True, slots=True)
class Worth:
    """The adapter in use: ``requests`` of them, and what they cost where there is a price."""

    adapter: Internalised
    requests: int
    even: BreakEven | None

    @property
    def pays(self) -> bool:
        if self.adapter.after >= self.adapter.before > 0:
            return False
        if self.even is not None:
            return self.even.case.pays
        least = self.adapter.pays_from
        return least is not None and self.requests >= least


def worth(adapter: Internalised, assumed: Assumptions) -> Worth:
    """Raises UsageError and ConfigError for a price that is none."""
    even = None
    if assumed.price:
        prices = find_prices(assumed.price, assumed.prices)
        case = Case(
            prices,
            adapter.tokens,
            0.0,
            assumed.requests,
            assumed.hit_share,
            seconds=adapter.seconds,
            machine=assumed.machine,
        )
        even = break_even(case)
    return Worth(adapter, assumed.requests, even)


def lines(result: Worth) -> list[str]:
    """For people, every figure marked."""
    one, out = result.adapter, []
    out.append(f"{one.name}: {one.tokens:,} tokens that no request carries any more (measured)")
    out.append(f"teaching took {f.seconds(one.seconds)} (measured, once)")
    if one.with_context:
        out.append(
            f"a request takes {one.with_context:.2f} s with the context and {one.without:.2f} s "
            "without (measured; a reader that keeps the context in its cache saves less)"
        )
    if result.even is not None:
        case = result.even.case
        out.append(
            f"{case.requests:,} requests to {case.prices.name}: {f.dollars(case.full)} with the "
            f"context, {f.dollars(case.stage_one)} for teaching (estimated)"
        )
        out.append(f"pays at {_requests(result.even.requests)} (estimated)")
    elif one.pays_from is not None:
        out.append(f"in time it pays from {one.pays_from:,} requests (estimated)")
    return [*out, verdict(result)]


def verdict(result: Worth) -> str:
    """The plain sentence: internalise, or do not."""
    one = result.adapter
    if one.after >= one.before > 0:
        return (
            f"do not internalise: on the lessons held out the student got no nearer to its teacher "
            f"({one.before:.3f} before, {one.after:.3f} after)"
        )
    if result.pays:
        return (
            f"internalise, for {result.requests:,} requests; ctxc eval --internalized says how well"
        )
    if result.even is None and one.pays_from is None:
        return "do not internalise: a request without the context is no faster"
    return f"do not internalise for {result.requests:,} requests: teaching costs more than it saves"


def record(result: Worth) -> dict[str, Any]:
    """The object of ``--json``."""
    one, even = result.adapter, result.even
    return {
        "schema": 1,
        "kind": "internalised",
        "source": one.name,
        "tokens": one.tokens,
        "seconds": round(one.seconds, 2),
        "request_with_context": one.with_context,
        "request_without": one.without,
        "requests": result.requests,
        "pays_from_requests": one.pays_from,
        "full": even.case.full if even else None,
        "teaching": even.case.stage_one if even else None,
        "pays_at_requests": [[s.low, s.high] for s in even.requests] if even else None,
        "pays": result.pays,
        "sentence": verdict(result),
        "basis": "estimated",
    }


def _requests(spans: tuple[Span, ...]) -> str:
    if not spans:
        return "no number of requests"
    return " or ".join(
        f"{s.low:,} requests and more" if s.high is None else f"{s.low:,} to {s.high:,} requests"
        for s in spans
    )
