"""A few well-known list prices, built in: a start, to be checked before they are relied on.

Standard rates in US dollars per million tokens, from the providers' public
price pages as of the date beside each: platform.claude.com (pricing),
developers.openai.com (pricing), ai.google.dev (Gemini API pricing). Cache
writes are the five-minute kind where a provider has several; storage by the
hour, batches and priority tiers are not modelled.
"""

from __future__ import annotations

from .money import Prices, Rates

_BUILT_IN = (
    # name, as of, (input, cache write, cache read), from tokens on, (the same, for long requests)
    ("claude-opus-5-5", "2026-10-24", (4.0, 5.0, 0.20), 0, None),
    ("claude-sonnet-5-5", "2026-10-24", (2.0, 2.5, 0.10), 0, None),
    ("claude-haiku-5-5", "2026-10-24", (0.10, 0.125, 0.01), 100_000, (0.50, 0.625, 0.05)),
    ("gpt-6-sol", "2026-09-22", (2.0, 2.5, 0.20), 272_000, (4.0, 5.0, 0.40)),
    ("gpt-6-luna", "2026-09-22", (0.10, 0.125, 0.01), 272_000, (0.20, 0.25, 0.02)),
    ("gemini-2.5-pro", "2026-04-20", (1.25, 1.25, 0.125), 200_000, (2.5, 2.5, 0.25)),
)


def built_in() -> dict[str, Prices]:
    """The built-in prices by name."""
    return {
        name: Prices(
            name=name,
            rates=Rates(*rates),
            long_from=long_from,
            long=Rates(*long) if long else None,
            origin=f"built in, as of {dated}: check before relying on it",
        )
        for name, dated, rates, long_from, long in _BUILT_IN
    }
