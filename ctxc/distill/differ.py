"""Where two sources give different figures for the same thing: said beside the line.

Only what can be told from the words: two lines of different parts that speak
of the same names in mostly the same words, and whose dates, years, or numbers
of one unit have nothing in common. Contradictions without a figure are not seen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..text.facts import Fact
from ..text.salience import Line, read_text

MOST_LINES = 60  # the best-ranked ones are compared, pair by pair
_SHARED = 0.6  # of the shorter line's content words
_LEAST = 4  # shared content words
# The first and the fifth of a series are two things, whatever else is the same.
_RANK = re.compile(
    r"\b(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|"
    r"\w+teenth|\w+tieth|last|final|original|new|\d+(?:st|nd|rd|th)|"
    r"(?:season|part|chapter|volume|series|episode|version|phase|round)\s\w+)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Figures:
    """A line's comparable figures: what they are of -> value -> as written."""

    words: frozenset[str]
    ranks: frozenset[str]
    names: frozenset[str]
    values: dict[str, dict[str, str]]


def mark(lines: Sequence[Line], parts: Sequence[int], titles: Mapping[int, str]) -> list[Line]:
    """``lines``, those that another part contradicts with that part's figure and title behind them.

    ``parts`` are the parts the lines come from, ``titles`` the parts' titles.
    """
    out = list(lines)
    best = sorted(range(len(lines)), key=lambda i: (-lines[i].score, lines[i].segment))
    known = {i: _figures(lines[i].text, titles.get(parts[i], "")) for i in best[:MOST_LINES]}
    order = sorted((i for i in known if known[i].values), key=lambda i: lines[i].segment)
    for at, later in enumerate(order):
        for earlier in order[:at]:
            if parts[earlier] == parts[later] or out[later].note:
                continue
            if other := _difference(known[earlier], known[later]):
                title = titles.get(parts[earlier]) or f"document {parts[earlier] + 1}"
                out[later] = replace(
                    out[later],
                    note=f"(sources differ: {other} in {title})",
                    spans=(*out[later].spans, *lines[earlier].spans),
                )
    return out


def _figures(text: str, title: str) -> _Figures:
    unit = read_text(text)
    values: dict[str, dict[str, str]] = {}
    for fact in (*unit.facts.numbers, *unit.facts.dates):
        if kind := _kind(fact):
            values.setdefault(kind, {})[fact.value] = fact.span.of(text).strip()
    plain = frozenset(w for w in unit.words if not any(c.isdigit() for c in w))
    names = frozenset(w.casefold() for f in unit.facts.names for w in f.value.split())
    ranks = frozenset(r.casefold() for r in _RANK.findall(f"{title} {text}"))
    return _Figures(plain, ranks, names, values)


def _kind(fact: Fact) -> str:
    """What a figure is of: its unit, a year, a date of that precision; "" if it may be anything."""
    if fact.kind == "date":
        return f"date {len(fact.value)}"
    if fact.unit:
        return fact.unit
    year = fact.value.isdecimal() and len(fact.value) == 4 and fact.value[:2] in ("18", "19", "20")
    return "year" if year else ""


def _difference(one: _Figures, other: _Figures) -> str:
    """How ``one`` writes the figure in which the two differ, or ""."""
    shared = len(one.words & other.words)
    if shared < max(_LEAST, _SHARED * min(len(one.words), len(other.words))):
        return ""
    if one.ranks != other.ranks:
        return ""
    fewer, more = sorted((one.names, other.names), key=len)
    if not fewer <= more:
        return ""
    for kind in sorted(one.values.keys() & other.values.keys()):
        if not one.values[kind].keys() & other.values[kind].keys():
            return min(one.values[kind].values())
    return ""
