"""``ctxc eval``: how much the engines keep on your own records, before they are trusted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import options as opt

if TYPE_CHECKING:
    from ..evaluate import Row


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
        str, typer.Option("--level", help="How fine to cut: document, sentence or word.")
    ] = "word",
    limit: Annotated[
        int | None, typer.Option("--limit", help="Only the first N records.", min=1)
    ] = None,
    half: Annotated[
        str | None,
        typer.Option("--half", help="Only the first or the second half: tune on one, report one."),
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
    """
    from ..budget import from_options
    from ..budget import Rate
    from ..console import progress, set_quiet
    from ..evaluate import evaluate as run, read_cases
    from ..pipeline import Options
    from ..report import json_line, write_out
    from ..runtime import Runtime, RuntimeOptions

    set_quiet(quiet)
    plans = [
        (
            r,
            Options(budget=from_options(None, r, None, Rate(1)), tokenizer=tokenizer, level=level),
        )
        for r in (ratio or [4.0, 8.0])
    ]
    engines = engine or ["auto", "lexical", "truncate"]
    for name in engines:
        Options(engine=name)  # an unknown name is a usage error before any work
    cases = _chosen(read_cases(records), half, limit)
    rows = []
    with Runtime(RuntimeOptions(model, threads, gpu_layers, gpu)) as runtime, progress() as shown:
        for row in run(cases, engines, plans, runtime, progress=shown):
            rows.append(row)
            if json:
                write_out(json_line({"schema": 1, **row.as_json()}))
    if not json:
        write_out(_table(rows))
    return 1 if any(row.failed for row in rows) else 0


def _chosen(cases: list, half: str | None, limit: int | None) -> list:
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
    lines = ["engine              ratio  got     kept  95 % interval   tokens  seconds  records"]
    for row in rows:
        got = f"{1 / row.rate:.1f}x" if row.rate else "-"
        lines.append(
            f"{row.engine:<18} {row.ratio:>5g}x {got:>5} {row.kept:>8.3f}  "
            f"{row.low:.3f} to {row.high:.3f} {row.tokens:>7.0f} {row.seconds:>8.3f} {row.records:>8}"
            + (f"  ({row.failed} failed)" if row.failed else "")
        )
    return "\n".join(lines) + "\n"
