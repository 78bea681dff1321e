"""``ctxc answer``: choose what a question needs, have a reader answer from it, check the answer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import options as opt

if TYPE_CHECKING:
    from ..answer import Price

READER, ROUTE, BILL = "Reader", "Route", "Bill"


def answer(
    paths: opt.Paths = None,
    question: Annotated[
        str | None,
        typer.Option("-q", "--question", help="What to answer; a record's own question wins."),
    ] = None,
    compress: Annotated[
        str,
        typer.Option(
            "--compress",
            callback=opt.engine_of,
            help="Stage one: auto, lingua, distill, none, or the name of an engine.",
        ),
    ] = "auto",
    rate: opt.Rate = None,
    ratio: opt.Ratio = None,
    tokens: Annotated[
        int | None,
        typer.Option(
            "--tokens",
            help="Tokens of context for the reader.  [default: 1500]",
            rich_help_panel=opt.BUDGET,
        ),
    ] = None,
    tokenizer: opt.Tokenizer = "o200k_base",
    direct: Annotated[
        int,
        typer.Option(
            "--direct",
            help="With --compress auto, a context up to this size goes straight to the reader.",
            rich_help_panel=opt.BUDGET,
        ),
    ] = 2000,
    most: Annotated[
        int,
        typer.Option(
            "--most",
            help="Tokens of context at most, however unsure the reader is.",
            rich_help_panel=opt.BUDGET,
        ),
    ] = 32_000,
    reader: Annotated[
        str,
        typer.Option(
            "--reader",
            envvar="CTXC_READER",
            help="Who answers: a model as for -m, or openai:MODEL.  [default: the model of -m; "
            "without one, the passages that answer are quoted]",
            rich_help_panel=READER,
        ),
    ] = "",
    max_tokens: Annotated[
        int, typer.Option("--max-tokens", help="Of the answer.", rich_help_panel=READER)
    ] = 256,
    window: Annotated[
        int | None,
        typer.Option(
            "--window",
            help="Tokens the reader takes.  [default: what the model says]",
            rich_help_panel=READER,
        ),
    ] = None,
    timeout: Annotated[
        float,
        typer.Option("--timeout", help="Seconds for one try at a server.", rich_help_panel=READER),
    ] = 120.0,
    retries: Annotated[
        int, typer.Option("--retries", help="Tries after the first.", rich_help_panel=READER)
    ] = 3,
    escalate: Annotated[
        str | None,
        typer.Option(
            "--escalate",
            metavar="READER",
            help="Who is asked where the reader is not sure.",
            rich_help_panel=ROUTE,
        ),
    ] = None,
    route: Annotated[
        str,
        typer.Option(
            "--route", help="What the reader may be given, in turn.", rich_help_panel=ROUTE
        ),
    ] = "compressed,larger,full",
    confidence: Annotated[
        float,
        typer.Option(
            "--confidence", help="Enough, from 0 to 1, to go no further.", rich_help_panel=ROUTE
        ),
    ] = 0.45,
    queue: Annotated[
        Path | None,
        typer.Option(
            "--queue",
            metavar="FILE",
            help="Append escalated and unsupported questions, as JSON Lines.",
            rich_help_panel=ROUTE,
        ),
    ] = None,
    expand: Annotated[
        int, typer.Option("--expand", help="Reformulations of the question that help selection.")
    ] = 0,
    history: Annotated[
        Path | None,
        typer.Option(
            "--history",
            metavar="FILE",
            help="The conversation before: JSON Lines of question and answer.",
        ),
    ] = None,
    price: Annotated[
        str | None,
        typer.Option(
            "--price",
            help="Of the reader's input: $ per million tokens, or a name ctxc stats knows.",
            rich_help_panel=BILL,
        ),
    ] = None,
    price_out: Annotated[
        float | None,
        typer.Option("--price-out", help="$ per million tokens written.", rich_help_panel=BILL),
    ] = None,
    escalate_price: Annotated[
        str | None,
        typer.Option("--escalate-price", help="As --price.", rich_help_panel=BILL),
    ] = None,
    escalate_price_out: Annotated[
        float | None,
        typer.Option("--escalate-price-out", help="As --price-out.", rich_help_panel=BILL),
    ] = None,
    prices: Annotated[
        Path | None,
        typer.Option(
            "--prices",
            metavar="FILE",
            help="A model_prices_and_context_window.json to look names up in.",
            rich_help_panel=BILL,
        ),
    ] = None,
    machine_price: Annotated[
        float,
        typer.Option("--machine-price", help="$ per hour of this machine.", rich_help_panel=BILL),
    ] = 0.0,
    files_from: Annotated[
        str | None,
        typer.Option(
            "--files-from",
            metavar="FILE|-",
            help="Read paths from a file, one a line.",
            rich_help_panel=opt.INPUT,
        ),
    ] = None,
    nul: Annotated[
        bool,
        typer.Option("-0", "--null", help="Those paths end in NUL.", rich_help_panel=opt.INPUT),
    ] = False,
    records: opt.Records = False,
    model: opt.Model = None,
    lora: opt.Lora = None,
    threads: opt.Threads = 0,
    gpu_layers: opt.GpuLayers = "auto",
    json: opt.Json = False,
    quiet: opt.Quiet = False,
    verbose: opt.Verbose = False,
) -> int:
    """Answer a question from documents, citing what was found where.

    Stage one chooses the passages that bear on the question, the reader
    answers from them, and every claim is checked against the originals. While
    confidence is low the reader is given more, then --escalate is asked.

    Without a reader the passages that answer are quoted, and nothing is written.
    With --lora and without a document the reader answers from its weights, and
    nothing is cited.

    Exit code 0: answered with support, the passages without a reader, or
    honestly not in the context. 1: a reply without support (it is not printed,
    the nearest passages are), or a document or a reader that failed.
    """
    from ..answer import Plan, Routing, Selecting, Tariff
    from ..answer.escalation import BUDGET
    from ..answer.extract import EXTRACT
    from ..answer.readers import ReaderSettings, check, takes_adapters
    from ..answer.rewrite import read_history
    from ..console import set_quiet
    from ..errors import UsageError
    from ..llama.adapters import parse_all
    from ..llama.runtime import RuntimeOptions
    from ..models.catalogue import DEFAULT
    from .answer_run import Answering, Wanted
    from .inputs import budget_of

    set_quiet(quiet, verbose)
    check(reader)
    if escalate is not None:
        check(escalate)
    loras = parse_all(lora)
    if loras:
        takes_adapters(reader)
        reader = reader or ("" if model else DEFAULT.name)
    settings = ReaderSettings(
        max_tokens, window, timeout, retries, threads, gpu_layers, loras, reader
    )
    if escalate is not None and not (reader or model):
        raise UsageError("--escalate needs a reader before it", hint="name one with --reader")
    default = BUDGET if reader or model else EXTRACT
    budget = budget_of("answer", rate, ratio, tokens, None, default)
    plan = Plan(
        selecting=Selecting(compress, budget, direct, most, tokenizer),
        routing=Routing.parse(route, confidence, reader, escalate),
        tariff=Tariff(
            _price(price, price_out, prices),
            _price(escalate_price, escalate_price_out, prices),
            machine_price,
        ),
        reply=max_tokens,
        expand=expand,
        history=read_history(history) if history is not None else (),
    )
    wanted = Wanted.of(paths, question, files_from, nul, records, weights=bool(loras))
    files = (history, prices, model, reader, escalate, tokenizer, *(each.path for each in loras))
    wanted = wanted.beside(queue, files)
    models = RuntimeOptions(model, threads, gpu_layers)
    return Answering(wanted, plan, settings, models, json, queue).run()


def _price(price: str | None, output: float | None, file: Path | None) -> Price:
    from ..answer import Price
    from ..stats.money import find_prices

    return Price(find_prices(price, file) if price is not None else None, output)
