"""``ctxc eval``: how much the engines keep on your own records, before they are trusted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import options as opt

if TYPE_CHECKING:
    from ..evaluate import Case


def evaluate(
    records: Annotated[
        list[Path],
        typer.Argument(
            metavar="RECORDS…",
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
    against: Annotated[
        list[str] | None,
        typer.Option(
            "--against",
            metavar="PEER",
            help="Also llmslim or llmlingua, where it is installed; may be repeated.",
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
    tokenizer: opt.Tokenizer = "o200k_base",
    model: opt.Model = None,
    threads: opt.Threads = 0,
    gpu_layers: opt.GpuLayers = "auto",
    gpu: opt.Gpu = "auto",
    json: opt.Json = False,
    quiet: opt.Quiet = False,
) -> int:
    """Measure engines against each other on records whose answers or evidence are known.

    An answer is kept when the compressed text still contains it, support is the
    share of the evidence's sentences that it contains; engines see neither.
    Seconds are medians for one record, models already loaded.
    """
    from contextlib import ExitStack

    from ..batch.pipeline import Options
    from ..budget import Rate, from_options
    from ..console import progress, set_quiet
    from ..evaluate import evaluate as run
    from ..evaluate import read_cases
    from ..evaluate.peers import peer
    from ..llama.runtime import Runtime, RuntimeOptions
    from ..output.report import json_line, write_out
    from .eval_report import chart, report

    set_quiet(quiet)
    if plot is not None:
        from ..destinations import Destination, Opened, store_files
        from ..destinations import check as check_destinations
        from ..stats import plot as plotting

        plotting.check(plot)
        opened = Opened(tuple(map(str, records)), files=(model, reader, tokenizer))
        check_destinations([Destination("--plot", plot), *store_files()], opened)
    plans = [
        (r, Options(budget=from_options(None, r, None, Rate(1)), tokenizer=tokenizer, level=level))
        for r in (ratio or [4.0, 8.0])
    ]
    engines = engine or ["auto", "lexical", "truncate"]
    for name in engines:
        Options(engine=name)  # an unknown name is a usage error before any work
    sets = {_name(path, records): _chosen(read_cases(path), half, limit) for path in records}
    peers = [peer(name) for name in against or ()]
    rows = []
    with ExitStack() as stack, progress() as shown:
        runtime = stack.enter_context(Runtime(RuntimeOptions(model, threads, gpu_layers, gpu)))
        read = None
        if reader is not None:
            from ..reading import EvaluationReader

            options = RuntimeOptions(reader, threads, gpu_layers, gpu)
            reading = stack.enter_context(Runtime(options))
            read = EvaluationReader(reading).read
        for name, cases in sets.items():
            for row in run(
                cases, engines, plans, runtime, read=read, progress=shown, name=name, peers=peers
            ):
                rows.append(row)
                if json:
                    write_out(json_line({"schema": 1, **row.as_json()}))
    if not json:
        write_out(report(rows))
    if plot is not None:
        plotting.plot(chart(rows), plot)
    return 1 if any(row.failed for row in rows) else 0


def _name(path: Path, every: list[Path]) -> str:
    """What a set is called: its file's name, with its folder where two have the same."""
    return path.name if [p.name for p in every].count(path.name) == 1 else str(path)


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
