"""``ctxc eval``: how much the engines keep on your own records, before they are trusted."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from . import options as opt
from .grouped import grouped, without
from .usage import engine_names

if TYPE_CHECKING:
    from ..batch.pipeline import Options
    from ..destinations import Destination
    from ..evaluate import Case, Row


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
    against: Annotated[
        tuple[str, ...],
        opt.Option(
            "--against",
            metavar="PEER",
            help="Also llmslim or llmlingua, where it is installed; may be repeated.",
        ),
    ] = ()
    plot: Annotated[
        Path | None,
        opt.Option(
            "--plot",
            metavar="FILE.svg|png",
            help="Draw what is kept over the ratio.",
            rich_help_panel=opt.OUTPUT,
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class Student:
    """What an adapter is compared with."""

    PANEL: ClassVar[str] = "Student"

    internalized: Annotated[
        Path | None,
        opt.Option(
            "--internalized",
            metavar="ADAPTER",
            help="Put this adapter beside the context it is to replace, on records of question "
            "and answers.",
        ),
    ] = None
    context: Annotated[
        tuple[str, ...],
        opt.Option(
            "--context",
            metavar="PATH",
            help="That context; may be repeated.  [default: the files the adapter was made of]",
        ),
    ] = ()
    beside: Annotated[
        Path | None,
        opt.Option(
            "--beside",
            metavar="ADAPTER",
            help="Another adapter, made with ctxc internalize --labels.",
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
    student: Student,
    budget: Annotated[opt.Budget, without("rate", "ratio", "tokens", "total_tokens")],
    model: opt.Models,
    output: opt.Json,
    messages: Annotated[opt.Messages, without("verbose")],
) -> int:
    """Measure engines against each other on records whose answers or evidence are known.

    An answer is kept when the compressed text still contains it, support is the
    share of the evidence's sentences that it contains; engines see neither.
    Seconds are medians for one record, models already loaded.

    With --internalized, requests without a context, with it, with it compressed,
    and with the adapter are put side by side.

    Examples:
      ctxc eval records.jsonl --ratio 4 --ratio 8
      ctxc eval hops.jsonl chats.jsonl --half first
    """
    from ..errors import UsageError
    from ..evaluate import read_sets
    from ..output.report import json_line, write_out
    from .eval_report import chart, report
    from .inputs import beside, inputs_of

    messages.apply()
    if student.internalized is not None:
        return _compared(records, student.internalized, student, comparison, model, output.json)
    if student.context or student.beside is not None:
        raise UsageError("--context and --beside belong to --internalized")
    opened = (model.model, comparison.reader, budget.tokenizer)
    inputs = beside(inputs_of(records, "eval"), _plot_of(comparison), opened)
    plans = _plans(comparison, budget.tokenizer)
    half, limit = comparison.half, comparison.limit
    sets = {name: _chosen(cases, half, limit) for name, cases in read_sets(inputs).items()}
    rows = []
    for row in _measured(sets, comparison, plans, model):
        rows.append(row)
        if output.json:
            write_out(json_line({"schema": 1, **row.as_json()}))
    if not output.json:
        write_out(report(rows))
    if comparison.plot is not None:
        from ..stats import plot as plotting

        plotting.plot(chart(rows), comparison.plot)
    return 1 if any(row.failed for row in rows) else 0


def _compared(
    records: opt.Input,
    adapter: Path,
    student: Student,
    comparison: Comparison,
    model: opt.Model,
    json: bool,
) -> int:
    """The comparison of an adapter. Raises UsageError for options of the other one."""
    from ..errors import UsageError
    from .eval_internalized import Compared, compare

    if comparison != Comparison(limit=comparison.limit):
        raise UsageError("--internalized goes with --context, --beside, --limit, -m, --json only")
    if len(records.paths) != 1 or not Path(records.paths[0]).is_file():
        raise UsageError("--internalized takes one file of tests", hint="ctxc eval tests.jsonl …")
    path = Path(records.paths[0])
    compared = Compared(path, adapter, student.context, student.beside, model.runtime)
    return compare(compared, comparison.limit, json)


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
    sets: "dict[str, list[Case]]",
    comparison: Comparison,
    plans: "list[tuple[float, Options]]",
    model: opt.Models,
) -> "Iterator[Row]":
    from ..console import progress
    from ..evaluate import evaluate
    from ..evaluate.peers import peer
    from ..llama.runtime import Runtime

    peers = [peer(name) for name in comparison.against]
    with ExitStack() as stack, progress() as shown:
        runtime = stack.enter_context(Runtime(model.runtime))
        read = None
        if comparison.reader is not None:
            from ..reading import EvaluationReader

            reading = stack.enter_context(Runtime(replace(model.runtime, model=comparison.reader)))
            read = EvaluationReader(reading).read
        engines = _engines(comparison)
        measure = partial(evaluate, read=read, progress=shown, peers=peers)
        for name, cases in sets.items():
            yield from measure(cases, engines, plans, runtime, name=name)


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
