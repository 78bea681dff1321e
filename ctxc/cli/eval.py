"""``ctxc eval``: how much the engines keep on your own records, before they are trusted."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from . import options as opt
from .grouped import grouped, without
from .usage import engine_names

if TYPE_CHECKING:
    from ..batch.pipeline import Options
    from ..destinations import Destination
    from ..evaluate import Case, Row
    from ..stats.chart import LineChart


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is compared, on which records."""

    PANEL: ClassVar[str] = "Comparison"

    engine: Annotated[
        tuple[str, ...],
        opt.Option(
            "--engine",
            autocompletion=engine_names,
            help="May be repeated.  [default: auto, lexical, truncate] One of {engines}.",
        ),
    ] = ()
    ratio: Annotated[
        tuple[float, ...], opt.Option("--ratio", help="May be repeated.  [default: 4, 8]")
    ] = ()
    level: opt.Level = ""
    limit: Annotated[int | None, opt.Option("--limit", help="Only the first N records.", min=1)] = (
        None
    )
    half: Annotated[
        str | None,
        opt.Option("--half", help="Only the first or the second half: tune on one, report one."),
    ] = None
    reader: Annotated[
        str | None,
        opt.Option(
            "--reader",
            metavar="MODEL",
            help="Also let this model answer, from the full and from the compressed texts.",
            rich_help_panel="Model",
        ),
    ] = None
    plot: Annotated[
        Path | None,
        opt.Option(
            "--plot",
            metavar="FILE.svg|png",
            help="Draw what is kept over the ratio.",
            rich_help_panel=opt.OUTPUT,
        ),
    ] = None


@grouped
def evaluate(
    records: Annotated[
        opt.Input,
        without(
            "encoding",
            "password",
            paths="JSON Lines: question, text or documents, and answers or relevant passages.",
        ),
    ],
    comparison: Comparison,
    budget: Annotated[opt.Budget, without("rate", "ratio", "tokens", "total_tokens")],
    model: opt.Models,
    output: opt.Json,
    messages: Annotated[opt.Messages, without("verbose")],
) -> int:
    """Measure engines against each other on records whose answers are known.

    An answer is kept when the compressed text still contains it; engines never
    see the answers. Seconds are medians for one record, models already loaded.

    Examples:
      ctxc eval records.jsonl --ratio 4 --ratio 8
      ctxc eval records.jsonl --engine encoder --half first
    """
    from ..evaluate import read_cases
    from ..output.report import json_line, write_out
    from .inputs import beside, inputs_of

    messages.apply()
    opened = (model.model, comparison.reader, budget.tokenizer)
    inputs = beside(inputs_of(records, "eval"), _plot_of(comparison), opened)
    plans = _plans(comparison, budget.tokenizer)
    cases = _chosen(read_cases(inputs), comparison.half, comparison.limit)
    rows = []
    for row in _measured(cases, comparison, plans, model):
        rows.append(row)
        if output.json:
            write_out(json_line({"schema": 1, **row.as_json()}))
    if not output.json:
        write_out(_table(rows))
    if comparison.plot is not None:
        from ..stats import plot as plotting

        plotting.plot(_chart(rows), comparison.plot)
    return 1 if any(row.failed for row in rows) else 0


def _plot_of(comparison: Comparison) -> "list[Destination]":
    """Raises UsageError before any work."""
    from ..destinations import Destination
    from ..stats import plot

    if comparison.plot is None:
        return []
    plot.check(comparison.plot)
    return [Destination("--plot", comparison.plot)]


def _plans(comparison: Comparison, tokenizer: str) -> "list[tuple[float, Options]]":
    """The options of each ratio. Raises UsageError."""
    from ..batch.pipeline import Options
    from ..budget import Rate, from_options

    for name in _engines(comparison):
        Options(engine=name)  # an unknown name is a usage error before any work
    base = Options(tokenizer=tokenizer, level=comparison.level)
    return [
        (ratio, replace(base, budget=from_options(None, ratio, None, Rate(1))))
        for ratio in comparison.ratio or (4.0, 8.0)
    ]


def _engines(comparison: Comparison) -> list[str]:
    return list(comparison.engine or ("auto", "lexical", "truncate"))


def _measured(
    cases: "list[Case]",
    comparison: Comparison,
    plans: "list[tuple[float, Options]]",
    model: opt.Models,
) -> "Iterator[Row]":
    from ..console import progress
    from ..evaluate import evaluate
    from ..llama.runtime import Runtime

    with ExitStack() as stack, progress() as shown:
        runtime = stack.enter_context(Runtime(model.runtime))
        read = None
        if comparison.reader is not None:
            from ..reading import EvaluationReader

            reading = stack.enter_context(Runtime(replace(model.runtime, model=comparison.reader)))
            read = EvaluationReader(reading).read
        engines = _engines(comparison)
        yield from evaluate(cases, engines, plans, runtime, read=read, progress=shown)


def _chosen(cases: "list[Case]", half: str | None, limit: int | None) -> "list[Case]":
    from ..errors import UsageError

    middle = len(cases) // 2
    if half == "first":
        cases = cases[:middle]
    elif half == "second":
        cases = cases[middle:]
    elif half is not None:
        raise UsageError(f"--half takes first or second, not {half!r}")
    return cases[:limit] if limit else cases


def _table(rows: "list[Row]") -> str:
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


def _chart(rows: "list[Row]") -> "LineChart":
    from ..evaluate import FULL
    from ..stats.chart import Line, LineChart

    engines = dict.fromkeys(row.engine for row in rows if row.engine != FULL)
    lines = tuple(
        Line(name, tuple(sorted((row.ratio, row.kept) for row in rows if row.engine == name)))
        for name in engines
    )
    return LineChart("What is kept", "ratio (original over kept)", "share kept", lines)
