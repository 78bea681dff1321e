"""``ctxc lingua``: keep the original's most informative documents, sentences and words."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from . import options as opt
from .conversation import Chat, run_messages
from .grouped import grouped
from .usage import engine_names


@dataclass(frozen=True, slots=True)
class Selection:
    """How to rank and how to cut."""

    PANEL: ClassVar[str] = "Selection"

    engine: Annotated[
        str,
        opt.Option(
            "--engine",
            callback=opt.engine_of,
            autocompletion=engine_names,
            help="How to rank; auto chooses by the question. One of {engines}.",
        ),
    ] = "auto"
    level: opt.Level = ""
    keep: Annotated[
        str,
        opt.Option(
            "--keep",
            metavar="relevant",
            help="Only what bears on the question, whatever the budget; without one, all of that. "
            "Nothing where nothing does: with --strict an error.",
        ),
    ] = ""
    protect: Annotated[
        tuple[str, ...],
        opt.Option("--protect", metavar="REGEX", help="Keep every match; may be repeated."),
    ] = ()
    strict: Annotated[
        bool,
        opt.Option(
            "--strict",
            help="Fail where protected text does not fit the budget, or nothing is relevant.",
        ),
    ] = False
    order: Annotated[
        str,
        opt.Option(
            "--order",
            help="longllmlingua: passages in reading order, best first, or best at ends.",
        ),
    ] = "reading"
    markers: Annotated[
        bool,
        opt.Option("--markers", help="Leave a short mark, with line numbers, for what was cut."),
    ] = False
    outline: Annotated[
        bool,
        opt.Option(
            "--outline",
            help="Source code: signatures and first docstring lines alone, all without a budget.",
        ),
    ] = False


@grouped
def lingua(
    documents: opt.Documents,
    asked: opt.Question,
    budget: opt.Budget,
    selection: Selection,
    model: opt.Models,
    output: opt.Output,
    store: opt.Store,
    messages: opt.Messages,
    chat: Chat,
) -> int:
    """Keep the parts that carry the information, or that answer the question.

    The text that is left is the original's own, in its own order. Without a
    budget, half of the tokens are kept, and a quarter with a question.

    Examples:
      ctxc lingua report.md --tokens 800
      ctxc lingua -q "Who decides on refunds?" docs/ -o out/
    """
    from dataclasses import replace

    from ..batch.pipeline import Options
    from ..budget import Rate
    from ..errors import UsageError
    from .batch import Batch
    from .inputs import inputs_of
    from .layout import layout_of

    messages.apply()
    default = Rate(0.25) if asked.question or documents.records else Rate(0.5)
    if (selection.outline or selection.keep) and not budget.named:
        budget = replace(budget, rate=1.0)
    options = Options(
        engine=selection.engine,
        budget=budget.value("lingua", default),
        tokenizer=budget.tokenizer,
        question=asked.question,
        kind=documents.kind,
        level=selection.level,
        protect=selection.protect,
        strict=selection.strict,
        order=selection.order,
        markers=selection.markers,
        outline=selection.outline,
        keep=selection.keep,
    )
    if chat.wanted:
        if replace(output, output=None) != opt.Output() or documents.records or documents.glob:
            raise UsageError(
                "of the options for documents and outputs --messages takes -o alone",
                hint="ctxc lingua --messages chat.json --rate 0.3 -o shorter.json",
            )
        if not (budget.named or chat.factsheet):
            raise UsageError("--messages needs a budget", hint="--tokens for all, or --rate")
        keep = not store.no_store
        return run_messages(chat, documents.paths, options, model.runtime, output.output, keep)
    if chat.cached is not None or chat.price is not None:
        raise UsageError("--cached and --price are about --messages")
    return Batch(
        command="lingua",
        inputs=inputs_of(documents, "lingua", output=output.output, beside=output.beside),
        options=options,
        models=model.runtime,
        out=output,
        total_tokens=budget.total_tokens,
        store=store,
        layout=layout_of(output),
    ).run()
