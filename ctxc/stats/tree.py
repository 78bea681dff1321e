"""Counts added up: per folder with all that lies below it, and in all."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from .count import Count


@dataclass(frozen=True, slots=True)
class Total:
    """What several files hold together (``tokens`` by tokenizer name)."""

    name: str
    tokens: dict[str, int]
    characters: int
    files: int


def total(counts: Iterable[Count], name: str = "total") -> Total:
    """The sum over ``counts``."""
    tokens: dict[str, int] = defaultdict(int)
    characters = files = 0
    for count in counts:
        for tokenizer, number in count.tokens.items():
            tokens[tokenizer] += number
        characters += count.characters
        files += 1
    return Total(name, dict(tokens), characters, files)


def folders(counts: Iterable[Count]) -> list[Total]:
    """A total for each folder that holds a counted file, at any depth, by name.

    >>> a = Count("docs/x/a.md", {"t": 2}, 9); b = Count("docs/b.md", {"t": 1}, 4)
    >>> [(f.name, f.tokens["t"], f.files) for f in folders([a, b])]
    [('docs/', 3, 2), ('docs/x/', 2, 1)]
    """
    inside: dict[str, list[Count]] = defaultdict(list)
    for count in counts:
        folder = os.path.dirname(count.source)
        while folder and folder not in (os.sep, ".", ".."):
            inside[folder].append(count)
            folder = os.path.dirname(folder)
    return [total(inside[folder], folder + os.sep) for folder in sorted(inside)]


def largest_first(counts: Iterable[Count], tokenizer: str) -> list[Count]:
    """By tokens under ``tokenizer``, then by name."""
    return sorted(counts, key=lambda count: (-count.tokens[tokenizer], count.source))
