"""What a question cost, and what the same reader would have cost on the whole context."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..errors import UsageError
from ..stats.money import Prices
from .types import Bill, Rung


@dataclass(frozen=True, slots=True)
class Price:
    """One reader's prices: ``input`` as ``ctxc stats`` has them, ``output`` in $ per million."""

    input: Prices | None = None
    output: float | None = None

    def __post_init__(self) -> None:
        if self.output is not None and not (math.isfinite(self.output) and self.output >= 0):
            raise UsageError(f"a price of output must be at least 0, not {self.output:g}")

    @property
    def known(self) -> bool:
        return self.input is not None or self.output is not None

    def of(self, prompt: int, reply: int) -> float:
        """Dollars of one request; nothing is cached, for no two prompts are alike."""
        sent = self.input.sending(prompt, 1, 0.0, cached=False) if self.input else 0.0
        return sent + reply * (self.output or 0.0) / 1e6


@dataclass(frozen=True, slots=True)
class Tariff:
    """Prices of the reader and of the one escalated to; ``machine`` in $ per hour."""

    reader: Price = Price()
    escalate: Price = Price()
    machine: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.machine) and self.machine >= 0):
            raise UsageError(f"--machine-price must be at least 0, not {self.machine:g}")

    @property
    def known(self) -> bool:
        return self.reader.known or self.escalate.known or self.machine > 0

    def priced(self, rung: Rung) -> Rung:
        """``rung`` with its dollars: the reader's price, and this machine's time."""
        if not self.known:
            return rung
        price = self.escalate if rung.name == "escalated" else self.reader
        here = rung.select_seconds + (rung.seconds if rung.local else 0.0)
        dollars = price.of(rung.prompt_tokens, rung.reply_tokens) + self.machine * here / 3600
        return replace(rung, dollars=dollars)


def unpaid(bill: Bill) -> Bill:
    """The bill of something that is no answer: nothing can have paid for it."""
    return replace(bill, paid=False)


def bill_of(rungs: Sequence[Rung], without: int, extra_seconds: float, tariff: Tariff) -> Bill:
    """The bill over all rungs.

    ``without`` is the prompt of the whole context for the first reader;
    ``extra_seconds`` went into rewriting the question.
    """
    told = [r for r in rungs if r.prompt_tokens]
    first = told[0] if told else rungs[0]
    select = extra_seconds + sum(r.select_seconds for r in rungs)
    seconds = sum(r.seconds for r in rungs)
    dollars = dollars_without = None
    seconds_without = _seconds_without(first, without)
    if tariff.known:
        dollars = sum(r.dollars or 0.0 for r in rungs) + tariff.machine * extra_seconds / 3600
        here = seconds_without or 0.0
        machine = tariff.machine * here / 3600
        dollars_without = tariff.reader.of(without, first.reply_tokens) + machine
    tokens = sum(r.prompt_tokens for r in rungs)
    by, paid = "tokens", tokens < without
    if dollars is not None and dollars_without is not None:
        by, paid = "dollars", dollars < dollars_without
    elif seconds_without is not None:
        by, paid = "seconds", select + seconds < seconds_without
    return Bill(
        tokens=tokens,
        without=without,
        reply_tokens=sum(r.reply_tokens for r in rungs),
        select_seconds=select,
        seconds=seconds,
        seconds_without=seconds_without,
        dollars=dollars,
        dollars_without=dollars_without,
        paid=paid,
        by=by,
        counted=all(r.counted for r in told),
    )


def _seconds_without(first: Rung, without: int) -> float | None:
    """Reading goes with the tokens on this machine; over a network there is no telling."""
    if not first.local or not first.prompt_tokens or first.reading <= 0:
        return None
    return without * first.reading / first.prompt_tokens + max(0.0, first.seconds - first.reading)
