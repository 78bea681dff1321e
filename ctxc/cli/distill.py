"""``ctxc distill``: the facts of a text in few words, every line checked against its source."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

from . import options as opt
from .grouped import grouped, without

ENGINES = ("distill", "verbatim")


@dataclass(frozen=True, slots=True)
class Lines:
    """How lines are written, and what is done with those that their source does not carry."""

    PANEL: ClassVar[str] = "Lines"

    engine: Annotated[
        str,
        opt.Option(
            "--engine",
            autocompletion=lambda: list(ENGINES),
            help="distill: the model writes lines; verbatim: only the source's own sentences.",
        ),
    ] = "distill"
    style: Annotated[str, opt.Option("--style", help="telegraphic, prose, bullets or quotes.")] = (
        "telegraphic"
    )
    prompt: Annotated[
        str | None,
        opt.Option(
            "--prompt",
            metavar="FILE",
            help="An instruction to use instead of ctxc's own; {question} is filled in.",
        ),
    ] = None
    on_fail: Annotated[
        str,
        opt.Option(
            "--on-fail",
            help="A line its source does not carry: extract, drop, original or error.",
        ),
    ] = "extract"
    cite: Annotated[bool, opt.Option("--cite", help="End each line with [name:lines].")] = False
    min_tokens: Annotated[
        int,
        opt.Option("--min-tokens", help="Shorter texts pass through.", rich_help_panel=opt.BUDGET),
    ] = 256
    force: Annotated[
        bool, opt.Option("--force", help="Distil again what ctxc distilled before.")
    ] = False


@grouped
def distill(
    documents: opt.Documents,
    asked: opt.Question,
    budget: opt.Budget,
    lines: Lines,
    model: opt.Models,
    output: Annotated[
        opt.Output,
        without(
            "show", map_file="Write each line with the source spans it came from, as JSON Lines."
        ),
    ],
    store: opt.Store,
    messages: opt.Messages,
) -> int:
    """State the facts of a text in few words, invented ones excluded.

    A model writes short lines; each is checked against the sentences it comes
    from, and where it fails, or the model is too small, the source's own
    sentences take its place. Without a budget, a fifth of the tokens is kept.

    Examples:
      ctxc distill minutes.txt --ratio 5
      ctxc distill --engine verbatim docs/ -o facts/
    """
    from ..batch.pipeline import Options
    from ..budget import Rate
    from ..engines.distill_options import DistillOptions
    from ..errors import UsageError
    from .batch import Batch
    from .inputs import inputs_of
    from .layout import layout_of

    if lines.engine not in ENGINES:
        raise UsageError(
            f"distill has no engine {lines.engine!r}", hint=f"choose one of {', '.join(ENGINES)}"
        )
    messages.apply()
    options = Options(
        engine=lines.engine,
        budget=budget.value("distill", Rate(0.2)),
        tokenizer=budget.tokenizer,
        question=asked.question,
        kind=documents.kind,
        distill=DistillOptions(
            style=lines.style,
            prompt=_instruction(lines.prompt) if lines.prompt is not None else None,
            on_fail=lines.on_fail,
            cite=lines.cite,
            min_tokens=lines.min_tokens,
            force=lines.force,
        ),
    )
    return Batch(
        command="distill",
        inputs=inputs_of(documents, "distill", output=output.output, beside=output.beside),
        options=options,
        models=model.runtime,
        out=output,
        total_tokens=budget.total_tokens,
        store=store,
        layout=layout_of(output),
        opened=(lines.prompt,),
    ).run()


def _instruction(path: str) -> str:
    """The user's instruction. Raises UsageError where the file cannot be read as UTF-8."""
    from ..errors import UsageError

    try:
        return Path(path).read_text("utf-8")
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise UsageError(f"--prompt {path}: {reason}") from None
    except (UnicodeDecodeError, ValueError):
        raise UsageError(f"--prompt {path}: is not UTF-8 text") from None
