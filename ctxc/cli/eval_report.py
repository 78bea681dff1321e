"""What ``ctxc eval`` prints and draws of its rows."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence

from ..console import plain
from ..evaluate import FULL, Row, Share
from ..stats.chart import Line, LineChart

_MEASURES = {
    "answers": "answers",
    "support": "support",
    "all_support": "all of it",
    "reader": "reader right",
}


def report(rows: Sequence[Row]) -> str:
    """Plain aligned text, which goes into reports and diffs; a narrow terminal gets blocks."""
    text = _tables(rows)
    wide = max(map(len, text.splitlines()), default=0)
    if sys.stdout.isatty() and wide > shutil.get_terminal_size().columns:
        return "\n".join(_block(row) for row in rows) + "\n"
    return text


def _tables(rows: Sequence[Row]) -> str:
    sets = dict.fromkeys(row.set for row in rows)
    tables = []
    for name in sets:
        table = _table([row for row in rows if row.set == name])
        tables.append(f"{plain(name)}\n{table}" if len(sets) > 1 else table)
    return "\n".join(tables)


def _table(rows: Sequence[Row]) -> str:
    measures = _measures(rows)
    wide = max(18, *(len(row.engine) for row in rows))
    head = f"{'engine':<{wide}}  ratio    got"
    head += "".join(f"  {label:>7}  95 % interval" for _, label in measures)
    head += "   tokens  seconds  records"
    read = any(row.reader is not None for row in rows)
    lines = [head + ("  its tokens  its seconds" if read else "")]
    for row in rows:
        line = f"{row.engine:<{wide}} {row.ratio:>5g}x {_got(row):>6}"
        line += "".join(f"  {_cell(_share(row, name), len(label))}" for name, label in measures)
        line += f" {row.tokens:>8.0f} {row.seconds:>8.3f} {row.records:>8}"
        if row.reader is not None:
            line += f"  {row.reader_tokens:>10.0f}  {row.reader_seconds:>11.2f}"
        lines.append(line + (f"  ({row.failed} failed)" if row.failed else ""))
    return "\n".join(lines) + "\n"


def _block(row: Row) -> str:
    where = f"{plain(row.set)}: " if row.set else ""
    lines = [f"{where}{row.engine} at {row.ratio:g}x (got {_got(row)}), {row.records} records"]
    for name, label in _measures([row]):
        lines.append(f"  {label:<12} {_cell(_share(row, name), 0)}")
    lines.append(f"  {row.tokens:,.0f} tokens, {row.seconds:.3f} s")
    if row.reader is not None:
        lines.append(f"  reader: {row.reader_tokens:,.0f} tokens, {row.reader_seconds:.2f} s")
    if row.failed:
        lines.append(f"  {row.failed} failed")
    return "\n".join(lines)


def _measures(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """The measures that any of ``rows`` has, with their labels.

    Where the evidence alone is known, the share of its tokens comes first.
    """
    there = [(k, v) for k, v in _MEASURES.items() if any(getattr(r, k) for r in rows)]
    answers = any(row.answers is not None for row in rows)
    return there if answers else [("kept", "kept"), *there]


def _share(row: Row, name: str) -> Share | None:
    if name == "kept":
        return Share(row.kept, row.low, row.high, row.records)
    share: Share | None = getattr(row, name)
    return share


def _cell(share: Share | None, wide: int) -> str:
    wide = max(7, wide)
    if share is None:
        return f"{'-':>{wide}}  {'':14}"
    return f"{share.share:>{wide}.3f}  {share.low:.3f} to {share.high:.3f}"


def _got(row: Row) -> str:
    return f"{1 / row.rate:.1f}x" if row.rate else "-"


def chart(rows: Sequence[Row]) -> LineChart:
    """What is kept over the ratio, a line for each engine on each set."""
    measured = [row for row in rows if row.engine != FULL]
    sets = dict.fromkeys(row.set for row in measured)
    names = dict.fromkeys((row.set, row.engine) for row in measured)
    lines = tuple(
        Line(f"{place}: {engine}" if len(sets) > 1 else engine, tuple(_points(measured, key)))
        for key in names
        for place, engine in (key,)
    )
    what = "share kept" if any(row.answers is None for row in measured) else "answers kept"
    return LineChart("What is kept", "ratio (original over kept)", what, lines)


def _points(rows: Sequence[Row], key: tuple[str, str]) -> Iterator[tuple[float, float]]:
    """Ratio and share, by ratio."""
    mine = (row for row in rows if (row.set, row.engine) == key)
    for row in sorted(mine, key=lambda r: r.ratio):
        yield row.ratio, row.answers.share if row.answers is not None else row.kept
