"""Retries with growing waits."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
LONGEST = 30.0  # seconds


class GaveUp(Exception):
    """Every try failed."""


def waits(tries: int, first: float = 0.5) -> list[float]:
    """The pauses between ``tries`` tries, doubling, at most ``LONGEST``."""
    return [min(LONGEST, first * 2**index) for index in range(tries - 1)]


def retry(work: Callable[[], T], tries: int = 5) -> T:
    """What ``work`` returns, after as many tries as it takes."""
    for pause in (*waits(tries), None):
        try:
            return work()
        except OSError as error:
            if pause is None:
                raise GaveUp(str(error)) from error
            time.sleep(pause + random.random() / 10)
    raise AssertionError("unreachable")
