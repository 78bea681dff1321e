"""Which token of the source each token of the output comes from.

The cheapest reading: runs that stay together are free, a jump within a sentence costs
less than one to another sentence, one backwards costs most.
"""

from __future__ import annotations

from collections import defaultdict

from .source import Source, Token

_WITHIN, _TO_START, _ACROSS, _BACK, _FOREIGN = 1.0, 1.1, 1.6, 3.0, 4.0


def align(output: tuple[Token, ...], source: Source) -> list[int | None]:
    """For each output token the index of its source token, or None where there is none."""
    places: dict[str, list[int]] = defaultdict(list)
    for index, token in enumerate(source.tokens):
        places[token.text].append(index)
    rows: list[dict[int, tuple[float, int | None]]] = []
    previous: dict[int, tuple[float, int | None]] = {}
    rowed: list[int] = []
    for number, token in enumerate(output):
        if token.text not in places:
            continue
        row = {p: _best(p, previous, source) for p in places[token.text]}
        rows.append(row)
        rowed.append(number)
        previous = row
    return _trace(rows, rowed, len(output))


def _best(
    place: int, previous: dict[int, tuple[float, int | None]], source: Source
) -> tuple[float, int | None]:
    if not previous:
        return (0.0 if _opens(place, source) else 0.5), None
    cost, origin = min((c + _jump(q, place, source), q) for q, (c, _) in previous.items())
    return cost, origin


def _jump(before: int, after: int, source: Source) -> float:
    if after == before + 1:
        return 0.0
    if after <= before:
        return _BACK
    near = 0.001 * min(after - before, 100)
    if source.tokens[before].sentence == source.tokens[after].sentence:
        return _WITHIN + near
    return (_TO_START if _opens(after, source) else _ACROSS) + near


def _opens(place: int, source: Source) -> bool:
    tokens = source.tokens
    return place == 0 or tokens[place - 1].sentence != tokens[place].sentence


def _trace(
    rows: list[dict[int, tuple[float, int | None]]], rowed: list[int], length: int
) -> list[int | None]:
    out: list[int | None] = [None] * length
    if not rows:
        return out
    place: int | None = min(rows[-1], key=lambda p: rows[-1][p][0])
    for row, number in zip(reversed(rows), reversed(rowed), strict=True):
        assert place is not None
        out[number] = place
        place = row[place][1]
    return out
