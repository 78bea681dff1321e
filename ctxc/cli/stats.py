"""``ctxc stats``: tokens, memory, money and time, before and after, and whether it pays."""

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from ..errors import UsageError
from . import options as opt
from .grouped import grouped, without

if TYPE_CHECKING:
    from ..stats.assume import Assumptions


@dataclass(frozen=True, slots=True)
class Counting:
    """What is counted."""

    PANEL: ClassVar[str] = "Counting"

    tokenizer: Annotated[
        tuple[str, ...],
        opt.Option("--tokenizer", help="o200k_base, cl100k_base or gguf:PATH; may be repeated."),
    ] = ("o200k_base",)
    pair: Annotated[
        bool | None,
        opt.Option(
            "--pair/--no-pair",
            help="Paths are pairs: original compressed ..., or two folders.",
            show_default="two folders, if the second mirrors the first",
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class KVCache:
    """Whose memory a context takes."""

    PANEL: ClassVar[str] = "KV cache"

    model: Annotated[
        str | None,
        opt.Option("-m", "--model", "--kv", help="A GGUF file or a name from ctxc models."),
    ] = None
    kv_type: Annotated[
        tuple[str, ...], opt.Option("--kv-type", help="f16, q8_0, q4_0 ...; may be repeated.")
    ] = ("f16",)
    users: Annotated[int, opt.Option("--users", help="Contexts held at once.")] = 1
    context_tokens: Annotated[
        int | None, opt.Option("--context-tokens", help="A context of N tokens instead.")
    ] = None
    ratio: Annotated[
        float | None, opt.Option("--ratio", help="Assume this ratio instead of measuring one.")
    ] = None


@dataclass(frozen=True, slots=True)
class Money:
    """What sending costs."""

    PANEL: ClassVar[str] = "Money"

    price: Annotated[
        str | None,
        opt.Option(
            "--price",
            metavar="NAME|IN[,WRITE[,READ]]",
            help="A model's name, or $ per million tokens.",
        ),
    ] = None
    prices: Annotated[
        Path | None, opt.Option("--prices", help="A model_prices_and_context_window.json.")
    ] = None
    requests: Annotated[int, opt.Option("--requests", help="Times it is sent.")] = 10
    hit_share: Annotated[
        float, opt.Option("--hit-share", help="Share of them that finds it cached.")
    ] = 0.9
    per_question: Annotated[
        bool, opt.Option("--per-question", help="Compressed for each request anew.")
    ] = False
    seconds: Annotated[
        float | None,
        opt.Option(
            "--seconds", help="Compressing once takes so long.", show_default="from the ledger"
        ),
    ] = None
    machine_price: Annotated[
        float, opt.Option("--machine-price", help="$ per hour of this machine.")
    ] = 0.0
    cache_minimum: Annotated[
        int | None,
        opt.Option(
            "--cache-minimum",
            help="Tokens from which a context is cached.",
            show_default="1024",
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class History:
    """What past runs saved."""

    PANEL: ClassVar[str] = "Ledger"

    history: Annotated[bool, opt.Option("--history", help="What past runs saved.")] = False
    since: Annotated[str | None, opt.Option("--since", help="30d, 12h, 2026-01-31.")] = None
    by: Annotated[str, opt.Option("--by", help="day, model, engine or folder.")] = "day"
    export: Annotated[bool, opt.Option("--export", help="The ledger as JSON Lines or CSV.")] = False
    forget: Annotated[bool, opt.Option("--forget", help="Erase the ledger.")] = False


@dataclass(frozen=True, slots=True)
class Form(opt.Json):
    """How figures are shown."""

    csv: Annotated[bool, opt.Option("--csv", help="One table as CSV.")] = False
    chart: Annotated[
        bool | None,
        opt.Option(
            "--chart/--no-chart",
            help="Bars beside the figures.",
            show_default="on a terminal",
        ),
    ] = None
    plot: Annotated[Path | None, opt.Option("--plot", metavar="FILE.svg|png", help="A chart.")] = (
        None
    )


@grouped
def stats(
    files: opt.Input,
    counting: Counting,
    threads: opt.Threads,
    memory: KVCache,
    money: Money,
    ledger: History,
    form: Form,
    messages: Annotated[opt.Messages, without("verbose")],
) -> int:
    """Count tokens, compare originals with their compressed texts, and say whether it pays.

    Files and folders are counted with each tokenizer, largest first. Every
    figure says whether it was measured or estimated.

    Examples:
      ctxc stats docs/ docs-short/
      ctxc stats report.md --price gpt-4o --requests 1000
    """
    from ..stats.gather import Counting as Wanted
    from .inputs import inputs_of
    from .stats_run import Ledger, Shown, run_ledger, run_stats

    messages.apply()
    shown = Shown(form.json, form.csv, form.plot, _bar_width(form.chart))
    if ledger.history or ledger.export or ledger.forget:
        wanted = Ledger(ledger.history, ledger.since, ledger.by, ledger.export, ledger.forget)
        return run_ledger(wanted, list(files.paths), shown)
    if ledger.since is not None:
        raise UsageError("--since belongs to --history or --export")
    standalone = memory.context_tokens is not None or bool(memory.model)
    some = bool(files.paths) or files.files_from is not None or not standalone
    counted = Wanted(
        inputs_of(files, "stats") if some else None,
        counting.tokenizer, counting.pair, threads.threads,
    )  # fmt: skip
    return run_stats(counted, _assumed(memory, money), shown)


def _assumed(memory: KVCache, money: Money) -> "Assumptions":
    from ..stats.assume import Assumptions

    return Assumptions(
        memory.model, memory.kv_type, memory.users, memory.context_tokens, memory.ratio,
        money.price, money.prices, money.cache_minimum, money.requests, money.hit_share,
        money.per_question, money.seconds, money.machine_price,
    )  # fmt: skip


def _bar_width(chart: bool | None) -> int:
    """Characters for bars: a third of the terminal, none where stdout is no terminal."""
    wanted = sys.stdout.isatty() and os.environ.get("TERM") != "dumb" if chart is None else chart
    return max(10, min(shutil.get_terminal_size().columns // 3, 40)) if wanted else 0
