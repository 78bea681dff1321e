"""``ctxc eval``: how much the engines keep on your own records, before they are trusted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import options as opt

if TYPE_CHECKING:
    from ..evaluate import Case, Row
    from ..stats.chart import LineChart

STUDENT = "Student"


def evaluate(
    records: Annotated[
        Path,
        typer.Argument(
            metavar="RECORDS",
            help="JSON Lines: question, text or documents, and answers or relevant passages.",
        ),
    ],
    engine: Annotated[
        list[str] | None,
        typer.Option("--engine", help="May be repeated.  [default: auto, lexical, truncate]"),
    ] = None,
    ratio: Annotated[
        list[float] | None, typer.Option("--ratio", help="May be repeated.  [default: 4, 8]")
    ] = None,
    level: Annotated[
        str,
        typer.Option(
            "--level",
            help="How fine to cut: document, sentence or word. Words only when asked for, or by "
            "an engine whose method it is.",
            show_default="sentence",
        ),
    ] = "",
    limit: Annotated[
        int | None, typer.Option("--limit", help="Only the first N records.", min=1)
    ] = None,
    half: Annotated[
        str | None,
        typer.Option("--half", help="Only the first or the second half: tune on one, report one."),
    ] = None,
    reader: Annotated[
        str | None,
        typer.Option(
            "--reader",
            metavar="MODEL",
            help="Also let this model answer, from the full and from the compressed texts.",
            rich_help_panel=opt.MODEL,
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            "--plot",
            metavar="FILE.svg|png",
            help="Draw what is kept over the ratio.",
            rich_help_panel=opt.OUTPUT,
        ),
    ] = None,
    internalized: Annotated[
        Path | None,
        typer.Option(
            "--internalized",
            metavar="ADAPTER",
            help="Put this adapter beside the context it is to replace, on records of question "
            "and answers.",
            rich_help_panel=STUDENT,
        ),
    ] = None,
    context: Annotated[
        list[str] | None,
        typer.Option(
            "--context",
            metavar="PATH",
            help="That context; may be repeated.  [default: the files the adapter was made of]",
            rich_help_panel=STUDENT,
        ),
    ] = None,
    beside: Annotated[
        Path | None,
        typer.Option(
            "--beside",
            metavar="ADAPTER",
            help="Another adapter, made with ctxc internalize --labels.",
            rich_help_panel=STUDENT,
        ),
    ] = None,
    tokenizer: opt.Tokenizer = "o200k_base",
    model: opt.Model = None,
    threads: opt.Threads = 0,
    gpu_layers: opt.GpuLayers = "auto",
    gpu: opt.Gpu = "auto",
    json: opt.Json = False,
    quiet: opt.Quiet = False,
) -> int:
    """Measure engines against each other on records whose answers are known.

    An answer is kept when the compressed text still contains it; engines never
    see the answers. Seconds are medians for one record, models already loaded.

    With --internalized, requests without a context, with it, with it compressed,
    and with the adapter are put side by side.
    """
    from contextlib import ExitStack

    from ..batch.pipeline import Options
    from ..budget import Rate, from_options
    from ..console import progress, set_quiet
    from ..errors import UsageError
    from ..evaluate import evaluate as run
    from ..evaluate import read_cases
    from ..llama.runtime import Runtime, RuntimeOptions
    from ..output.report import json_line, write_out

    if internalized is not None:
        from .eval_internalized import Compared, compare

        asked = engine or ratio or level or half or reader or plot
        compared = Compared(
            records, internalized, tuple(context or ()), beside, model, threads, gpu_layers, gpu
        )
        return compare(compared, bool(asked), limit, json, quiet)
    if context or beside is not None:
        raise UsageError("--context and --beside belong to --internalized")
    set_quiet(quiet)
    if plot is not None:
        from ..destinations import Destination, Opened, store_files
        from ..destinations import check as check_destinations
        from ..stats import plot as plotting

        plotting.check(plot)
        opened = Opened((str(records),), files=(model, reader, tokenizer))
        check_destinations([Destination("--plot", plot), *store_files()], opened)
    plans = [
        (r, Options(budget=from_options(None, r, None, Rate(1)), tokenizer=tokenizer, level=level))
        for r in (ratio or [4.0, 8.0])
    ]
    engines = engine or ["auto", "lexical", "truncate"]
    for name in engines:
        Options(engine=name)  # an unknown name is a usage error before any work
    cases = _chosen(read_cases(records), half, limit)
    rows = []
    with ExitStack() as stack, progress() as shown:
        runtime = stack.enter_context(Runtime(RuntimeOptions(model, threads, gpu_layers, gpu)))
        read = None
        if reader is not None:
            from ..reading import EvaluationReader

            options = RuntimeOptions(reader, threads, gpu_layers, gpu)
            reading = stack.enter_context(Runtime(options))
            read = EvaluationReader(reading).read
        for row in run(cases, engines, plans, runtime, read=read, progress=shown):
            rows.append(row)
            if json:
                write_out(json_line({"schema": 1, **row.as_json()}))
    if not json:
        write_out(_table(rows))
    if plot is not None:
        plotting.plot(_chart(rows), plot)
    return 1 if any(row.failed for row in rows) else 0


def _chosen(cases: list[Case], half: str | None, limit: int | None) -> list[Case]:
    from ..errors import UsageError

    middle = len(cases) // 2
    if half == "first":
        cases = cases[:middle]
    elif half == "second":
        cases = cases[middle:]
    elif half is not None:
        raise UsageError(f"--half takes first or second, not {half!r}")
    return cases[:limit] if limit else cases


def _table(rows: list[Row]) -> str:
    """Plain aligned text: it goes into reports and diffs."""
    read = any(row.reader_right is not None for row in rows)
    head = "engine              ratio    got   kept  95 % interval   tokens  seconds  records"
    lines = [head + ("  reader right  its tokens  its seconds" if read else "")]
    for row in rows:
        got = f"{1 / row.rate:.1f}x" if row.rate else "-"
        line = (
            f"{row.engine:<18} {row.ratio:>5g}x {got:>6} {row.kept:>6.3f}  "
            f"{row.low:.3f} to {row.high:.3f} {row.tokens:>7.0f} {row.seconds:>8.3f} "
            f"{row.records:>8}"
        )
        if row.reader_right is not None:
            line += f"  {row.reader_right:>12.3f}  {row.reader_tokens:>10.0f}"
            line += f"  {row.reader_seconds:>11.2f}"
        lines.append(line + (f"  ({row.failed} failed)" if row.failed else ""))
    return "\n".join(lines) + "\n"


def _chart(rows: list[Row]) -> LineChart:
    from ..evaluate import FULL
    from ..stats.chart import Line, LineChart

    engines = dict.fromkeys(row.engine for row in rows if row.engine != FULL)
    lines = tuple(
        Line(name, tuple(sorted((row.ratio, row.kept) for row in rows if row.engine == name)))
        for name in engines
    )
    return LineChart("What is kept", "ratio (original over kept)", "share kept", lines)
