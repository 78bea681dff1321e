"""Results -> the chart that shows them best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..errors import UsageError
from .breakeven import Case
from .chart import Bar, BarChart, Chart, Line, LineChart
from .history import Group
from .result import Counts, Result
from .units import dollars

_MOST_BARS = 40


def of_result(result: Result) -> Chart:
    """Costs over the cache-hit share where a price was given, else bars of tokens.

    Raises UsageError where there is nothing to draw.
    """
    if result.money and result.money.case:
        return of_case(result.money.case)
    if result.counts and not result.counts.empty:
        return of_counts(result.counts)
    raise UsageError("there is nothing to plot", hint="name files, or give --price and --ratio")


def of_counts(counts: Counts) -> BarChart:
    """The largest files, or pairs, in tokens of the first tokenizer."""
    name = counts.first
    if counts.pairs:
        bars = [
            Bar(pair.original.source, pair.compressed.tokens[name], pair.original.tokens[name])
            for pair in counts.sorted_pairs()
        ]
        return BarChart(_title("Tokens before and after", bars), f"{name} tokens", _first(bars))
    bars = [
        Bar(count.source, count.tokens[name], count.tokens[name]) for count in counts.sorted_files()
    ]
    return BarChart(_title("Tokens by file", bars), f"{name} tokens", _first(bars), "tokens")


def of_history(groups: Sequence[Group], by: str) -> BarChart:
    """Tokens before and after of each group. Raises UsageError where there are none."""
    if not groups:
        raise UsageError("the ledger holds no runs to plot")
    bars = [Bar(one.name, one.compressed, one.original) for one in groups]
    return BarChart(_title(f"Tokens by {by}", bars), "tokens (measured)", _first(bars))


def of_case(case: Case) -> LineChart:
    """What full and compressed text cost at each cache-hit share from 0 to 100 %."""
    full, compressed = [], []
    for percent in range(101):
        at = replace(case, hit_share=percent / 100)
        full.append((float(percent), at.full))
        compressed.append((float(percent), at.compressed + at.stage_one))
    often = "for each question" if case.per_question else "once"
    return LineChart(
        f"{case.tokens:,} tokens, {case.requests:,} requests (estimated)",
        "requests after the first that find the context cached, %",
        f"dollars (at {case.hit_share:.0%}: {dollars(case.full)} or "
        f"{dollars(case.compressed + case.stage_one)})",
        (
            Line("full text, cached", tuple(full)),
            Line(f"compressed {often}, to {case.left:,} tokens", tuple(compressed)),
        ),
    )


def _first(bars: list[Bar]) -> tuple[Bar, ...]:
    return tuple(bars[:_MOST_BARS])


def _title(title: str, bars: list[Bar]) -> str:
    """A chart that leaves bars out says so."""
    return title if len(bars) <= _MOST_BARS else f"{title} (the first {_MOST_BARS} of {len(bars)})"
