"""Whether a row of the ledger is what ctxc writes there: SQLite keeps any type in any column."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

_LATEST = 253_402_300_800.0  # the year 10000, where calendars end
_Test = Callable[[Any], bool]


def _is_time(value: Any) -> bool:
    return _is_number(value) and 0 <= value < _LATEST


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and value >= 0


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_text_or_none(value: Any) -> bool:
    return isinstance(value, str | None)


# In the order of ``Run``'s fields.
_TESTS: tuple[_Test, ...] = (
    _is_time,
    _is_text,
    _is_text,
    _is_text_or_none,
    _is_text,
    _is_count,
    _is_count,
    _is_number,
    _is_count,
    _is_text,
    _is_text_or_none,
)


def is_run(row: Sequence[Any]) -> bool:
    """Whether ``row`` holds the fields of a ``Run``, each of its type."""
    return len(row) == len(_TESTS) and all(
        test(value) for test, value in zip(_TESTS, row, strict=True)
    )
