"""What a session's requests cost with a provider's cache: read, written, sent plainly.

Each request sends everything before it again. What is the same, message by message, as in the
request before is read from the cache; from the first message that differs on, all is written
anew. So a compressor that rewrites earlier turns is charged for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .. import tokens as _tokens
from ..stats.money import Prices
from .texts import checked, requests, texts_of


@dataclass(frozen=True, slots=True)
class SessionCost:
    """Tokens over all requests: ``read`` from the cache, ``written`` to it, ``sent`` without it."""

    requests: int
    read: int
    written: int
    sent: int
    dollars: float


def session_cost(
    messages: Sequence[Mapping[str, Any]], prices: Prices, tokenizer: str = _tokens.DEFAULT
) -> SessionCost:
    """The cost of a session whose requests each brought what stands between two replies.

    Raises InputError for what is no list of messages.
    """
    every = checked(messages)
    return cost_of([every[:end] for _, end in requests(every)], prices, tokenizer)


def cost_of(
    sent: Sequence[Sequence[Mapping[str, Any]]],
    prices: Prices,
    tokenizer: str = _tokens.DEFAULT,
) -> SessionCost:
    """The same of requests as they were sent, one after the other."""
    count = _tokens.get(tokenizer).count
    known: dict[int, int] = {}

    def size(message: Mapping[str, Any]) -> int:
        if id(message) not in known:
            known[id(message)] = sum(count(text.text) for text in texts_of(message, 0))
        return known[id(message)]

    read = written = plainly = 0
    dollars = 0.0
    before: Sequence[Mapping[str, Any]] = ()
    for request in sent:
        same = _common(before, request)
        held = sum(map(size, request[:same]))
        whole = sum(map(size, request))
        rates = prices.at(whole)
        held = held if held >= prices.minimum else 0
        if prices.caching and whole >= prices.minimum:
            read, written = read + held, written + whole - held
            dollars += (held * rates.read + (whole - held) * rates.write) / 1e6
        else:
            plainly += whole
            dollars += whole * rates.input / 1e6
        before = request
    return SessionCost(len(sent), read, written, plainly, dollars)


def _common(one: Sequence[Any], other: Sequence[Any]) -> int:
    """How many messages both begin with."""
    for index, (a, b) in enumerate(zip(one, other, strict=False)):
        if a is not b and a != b:
            return index
    return min(len(one), len(other))
