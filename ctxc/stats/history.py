"""The ledger's runs, added up by day, model, engine or folder."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..errors import UsageError
from ..store import Run

BY = ("day", "model", "engine", "folder")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True, slots=True)
class Group:
    """Runs with ``name`` in common, under one tokenizer: counts of two do not add up."""

    name: str
    tokenizer: str
    runs: int
    files: int
    original: int
    compressed: int
    seconds: float

    @property
    def saved(self) -> int:
        return self.original - self.compressed


def group(runs: Iterable[Run], by: str) -> list[Group]:
    """One group for each value of ``by`` and each tokenizer: days in order, others by tokens saved.

    Raises UsageError for an unknown ``by``.
    """
    if by not in BY:
        raise UsageError(f"--by {by!r} is not known", hint="choose one of " + ", ".join(BY))
    together: dict[tuple[str, str], list[Run]] = defaultdict(list)
    for run in runs:
        together[_key(run, by), run.tokenizer].append(run)
    groups = [add_up(name, same, tokenizer) for (name, tokenizer), same in together.items()]
    if by == "day":
        return sorted(groups, key=lambda one: (one.name, one.tokenizer))
    return sorted(groups, key=lambda one: (-one.saved, one.name, one.tokenizer))


def totals(runs: list[Run]) -> list[Group]:
    """All runs together, a group for each tokenizer."""
    tokenizers = sorted({run.tokenizer for run in runs})
    return [
        add_up("total", [run for run in runs if run.tokenizer == tokenizer], tokenizer)
        for tokenizer in tokenizers
    ]


def add_up(name: str, runs: list[Run], tokenizer: str) -> Group:
    return Group(
        name,
        tokenizer,
        len(runs),
        sum(run.files for run in runs),
        sum(run.original for run in runs),
        sum(run.compressed for run in runs),
        sum(run.seconds for run in runs),
    )


def since(text: str, now: float | None = None) -> float:
    """``30d``, ``12h``, ``2w``, ``90m`` or a date (local time) -> seconds since 1970.

    Raises UsageError.
    """
    now = time.time() if now is None else now
    if match := re.fullmatch(r"(\d{1,6})([mhdw])", text.strip()):
        return now - timedelta(**{_UNITS[match[2]]: int(match[1])}).total_seconds()
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            f"--since {text!r} is no span of time", hint="as in 30d, 12h, 2w or 2026-01-31"
        ) from None


def _key(run: Run, by: str) -> str:
    if by == "day":
        return time.strftime("%Y-%m-%d", time.localtime(run.time))
    if by == "model":
        return run.model or "no model"
    return run.engine if by == "engine" else run.folder
