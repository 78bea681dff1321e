"""Whether compressing pays against sending the full text with provider caching.

Two ways to compress: *once*, with the result sent (and cached by the provider)
many times, or *per question*, where each request has a text of its own that no
cache holds. The full text has the provider's cache on its side in both cases:
a context sent k times costs one write and k - 1 reads, a tenth of the price or
less, which a fourfold compression per question does not beat.

Costs are linear between a few known points (the cache's minimum, a price tier,
the request count from which caching is worth its write), so where the better
choice changes is found exactly, by bisection between those points.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

from .money import Prices

SHORTEST, LONGEST = 100, 10_000_000
"""Tokens between which break-even points are looked for; requests from 1 to ``LONGEST``."""


@dataclass(frozen=True, slots=True)
class Case:
    """One use: ``tokens`` tokens, ``rate`` of them left, sent with ``requests`` requests.

    ``hit_share`` is the share of the requests after the first that find the
    context in the provider's cache. ``seconds`` is what compressing this
    context once takes, ``machine`` what an hour of that machine costs.
    """

    prices: Prices
    tokens: int
    rate: float
    requests: int
    hit_share: float
    per_question: bool = False
    seconds: float = 0.0
    machine: float = 0.0

    @property
    def left(self) -> int:
        """Tokens after compression."""
        return math.ceil(self.tokens * self.rate - 1e-9)

    @property
    def full(self) -> float:
        """Dollars for the full text, cached where that is cheaper."""
        return self.prices.sending(self.tokens, self.requests, self.hit_share)

    @property
    def compressed(self) -> float:
        """Dollars for the compressed text alone."""
        return self.prices.sending(
            self.left, self.requests, self.hit_share, cached=not self.per_question
        )

    @property
    def compressions(self) -> int:
        """How often the context is compressed."""
        return self.requests if self.per_question else 1

    @property
    def stage_one(self) -> float:
        """Dollars for compressing."""
        return self.compressions * self.seconds * self.machine / 3600

    @property
    def net(self) -> float:
        """Dollars saved, stage one paid; negative where compressing costs more."""
        return self.full - self.compressed - self.stage_one

    @property
    def pays(self) -> bool:
        return self.net > 0


@dataclass(frozen=True, slots=True)
class Span:
    """From ``low`` to ``high``, both included; ``high`` None: without end (as far as looked)."""

    low: int
    high: int | None


@dataclass(frozen=True, slots=True)
class BreakEven:
    """Where compressing is cheaper, one quantity varied and the others as in ``case``.

    ``tokens`` and ``requests`` in ones, ``hit_share`` in percent.
    """

    case: Case
    tokens: tuple[Span, ...]
    requests: tuple[Span, ...]
    hit_share: tuple[Span, ...]


def break_even(case: Case) -> BreakEven:
    """The spans of context length, requests and cache-hit share in which ``case`` would pay."""
    per_token = case.seconds / case.tokens if case.tokens else 0.0

    def by_tokens(tokens: int) -> bool:
        # A longer context takes longer to compress, at the speed that was measured.
        return replace(case, tokens=tokens, seconds=per_token * tokens).pays

    def by_requests(requests: int) -> bool:
        return replace(case, requests=requests).pays

    def by_share(percent: int) -> bool:
        return replace(case, hit_share=percent / 100).pays

    prices, rate = case.prices, case.rate
    edges = [prices.minimum, prices.long_from + 1 if prices.long else 1]
    edges += [math.ceil(edge / rate) for edge in edges] if rate else []
    shares = [
        Span(span.low, 100 if span.high is None else span.high)
        for span in _spans(by_share, 0, 100, range(101))
    ]
    return BreakEven(
        case,
        _spans(by_tokens, SHORTEST, LONGEST, _near(edges)),
        _spans(by_requests, 1, LONGEST, [*range(1, 200), *_near(_turning_requests(case))]),
        tuple(shares),
    )


def verdict(case: Case) -> str:
    """The plain sentence: compress, or do not.

    >>> from .money import Rates
    >>> p = Prices("x", Rates(3, 3.75, 0.3), "given")
    >>> verdict(Case(p, 8000, 0.25, 20, 0.9, per_question=True))[:15]
    'do not compress'
    """
    from .units import dollars

    if case.tokens == 0:
        return "do not compress: there is nothing to send"
    if case.rate >= 1:
        return "do not compress: the compressed text is not shorter"
    cached = " with caching" if case.prices.caching else ""
    full = f"the full text{cached} costs {dollars(case.full)}"
    other = f"compressed {dollars(case.compressed + case.stage_one)}"
    if case.pays:
        return (
            f"compress: {full}, {other}, so {dollars(case.net)} less ({case.net / case.full:.0%})"
        )
    return f"do not compress: {full}, {other}"


def _turning_requests(case: Case) -> list[int]:
    """Request counts from which caching is worth its write, for either text."""
    turning = []
    for tokens in (case.tokens, case.left):
        rates = case.prices.at(tokens)
        later = case.hit_share * rates.read + (1 - case.hit_share) * rates.write
        if rates.input > later:
            turning.append(math.ceil((rates.write - later) / (rates.input - later)))
    return turning


def _near(points: Iterable[int]) -> list[int]:
    """Each point with its neighbours, and steps of a tenth between all powers of ten."""
    steps = [int(10 ** (tenth / 10)) for tenth in range(int(math.log10(LONGEST)) * 10 + 1)]
    return [near for point in points for near in (point - 1, point, point + 1)] + steps


def _spans(
    pays: Callable[[int], bool], low: int, high: int, points: Iterable[int]
) -> tuple[Span, ...]:
    """Where ``pays`` holds on ``low..high``; it changes at most once between two ``points``."""
    at = sorted({low, high, *(point for point in points if low <= point <= high)})
    found: list[Span] = []
    start: int | None = low if pays(low) else None
    for before, after in pairwise(at):
        if pays(after) == (start is not None):
            continue
        change = _first_change(pays, before, after)
        if start is None:
            start = change
        else:
            found.append(Span(start, change - 1))
            start = None
    if start is not None:
        found.append(Span(start, None))
    return tuple(found)


def _first_change(pays: Callable[[int], bool], before: int, after: int) -> int:
    """The first number after ``before`` whose answer is that of ``after``."""
    goal = pays(after)
    while after - before > 1:
        middle = (before + after) // 2
        if pays(middle) == goal:
            after = middle
        else:
            before = middle
    return after
