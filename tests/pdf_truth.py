"""What the PDFs of ``fixtures/pdf`` say, and how much of it a text says in order."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from pathlib import Path
from typing import Any

SET = Path(__file__).parent / "fixtures" / "pdf"


def letters(text: str) -> str:
    """Only what carries the words: letters, digits, signs; no spaces, hyphens or bars."""
    text = unicodedata.normalize("NFKC", text).replace("\u00ad", "")
    return "".join(char for char in text if char.isalnum())


def in_order(places: list[int]) -> int:
    """The most places that go up one after the other; -1 is none."""
    ends: list[int] = []
    for place in places:
        if place >= 0:
            at = bisect_left(ends, place)
            ends[at : at + 1] = [place]
    return len(ends)


def measured(text: str, truth: dict[str, Any]) -> tuple[int, int]:
    """Lines in order, and rows whole."""
    flat = letters(text)
    lines = in_order([flat.find(letters(line)) for line in truth["lines"]])
    rows = 0
    printed = [letters(line) for line in text.splitlines()]
    for row in truth["rows"]:
        rows += any(_cells_in(line, row) for line in printed)
    return lines, rows


def _cells_in(line: str, row: list[str]) -> bool:
    at = 0
    for cell in map(letters, row):
        place = line.find(cell, at)
        if place < 0:
            return False
        at = place + len(cell)
    return True
