"""Figures over records, with their 95 % intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

_RESAMPLES = 2000
_NORMAL = 1.959963984540054  # the normal distribution's 97.5 % point


@dataclass(frozen=True, slots=True)
class Share:
    """A mean over ``records`` records, with its 95 % interval."""

    share: float
    low: float
    high: float
    records: int

    @classmethod
    def of_hits(cls, hits: Sequence[bool]) -> Share | None:
        """The share of records that hit; None without any."""
        if not hits:
            return None
        return cls(sum(hits) / len(hits), *wilson(sum(hits), len(hits)), len(hits))

    @classmethod
    def of_shares(cls, shares: Sequence[float]) -> Share | None:
        """The mean of shares, one a record; None without any."""
        if not shares:
            return None
        return cls(sum(shares) / len(shares), *bootstrap(shares), len(shares))

    def as_json(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True, slots=True)
class Row:
    """One engine at one ratio on one set: means over its records.

    ``kept`` is what each record gives most directly (``Case.kept``), with a bootstrap interval.
    ``answers``: an answer is still there; ``support``: sentences of the evidence that are;
    ``all_support``: records with all of them; ``reader``: records that the reader answers
    rightly. Each is None where no record says what is wanted.
    """

    engine: str
    ratio: float
    records: int
    failed: int
    kept: float
    low: float
    high: float
    rate: float
    tokens: float
    seconds: float
    reader_right: float | None = None
    reader_tokens: float | None = None
    reader_seconds: float | None = None
    set: str = ""
    answers: Share | None = None
    support: Share | None = None
    all_support: Share | None = None
    reader: Share | None = None

    def as_json(self) -> dict[str, Any]:
        values = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: v.as_json() if isinstance(v, Share) else v for name, v in values}


def bootstrap(values: Sequence[float]) -> tuple[float, float]:
    """The 95 % interval of the mean, by resampling with a fixed seed."""
    if not values:
        return 0.0, 0.0
    data = np.asarray(values, np.float64)
    draws = np.random.default_rng(0).integers(0, len(data), (_RESAMPLES, len(data)))
    low, high = np.quantile(data[draws].mean(axis=1), (0.025, 0.975))
    return float(low), float(high)


def wilson(hits: int, records: int) -> tuple[float, float]:
    """The 95 % score interval of a share of records (Wilson 1927): of use with few, and at 0 or 1.

    >>> [round(x, 3) for x in wilson(10, 10)]
    [0.722, 1.0]
    """
    z2 = _NORMAL**2
    share = hits / records
    middle = (share + z2 / (2 * records)) / (1 + z2 / records)
    spread = _NORMAL * math.sqrt(share * (1 - share) / records + z2 / (4 * records**2))
    spread /= 1 + z2 / records
    return max(0.0, middle - spread), min(1.0, middle + spread)
