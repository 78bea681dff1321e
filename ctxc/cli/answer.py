"""``ctxc answer``: choose what a question needs, have a reader answer from it, check the answer."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from . import options as opt
from .grouped import but, grouped, without
from .usage import engine_names

if TYPE_CHECKING:
    from ..answer import Plan, Price, Tariff


@dataclass(frozen=True, slots=True)
class Context:
    """What of the documents the reader is given."""

    PANEL: ClassVar[str] = opt.BUDGET

    compress: Annotated[
        str,
        opt.Option(
            "--compress",
            callback=opt.engine_of,
            autocompletion=engine_names,
            help="Stage one: auto, lingua, distill, none, or the name of an engine.",
            rich_help_panel="Question",
        ),
    ] = "auto"
    direct: Annotated[
        int,
        opt.Option(
            "--direct",
            help="With --compress auto, a context up to this size goes straight to the reader.",
        ),
    ] = 2000
    most: Annotated[
        int,
        opt.Option("--most", help="Tokens of context at most, however unsure the reader is."),
    ] = 32_000
    expand: Annotated[
        int,
        opt.Option(
            "--expand",
            help="Reformulations of the question that help selection.",
            rich_help_panel="Question",
        ),
    ] = 0
    history: Annotated[
        Path | None,
        opt.Option(
            "--history",
            metavar="FILE",
            help="The conversation before: JSON Lines of question and answer.",
            rich_help_panel="Question",
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class Reader:
    """Who answers."""

    PANEL: ClassVar[str] = "Reader"

    reader: Annotated[
        str,
        opt.Option(
            "--reader",
            envvar="CTXC_READER",
            help="Who answers: a model as for -m, or openai:MODEL.  [default: the model of -m; "
            "without one, the passages that answer are quoted]",
        ),
    ] = ""
    max_tokens: Annotated[int, opt.Option("--max-tokens", help="Of the answer.")] = 256
    window: Annotated[
        int | None,
        opt.Option("--window", help="Tokens the reader takes.  [default: what the model says]"),
    ] = None
    timeout: Annotated[float, opt.Option("--timeout", help="Seconds for one try at a server.")] = (
        120.0
    )
    retries: Annotated[int, opt.Option("--retries", help="Tries after the first.")] = 3


@dataclass(frozen=True, slots=True)
class Route:
    """What is done where the reader is not sure."""

    PANEL: ClassVar[str] = "Route"

    escalate: Annotated[
        str | None,
        opt.Option(
            "--escalate", metavar="READER", help="Who is asked where the reader is not sure."
        ),
    ] = None
    route: Annotated[str, opt.Option("--route", help="What the reader may be given, in turn.")] = (
        "compressed,larger,full"
    )
    confidence: Annotated[
        float, opt.Option("--confidence", help="Enough, from 0 to 1, to go no further.")
    ] = 0.45
    queue: Annotated[
        Path | None,
        opt.Option(
            "--queue",
            metavar="FILE",
            help="Append escalated and unsupported questions, as JSON Lines.",
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class Prices:
    """What a reply costs."""

    PANEL: ClassVar[str] = "Prices"

    price: Annotated[
        str | None,
        opt.Option(
            "--price",
            help="Of the reader's input: $ per million tokens, or a name ctxc stats knows.",
        ),
    ] = None
    price_out: Annotated[
        float | None, opt.Option("--price-out", help="$ per million tokens written.")
    ] = None
    escalate_price: Annotated[str | None, opt.Option("--escalate-price", help="As --price.")] = None
    escalate_price_out: Annotated[
        float | None, opt.Option("--escalate-price-out", help="As --price-out.")
    ] = None
    prices: Annotated[
        Path | None,
        opt.Option(
            "--prices",
            metavar="FILE",
            help="A model_prices_and_context_window.json to look names up in.",
        ),
    ] = None
    machine_price: Annotated[
        float, opt.Option("--machine-price", help="$ per hour of this machine.")
    ] = 0.0

    @property
    def tariff(self) -> "Tariff":
        """Raises UsageError for a price that is not known."""
        from ..answer import Tariff

        return Tariff(
            _price(self.price, self.price_out, self.prices),
            _price(self.escalate_price, self.escalate_price_out, self.prices),
            self.machine_price,
        )


@grouped
def answer(
    documents: opt.Documents,
    asked: Annotated[opt.Question, but(question="What to answer; a record's own question wins.")],
    budget: Annotated[
        opt.Budget,
        without("total_tokens", tokens="Tokens of context for the reader.  [default: 1500]"),
    ],
    context: Context,
    reader: Reader,
    route: Route,
    prices: Prices,
    model: opt.Models,
    store: opt.Store,
    output: opt.Json,
    messages: opt.Messages,
) -> int:
    """Answer a question from documents, citing what was found where.

    Stage one chooses the passages that bear on the question, the reader
    answers from them, and every claim is checked against the originals. While
    confidence is low the reader is given more, then --escalate is asked.

    Without a reader the passages that answer are quoted, and nothing is written.

    Exit code 0: answered with support, the passages without a reader, or
    honestly not in the context. 1: a reply without support (it is not printed,
    the nearest passages are), or a document or a reader that failed.

    Examples:
      ctxc answer -q "When may goods be returned?" policies/
      ctxc answer --records asked.jsonl --reader openai:NAME
    """
    from dataclasses import replace

    from ..answer.readers import ReaderSettings, check
    from ..destinations import Destination
    from ..errors import UsageError
    from .answer_run import Answering, Asked
    from .inputs import beside, inputs_of

    messages.apply()
    check(reader.reader)
    if route.escalate is not None:
        check(route.escalate)
        if not (reader.reader or model.model):
            raise UsageError("--escalate needs a reader before it", hint="name one with --reader")
    settings = ReaderSettings(
        reader.max_tokens, reader.window, reader.timeout, reader.retries,
        model.threads, model.gpu_layers,
    )  # fmt: skip
    plan = _plan(budget, context, reader, route, prices, bool(model.model))
    asks = Asked(inputs_of(documents, "answer"), asked.question, documents.kind)
    files = (context.history, prices.prices, model.model, reader.reader, route.escalate)
    chosen = [] if route.queue is None else [Destination("--queue", route.queue)]
    asks = replace(asks, inputs=beside(asks.inputs, chosen, (*files, budget.tokenizer)))
    return Answering(
        asks, plan, settings, model.runtime, store=store, json=output.json, queue=route.queue
    ).run()


def _plan(
    budget: opt.Budget,
    context: Context,
    reader: Reader,
    route: Route,
    prices: Prices,
    model: bool,
) -> "Plan":
    """Raises UsageError for options that contradict each other."""
    from ..answer import Plan, Routing, Selecting
    from ..answer.escalation import BUDGET
    from ..answer.extract import EXTRACT
    from ..answer.rewrite import read_history

    size = budget.value("answer", BUDGET if reader.reader or model else EXTRACT)
    return Plan(
        selecting=Selecting(context.compress, size, context.direct, context.most, budget.tokenizer),
        routing=Routing.parse(route.route, route.confidence, reader.reader, route.escalate),
        tariff=prices.tariff,
        reply=reader.max_tokens,
        expand=context.expand,
        history=read_history(context.history) if context.history is not None else (),
    )


def _price(price: str | None, output: float | None, file: Path | None) -> "Price":
    from ..answer import Price
    from ..stats.money import find_prices

    return Price(find_prices(price, file) if price is not None else None, output)
