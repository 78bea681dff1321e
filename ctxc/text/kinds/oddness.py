"""Records of one shape: which differ from the others, and which only repeat one before.

Every column (the values at one path of all records) is judged by itself: a rare value where
there are few, a key that few have or few lack, an empty value among full ones, another type, a
number far outside. What is odd in too many records is no longer odd.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field

from .data_tree import Node, leaves, number_of
from .failure_words import is_state_key, value_salience

ODD = 3.0
_NEARLY = 2.0  # rare, but in few records that may be chance
_FEWEST = 3  # records that can be compared
_FAR = 4.0  # quartile ranges outside the middle half
_MANY = 0.3  # of many records: a failure that so many have is not news
_SHARE = 0.03  # of the records may be odd; what is odd in more is nearly so
_DIGITS = re.compile(r"[0-9]+")
_HEX = re.compile(r"\b(?=[0-9a-fA-F-]*[0-9])[0-9a-fA-F]{7,}(?:-[0-9a-fA-F]{4,})*\b")
_LETTERS = re.compile(r"[^\W\d_]+")
_MASKED = 400  # characters of a value that count for whether records repeat


@dataclass(slots=True)
class Column:
    """The values at one path: ``cells`` are ``(record, node)``."""

    path: str
    cells: list[tuple[int, Node]] = field(default_factory=list)

    @property
    def key(self) -> str:
        """The last key of the path."""
        return self.path.rpartition(".")[2].replace("[]", "")


@dataclass(frozen=True, slots=True)
class Oddity:
    """What is odd about a record: the node that says so, or None where something is missing.

    ``common``: so many records have it that it is worth no more than ``salience``."""

    record: int
    node: Node | None
    salience: float
    common: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """``repeats[i]`` is the record that record i repeats, or -1; ``identifier`` the path whose
    values tell records apart, "" without one; ``rare`` are records like no other."""

    oddities: tuple[Oddity, ...]
    repeats: tuple[int, ...]
    identifier: str
    rare: frozenset[int]


def are_alike(records: Sequence[Node]) -> bool:
    """Whether most records have most keys in common; always, for three scalars and more."""
    if len(records) < _FEWEST:
        return False
    keys = Counter(key for record in records for key in {child.key for child in record.children})
    kept = sum(len(record.children) for record in records)
    if not kept:
        return True
    common = {key for key, count in keys.items() if count * 2 > len(records)}
    shared = sum(child.key in common for record in records for child in record.children)
    return shared * 2 >= kept


def compare(records: Sequence[Node], named: bool = False) -> Comparison:
    """Judge records that are alike (see ``are_alike``); linear in their leaves.

    ``named``: they are the values of an object (a schema's fields, a configuration's sections):
    such differ by nature, and only a rare state is odd.
    """
    columns = _columns(records)
    total = len(records)
    odd: list[list[Oddity]] = []
    for column in columns:
        if not named or is_state_key(column.key):
            odd += [kind for kind in _judge(column, total) if kind]
    oddities = [*_failures(columns, total), *_accepted(odd, total)]
    apart = frozenset(oddity.record for oddity in oddities if oddity.salience >= ODD)
    repeats, rare = _repeats(columns, total, apart)
    identifier = next((c.path for c in columns if _identifies(c, total)), "")
    return Comparison(tuple(oddities), repeats, identifier, rare)


def _columns(records: Sequence[Node]) -> list[Column]:
    by_path: dict[str, Column] = {}
    for number, record in enumerate(records):
        seen: set[str] = set()
        for path, node in leaves(record):
            if path not in seen:  # the first of an array's elements stands for them
                seen.add(path)
                by_path.setdefault(path, Column(path)).cells.append((number, node))
    return list(by_path.values())


def _limit(total: int) -> int:
    """How many of so many records can share something and still be odd."""
    return 1 if total < 12 else max(2, total // 50)


def _accepted(odd: list[list[Oddity]], total: int) -> Iterable[Oddity]:
    """The rarest first, until so many records are odd that none is."""
    records: set[int] = set()
    most = max(3, int(total * _SHARE))
    for group in sorted(odd, key=len):
        records.update(oddity.record for oddity in group)
        for oddity in group:
            few = len(records) <= most
            yield (
                oddity if few else Oddity(oddity.record, oddity.node, min(_NEARLY, oddity.salience))
            )


def _failures(columns: Sequence[Column], total: int) -> Iterable[Oddity]:
    for column in columns:
        scored = [(value_salience(column.key, node, False), r, node) for r, node in column.cells]
        worst = [entry for entry in scored if entry[0] >= ODD]
        many = total >= 8 and len(worst) > _MANY * total
        for salience, record, node in worst:
            yield Oddity(record, node, ODD if many else salience, many)


def _judge(column: Column, total: int) -> Iterable[list[Oddity]]:
    """The column's oddities, a list for each way of being odd."""
    cells = column.cells
    yield _presence(column, total)
    if len(cells) <= _limit(total):
        return
    empty = [cell for cell in cells if cell[1].is_empty]
    full = [cell for cell in cells if not cell[1].is_empty]
    yield from (_few(part, total) for part in (empty, full) if len(part) < len(cells))
    state = is_state_key(column.key)
    yield _rare(full, total, lambda node: node.form, state)
    numbers = [(number_of(node.value), record, node) for record, node in full]
    numeric = [(n, r, node) for n, r, node in numbers if n is not None]
    if len(numeric) * 5 >= len(full) * 4 and len(numeric) >= 8:
        yield _outliers(numeric, total)
    values = len({node.value for _, node in full})
    if values <= max(3, min(len(full) // 3, 10 if numeric else 50)):
        yield _rare(full, total, lambda node: node.value, state)
    elif values * 2 > len(full) and len(full) >= 12:
        yield _rare(full, total, lambda node: _shape(node.value), False, 0.9)


def _presence(column: Column, total: int) -> list[Oddity]:
    have, limit = len(column.cells), _limit(total)
    if have == total or not column.path:
        return []
    if have <= limit and have * 2 < total:
        return _few(column.cells, total)
    if total - have <= limit and have > total - have:
        present = {record for record, _ in column.cells}
        return [Oddity(r, None, ODD) for r in range(total) if r not in present]
    return []


def _few(cells: Sequence[tuple[int, Node]], total: int) -> list[Oddity]:
    limit = _limit(total)
    if not 0 < len(cells) <= limit or len(cells) * 2 > total:
        return []
    salience = ODD + 0.3 * min(3.0, math.log10(total / len(cells)))
    return [Oddity(record, node, salience) for record, node in cells]


def _rare(
    cells: Sequence[tuple[int, Node]],
    total: int,
    value_of: Callable[[Node], Hashable],
    state: bool,
    common: float = 0.6,
) -> list[Oddity]:
    """Cells whose value few have, where the other values make up nearly all."""
    values = [value_of(node) for _, node in cells]
    counts = Counter(values)
    limit = _limit(total)
    usual = [count for count in counts.values() if count > limit]
    rare = len(cells) - sum(usual)
    if not 0 < rare <= limit or sum(usual) < common * total:
        return []
    odd = [cell for cell, value in zip(cells, values, strict=True) if counts[value] <= limit]
    if state or _is_unlikely(max(counts[v] for v in values if counts[v] <= limit), counts, total):
        return _few(odd, total)
    return [Oddity(record, node, _NEARLY) for record, node in odd]


def _is_unlikely(count: int, counts: Counter[Hashable], total: int) -> bool:
    """Whether a value drawn as often as the others would hardly be so rare (Poisson)."""
    mean = total / len(counts)
    chance = sum(mean**k / math.factorial(k) for k in range(min(count, 20) + 1)) * math.exp(-mean)
    return chance * len(counts) < 0.1


def _outliers(numeric: list[tuple[float, int, Node]], total: int) -> list[Oddity]:
    """Numbers far outside, in the scale in which the middle half is more even."""
    values = sorted(number for number, _, _ in numeric)
    low, high = min(_fences(values), _log_fences(values), key=lambda f: f[0])[1]
    odd = [(record, node) for number, record, node in numeric if not low <= number <= high]
    return _few(odd, total)


def _fences(values: Sequence[float]) -> tuple[float, tuple[float, float]]:
    """How skewed sorted values are (0 to 1), and the bounds beyond which they are odd."""
    size = len(values)
    q1, middle, q3 = (values[size * part // 4] for part in (1, 2, 3))
    spread = q3 - q1
    if spread <= 0:
        return 2.0, (-math.inf, math.inf)
    return abs(q3 + q1 - 2 * middle) / spread, (q1 - _FAR * spread, q3 + _FAR * spread)


def _log_fences(values: Sequence[float]) -> tuple[float, tuple[float, float]]:
    if values[len(values) // 4] <= 0:
        return 3.0, (-math.inf, math.inf)
    skew, (low, high) = _fences([math.log(max(value, 1e-9)) for value in values])
    return skew + 0.2, (math.exp(max(low, -700)), math.exp(min(high, 700)))


def _shape(value: str) -> str:
    """A value with its letters and digits as one each: ``ZX-7000`` is ``a-0``."""
    return _LETTERS.sub("a", _DIGITS.sub("0", value[:80]))


def _identifies(column: Column, total: int) -> bool:
    """Whether short values, each of one record, tell the records apart."""
    if len(column.cells) < total or "[]" in column.path or column.path.count(".") > 1:
        return False
    values = {node.value for _, node in column.cells if not node.is_container}
    if len(values) < total or any(len(value) > 64 for value in values):
        return False
    return not all(node.form == "number" and "." in node.value for _, node in column.cells)


def _repeats(
    columns: Sequence[Column], total: int, apart: frozenset[int]
) -> tuple[tuple[int, ...], frozenset[int]]:
    """Which record each repeats, and which are like no other; what is odd (``apart``) does not."""
    masks: list[list[tuple[int, str]]] = [[] for _ in range(total)]
    for number, column in enumerate(columns):
        whole, few = _varies(column), _has_few_values(column)
        for record, node in column.cells:
            mask = "" if whole else node.value[:_MASKED] if few else _mask(node)
            masks[record].append((number, mask))
    first: dict[Hashable, int] = {}
    count: Counter[Hashable] = Counter()
    repeats, keys = [-1] * total, [tuple(mask) for mask in masks]
    for record, key in enumerate(keys):
        count[key] += 1
        if record not in apart:
            repeats[record] = first.get(key, -1)
            first.setdefault(key, record)
    few_masks = len(count) * 3 <= total
    rare = frozenset(r for r, key in enumerate(keys) if few_masks and count[key] == 1)
    return tuple(repeats), rare


def _varies(column: Column) -> bool:
    """Whether its values tell records apart or measure them: not what makes one a repeat."""
    full = [node for _, node in column.cells if not node.is_empty]
    values = {node.value for node in full}
    short = all(len(node.value) <= 40 and " " not in node.value for node in full)
    return len(full) >= _FEWEST and len(values) * 10 >= len(full) * 9 and short


def _has_few_values(column: Column) -> bool:
    values = {node.value for _, node in column.cells}
    return len(values) <= 10 and len(values) * 3 <= len(column.cells)


def _mask(node: Node) -> str:
    if node.is_container:
        return "[]" if node.children else ""
    if node.form == "number":
        return "#"
    if node.is_empty:
        return ""
    return _DIGITS.sub("#", _HEX.sub("#", node.value[:_MASKED]))
