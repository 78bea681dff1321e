"""Random documents of data, the same for the same seed."""

from __future__ import annotations

import random
from typing import Any

_WORDS = ["alpha", "beta", "id", "name", "status", "value", "error", "größe", "名前", "a.b", "x-y"]
_TEXTS = (
    "", "ok", "failed", "two words", 'with "quotes"', "tab\there", "line\nbreak", "back\\slash",
    "a, b: c", "# no comment", "- dash", "ünïcode ☃", "null", "true", "12", "{}", "[x]", "<tag>",
    "'single'", "trailing ", " leading", "0x1F", "2026-01-02", "a & b", "%", "@at", "*star", "&amp",
    "long " * 30,
)  # fmt: skip


def scalar(rng: random.Random) -> Any:
    return rng.choice(
        (
            rng.choice(_TEXTS),
            rng.choice(_TEXTS),
            rng.randrange(-100, 10_000),
            round(rng.uniform(-10, 1000), 3),
            rng.random() < 0.5,
            None,
        )
    )


def key(rng: random.Random) -> str:
    return rng.choice(_WORDS) + (str(rng.randrange(10)) if rng.random() < 0.4 else "")


def value(rng: random.Random, depth: int) -> Any:
    shape = rng.random()
    if depth <= 0 or shape < 0.45:
        return scalar(rng)
    size = rng.choice((0, 1, 2, 3, 5, 9))
    if shape < 0.7:
        return {key(rng): value(rng, depth - 1) for _ in range(size)}
    if shape < 0.85:
        return [value(rng, depth - 1) for _ in range(size)]
    keys = [key(rng) for _ in range(3)]
    return [{name: scalar(rng) for name in keys if rng.random() < 0.9} for _ in range(size)]


def document(rng: random.Random, depth: int = 4) -> dict[str, Any]:
    """An object with one key at least."""
    return {key(rng): value(rng, depth) for _ in range(rng.randrange(1, 7))}
