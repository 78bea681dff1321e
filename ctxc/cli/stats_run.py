"""``ctxc stats``, after its options: gather, show, draw, exit code."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from ..console import complain, note, plain, progress
from ..destinations import Destination, Opened, store_files
from ..destinations import check as check_destinations
from ..errors import UsageError
from ..input.inputs import Inputs
from ..output.report import json_line, write_out
from ..result import Failure
from ..stats import records, report, sheet
from ..stats.assume import Assumptions
from ..stats.draw import of_history, of_result
from ..stats.gather import Counting, gather
from ..stats.history import group, since, totals
from ..stats.plot import check, plot
from ..stats.result import Counts
from ..store import Store
from .inputs import beside


@dataclass(frozen=True, slots=True)
class Shown:
    """How results are shown; ``bars`` is their width in characters (0: none)."""

    json: bool
    csv: bool
    plot: Path | None
    bars: int

    def __post_init__(self) -> None:
        if self.json and self.csv:
            raise UsageError("--json and --csv contradict each other", hint="give one of them")
        if self.plot is not None:
            check(self.plot)


@dataclass(frozen=True, slots=True)
class Ledger:
    """What is wanted of the ledger."""

    history: bool
    since: str | None
    by: str
    export: bool
    forget: bool


def run_stats(counting: Counting, assumed: Assumptions, shown: Shown) -> int:
    """Count, show, and return the exit code: 1 where a file failed or there was none."""
    if shown.csv and (assumed.model or assumed.price):
        raise UsageError("--csv holds one table: use --json with --model and --price")
    counting = _checked_destinations(counting, assumed, shown)
    with progress() as display:
        result = gather(counting, assumed, display)
    counts = result.counts
    drawn = of_result(result) if shown.plot else None
    if shown.json:
        _write_all(json_line(each) for each in records.objects(result))
    elif shown.csv:
        if counts is None:
            raise UsageError("--csv needs files to count")
        write_out(sheet.counts(counts))
    else:
        _write_all(line + "\n" for line in report.lines(result, shown.bars))
    if shown.plot is not None and drawn is not None:
        plot(drawn, shown.plot)
        note(f"plotted to {shown.plot}")
    return _close(counts, counting.sources) if counts else 0


def _checked_destinations(counting: Counting, assumed: Assumptions, shown: Shown) -> Counting:
    """Its sources without the plot, which is no document. Raises OutputError."""
    chosen = _plot_of(shown)
    files = (assumed.model, assumed.prices, *counting.tokenizers)
    if counting.sources is None:
        check_destinations([*chosen, *store_files()], Opened(files=files))
        return counting
    return replace(counting, sources=beside(counting.sources, chosen, files))


def _plot_of(shown: Shown) -> list[Destination]:
    return [] if shown.plot is None else [Destination("--plot", shown.plot)]


def _close(counts: Counts, inputs: Inputs | None) -> int:
    """Say what went wrong and what was left out."""
    for count in [
        *counts.files,
        *(side for p in counts.pairs for side in (p.original, p.compressed)),
    ]:
        for remark in count.notes:
            note(f"ctxc: {count.source}: {remark}")
    for failure in counts.failures:
        _complain(failure)
    if skipped := report.skipped_line(counts):
        note(skipped)
    if counts.empty and not counts.failures:
        where = ", ".join(plain(path) for path in (inputs.paths if inputs else ())) or "the list"
        complain(f"ctxc: there is no file to count in {where}")
    return 1 if counts.failures or counts.empty else 0


def _complain(failure: Failure) -> None:
    complain(f"ctxc: {failure.message}")
    if failure.hint:
        complain(f"  {failure.hint}")


def run_ledger(wanted: Ledger, paths: list[str], shown: Shown) -> int:
    """Show, export or erase the ledger. Raises StoreError where it cannot be read or changed."""
    if paths:
        raise UsageError("--history, --export and --forget take no files")
    if wanted.history and wanted.export:
        raise UsageError("--history and --export contradict each other", hint="give one of them")
    check_destinations([*_plot_of(shown), *store_files()], Opened())
    start = since(wanted.since, time.time()) if wanted.since else None
    with Store.open() as store:
        runs = store.runs(start)
        groups = group(runs, wanted.by)
        drawn = of_history(groups, wanted.by) if shown.plot else None
        if wanted.export:
            exported = (
                sheet.runs(runs) if shown.csv else "".join(map(json_line, map(records.run, runs)))
            )
            write_out(exported)
        elif wanted.history and shown.csv:
            write_out(sheet.history(groups, wanted.by))
        elif wanted.history and shown.json:
            _write_all(json_line(each) for each in records.history(groups, wanted.by))
        elif wanted.history and runs:
            shown_lines = report.history(groups, totals(runs), wanted.by, shown.bars)
            _write_all(line + "\n" for line in shown_lines)
        if not runs and not wanted.forget:
            note(f"the ledger {store.path} holds no runs" + (" since then" if wanted.since else ""))
        if shown.plot is not None and drawn is not None:
            plot(drawn, shown.plot)
            note(f"plotted to {shown.plot}")
        if wanted.forget:  # last: what cannot be written out is not forgotten
            note(f"forgot {store.forget()} runs")
    return 0


def _write_all(parts: Iterable[str]) -> None:
    write_out("".join(parts))
