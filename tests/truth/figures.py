"""What the product makes of the pairs, judged; as a table: ``python -m truth.figures MODE``.

Run it in ``tests``. Of pairs set aside only counts are shown, so that no rule is
written against them.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import ctxc
from ctxc.engines.distill_options import DistillOptions

from .cases import Pair, faults, pairs
from .judge import Fault, reading_of

RATIOS = (1.5, 2.0, 3.0, 4.0)
ALL_LENGTHS = DistillOptions(min_tokens=0)
MODES: dict[str, dict[str, Any]] = {
    "default": {"engine": "lexical"},
    "verbatim": {"engine": "verbatim", "distill": ALL_LENGTHS},
    "word": {"engine": "lexical", "level": "word"},
    "auto": {"engine": "auto"},
    "distill": {"engine": "distill", "distill": ALL_LENGTHS},
}


@dataclass(frozen=True, slots=True)
class Judged:
    """One output: ``text`` is None where ctxc declined; ``kept`` counts sentences of the source
    of which something is left."""

    pair: Pair
    ratio: float
    asked: bool
    text: str | None
    kept: int
    faults: tuple[Fault, ...]

    @property
    def false(self) -> tuple[Fault, ...]:
        return tuple(fault for fault in self.faults if fault.false)

    @property
    def false_lines(self) -> int:
        """Sentences of the source that the output has saying something else."""
        return len({fault.source for fault in self.false})


def measure(mode: str, some: Sequence[Pair], ratios: Sequence[float] = RATIOS) -> list[Judged]:
    """Every pair at every ratio, without and, where it has one, with its question."""
    return [one for pair in some for one in _measure(mode, pair, ratios)]


def _measure(mode: str, pair: Pair, ratios: Sequence[float]) -> Iterator[Judged]:
    for question in dict.fromkeys((None, pair.question)):
        for ratio in ratios:
            yield _one(mode, pair, question, ratio)


def _one(mode: str, pair: Pair, question: str | None, ratio: float) -> Judged:
    asked = question is not None
    try:
        result = ctxc.compress(pair.text, question=question, ratio=ratio, **MODES[mode])
    except (ctxc.BudgetError, ctxc.InputError):
        return Judged(pair, ratio, asked, None, 0, ())
    reading = reading_of(pair.text, result.text, pair.language)
    kept = len({reading.source.tokens[i].sentence for i in reading.kept})
    room = result.target >= ctxc.count_tokens(pair.critical)
    counted = [f for f in faults(pair, result.text) if room or f.kind != "pronoun"]
    return Judged(pair, ratio, asked, result.text, kept, tuple(counted))


def table(judged: Sequence[Judged], key: str) -> str:
    """Outputs with a false line, false lines and kept sentences, by a field of the pair."""
    rows: dict[tuple[str, bool], Counter[str]] = {}
    for one in judged:
        row = rows.setdefault((getattr(one.pair, key), one.pair.heldout), Counter())
        row.update(
            outputs=one.text is not None,
            declined=one.text is None,
            false=bool(one.false),
            lines=one.false_lines,
            kept=one.kept,
            telegram=any(not fault.false for fault in one.faults),
        )
    return "\n".join(_row(name, held, rows[name, held]) for name, held in sorted(rows))


def _row(name: str, heldout: bool, row: Counter[str]) -> str:
    part = "aside" if heldout else "open"
    share = 100 * row["lines"] / max(row["kept"], 1)
    return (
        f"{name:12} {part:5} outputs {row['outputs']:4} (declined {row['declined']:3}), with a "
        f"false line {row['false']:4}; false lines {row['lines']:4} of {row['kept']:5} "
        f"({share:4.1f} %); telegrams {row['telegram']:4}"
    )


def main(modes: Sequence[str]) -> None:
    """Tables by language and phenomenon, and the kinds of fault with open examples."""
    for mode in modes:
        judged = measure(mode, pairs())
        print(f"## {mode}", table(judged, "language"), table(judged, "phenomenon"), sep="\n")
        kinds = Counter(fault.kind for one in judged for fault in one.false)
        for kind, count in kinds.most_common():
            print(f"### {kind}: {count}", *_examples(judged, kind), sep="\n")


def _examples(judged: Sequence[Judged], kind: str, most: int = 12) -> Iterator[str]:
    seen: set[str] = set()
    for one in judged:
        hit = [fault for fault in one.false if fault.kind == kind]
        if hit and not one.pair.heldout and one.pair.language not in seen and len(seen) < most:
            seen.add(one.pair.language)
            yield f"{one.pair.id} {one.ratio}x: {one.text!r} [{hit[0].words}] {hit[0].source}"


if __name__ == "__main__":
    main(sys.argv[1:] or ["default"])
