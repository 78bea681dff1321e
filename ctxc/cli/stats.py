"""``ctxc stats``: tokens, memory, money and time, before and after, and whether it pays."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Annotated, Optional

import typer

from ..console import set_quiet
from ..errors import UsageError
from . import options as opt

KV, MONEY, LEDGER = "KV cache", "Money", "Ledger"

Flag = Optional[bool]
Text = Optional[str]
Number = Optional[float]
Whole = Optional[int]


def stats(
    paths: opt.Paths = None,
    tokenizer: Annotated[
        list[str],
        typer.Option("--tokenizer", help="o200k_base, cl100k_base or gguf:PATH; may be repeated."),
    ] = ["o200k_base"],  # noqa: B006 (typer wants a list and copies it)
    pair: Annotated[
        Flag,
        typer.Option(
            "--pair/--no-pair",
            help="Paths are pairs: original compressed ..., or two folders.",
            show_default="two folders, if the second mirrors the first",
        ),
    ] = None,
    glob: Annotated[
        Optional[list[str]],
        typer.Option("--glob", help="Only such files of folders.", rich_help_panel=opt.INPUT),
    ] = None,
    files_from: Annotated[
        Text,
        typer.Option("--files-from", help="A file of paths, or -.", rich_help_panel=opt.INPUT),
    ] = None,
    nul: Annotated[
        bool,
        typer.Option("-0", "--null", help="Its paths end in NUL.", rich_help_panel=opt.INPUT),
    ] = False,
    stdin_name: Annotated[
        str,
        typer.Option("--stdin-name", help="What - is called, x.pdf.", rich_help_panel=opt.INPUT),
    ] = "",
    encoding: Annotated[
        Text, typer.Option("--encoding", help="Of the texts.", rich_help_panel=opt.INPUT)
    ] = None,
    threads: opt.Threads = 0,
    model: Annotated[
        Text,
        typer.Option(
            "-m",
            "--model",
            "--kv",
            help="A GGUF file or a name from ctxc models.",
            rich_help_panel=KV,
        ),
    ] = None,
    kv_type: Annotated[
        list[str],
        typer.Option("--kv-type", help="f16, q8_0, q4_0 ...; may be repeated.", rich_help_panel=KV),
    ] = ["f16"],  # noqa: B006
    users: Annotated[
        int, typer.Option("--users", help="Contexts held at once.", rich_help_panel=KV)
    ] = 1,
    context_tokens: Annotated[
        Whole,
        typer.Option("--context-tokens", help="A context of N tokens instead.", rich_help_panel=KV),
    ] = None,
    ratio: Annotated[
        Number,
        typer.Option(
            "--ratio", help="Assume this ratio instead of measuring one.", rich_help_panel=KV
        ),
    ] = None,
    price: Annotated[
        Text,
        typer.Option(
            "--price",
            metavar="NAME|IN[,WRITE[,READ]]",
            help="A model's name, or $ per million tokens.",
            rich_help_panel=MONEY,
        ),
    ] = None,
    prices: Annotated[
        Optional[Path],
        typer.Option(
            "--prices", help="A model_prices_and_context_window.json.", rich_help_panel=MONEY
        ),
    ] = None,
    requests: Annotated[
        int, typer.Option("--requests", help="Times it is sent.", rich_help_panel=MONEY)
    ] = 10,
    hit_share: Annotated[
        float,
        typer.Option(
            "--hit-share", help="Share of them that finds it cached.", rich_help_panel=MONEY
        ),
    ] = 0.9,
    per_question: Annotated[
        bool,
        typer.Option(
            "--per-question", help="Compressed for each request anew.", rich_help_panel=MONEY
        ),
    ] = False,
    seconds: Annotated[
        Number,
        typer.Option(
            "--seconds",
            help="Compressing once takes so long.",
            rich_help_panel=MONEY,
            show_default="from the ledger",
        ),
    ] = None,
    machine_price: Annotated[
        float,
        typer.Option("--machine-price", help="$ per hour of this machine.", rich_help_panel=MONEY),
    ] = 0.0,
    cache_minimum: Annotated[
        Whole,
        typer.Option(
            "--cache-minimum",
            help="Tokens from which a context is cached.",
            rich_help_panel=MONEY,
            show_default="1024",
        ),
    ] = None,
    internalized: Annotated[
        Optional[Path],
        typer.Option(
            "--internalized",
            metavar="ADAPTER",
            help="Whether this adapter of ctxc internalize pays.",
            rich_help_panel=MONEY,
        ),
    ] = None,
    history: Annotated[
        bool, typer.Option("--history", help="What past runs saved.", rich_help_panel=LEDGER)
    ] = False,
    since: Annotated[
        Text, typer.Option("--since", help="30d, 12h, 2026-01-31.", rich_help_panel=LEDGER)
    ] = None,
    by: Annotated[
        str, typer.Option("--by", help="day, model, engine or folder.", rich_help_panel=LEDGER)
    ] = "day",
    export: Annotated[
        bool,
        typer.Option("--export", help="The ledger as JSON Lines or CSV.", rich_help_panel=LEDGER),
    ] = False,
    forget: Annotated[
        bool, typer.Option("--forget", help="Erase the ledger.", rich_help_panel=LEDGER)
    ] = False,
    json: opt.Json = False,
    csv: Annotated[
        bool, typer.Option("--csv", help="One table as CSV.", rich_help_panel=opt.OUTPUT)
    ] = False,
    chart: Annotated[
        Flag,
        typer.Option(
            "--chart/--no-chart",
            help="Bars beside the figures.",
            rich_help_panel=opt.OUTPUT,
            show_default="on a terminal",
        ),
    ] = None,
    plot: Annotated[
        Optional[Path],
        typer.Option("--plot", metavar="FILE.svg|png", help="A chart.", rich_help_panel=opt.OUTPUT),
    ] = None,
    quiet: opt.Quiet = False,
) -> int:
    """Count tokens, compare originals with their compressed texts, and say whether it pays.

    Files and folders are counted with each tokenizer, largest first. Every
    figure says whether it was measured or estimated.
    """
    from ..stats.assume import Assumptions
    from ..stats.gather import Inputs
    from .stats_run import Ledger, Shown, run_internalized, run_ledger, run_stats

    set_quiet(quiet)
    shown = Shown(json, csv, plot, _bar_width(chart))
    if history or export or forget:
        return run_ledger(Ledger(history, since, by, export, forget), list(paths or ()), shown)
    if since is not None:
        raise UsageError("--since belongs to --history or --export")
    assumed = Assumptions(
        model, tuple(kv_type), users, context_tokens, ratio, price, prices, cache_minimum,
        requests, hit_share, per_question, seconds, machine_price,
    )  # fmt: skip
    if internalized is not None:
        return run_internalized(internalized, list(paths or ()), assumed, shown)
    given = _given(paths, files_from, standalone=context_tokens is not None or bool(model))
    inputs = Inputs(
        given, tuple(tokenizer), pair, tuple(glob or ()), files_from, nul, stdin_name, encoding,
        threads,
    )  # fmt: skip
    return run_stats(inputs, assumed, shown)


def _given(paths: list[str] | None, files_from: str | None, standalone: bool) -> tuple[str, ...]:
    """Nothing named means standard input, unless the other options are a question in themselves."""
    if paths or files_from is not None or standalone:
        return tuple(paths or ())
    if sys.stdin is not None and sys.stdin.isatty():
        raise UsageError(
            "nothing to count: name a file or a folder, or pipe text in",
            hint="ctxc stats docs/; see ctxc stats --help",
        )
    return ("-",)


def _bar_width(chart: bool | None) -> int:
    """Characters for bars: a third of the terminal, none where stdout is no terminal."""
    wanted = sys.stdout.isatty() and os.environ.get("TERM") != "dumb" if chart is None else chart
    return max(10, min(shutil.get_terminal_size().columns // 3, 40)) if wanted else 0
