"""``ctxc internalize``: teach a model a context, so that requests do without it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

import typer

from . import options as opt
from .grouped import grouped, without


@dataclass(frozen=True, slots=True)
class Teacher:
    """What the student is taught by."""

    PANEL: ClassVar[str] = "Teacher"

    questions: Annotated[
        Path | None,
        opt.Option(
            "--questions",
            metavar="FILE",
            help="JSON Lines with a question each.  [default: the examples' own, else --ask 64]",
        ),
    ] = None
    ask: Annotated[
        int | None,
        opt.Option(
            "--ask",
            metavar="N",
            help="Let the model ask the context N questions.",
        ),
    ] = None
    check: Annotated[
        bool,
        opt.Option(
            "--check/--no-check",
            help="Teach only answers that the documents support; --no-check is for instructions "
            "and manners, which no text can support.",
        ),
    ] = True
    labels: Annotated[
        bool,
        opt.Option(
            "--labels",
            help="Learn the examples' answers alone, without context: what to compare with.",
        ),
    ] = False
    window: Annotated[
        int | None,
        opt.Option(
            "--window",
            help="Tokens of context at once; more is taken in turns.  [default: 100 for models "
            "under 1B, else what the model reads]",
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class Learning:
    """How it learns."""

    PANEL: ClassVar[str] = "Learning"

    temperature: Annotated[
        float, opt.Option("--temperature", help="Divides both sides' logits.")
    ] = 1.0
    alpha: Annotated[
        float,
        opt.Option(
            "--alpha",
            help="Share of the teacher's distributions in the loss; the rest is its words.",
        ),
    ] = 0.7
    steps: Annotated[int, opt.Option("--steps", help="Of training.")] = 200
    batch: Annotated[int, opt.Option("--batch", help="Lessons a step.")] = 8
    rank: Annotated[int, opt.Option("--rank", help="Of the LoRA.")] = 16
    targets: Annotated[
        str,
        opt.Option(
            "--targets",
            help="What it changes: attention, mlp, all, or names such as q_proj,v_proj.",
        ),
    ] = "all"
    rate: Annotated[
        float | None,
        opt.Option("--lr", help="Learning rate.  [default: 0.6 over the model's width]"),
    ] = None
    seed: Annotated[int, opt.Option("--seed", help="Of all that is drawn.")] = 0


@dataclass(frozen=True, slots=True)
class Adapter:
    """What comes out."""

    PANEL: ClassVar[str] = opt.OUTPUT

    output: Annotated[
        Path,
        opt.Option(
            "-o",
            "--output",
            metavar="FILE.gguf",
            help="The adapter; its card is written beside it.",
        ),
    ]
    licence: Annotated[
        str, opt.Option("--licence", help="Of the context and the questions, for the card.")
    ] = ""


@grouped
def internalize(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="CONTEXT...",
            help="Files or folders; a .jsonl file holds examples: question and answer.",
        ),
    ],
    adapter: Adapter,
    teacher: Teacher,
    learning: Learning,
    model: Annotated[opt.Model, without("gpu_layers", "gpu")],
    messages: Annotated[opt.Messages, without("verbose")],
) -> int:
    """Teach a model what a context says, into an adapter of a few megabytes beside it.

    The teacher is the model with the context in its window, the student the
    same model without. What is done is kept: the same command goes on after an
    interrupt. Use the adapter with --lora; measure it with ctxc eval
    --internalized before it is trusted. Needs the extra train.

    Examples:
      ctxc internalize policy.md --questions asked.jsonl -o policy.lora.gguf
      ctxc internalize task.md examples.jsonl -m qwen2.5-0.5b -o task.lora.gguf
    """
    from ..console import note, plain, progress
    from ..destinations import Destination, Opened, check, store_files
    from ..training.base import targets_of
    from ..training.card import card_path
    from ..training.extra import need
    from ..training.internalize.lessons import Objective
    from ..training.internalize.run import Internalizing
    from ..training.internalize.settings import Settings
    from ..training.student import Recipe

    messages.apply()
    settings = Settings(
        tuple(paths), adapter.output, model.model, teacher.questions, teacher.ask, teacher.labels,
        teacher.check, teacher.window, Objective(learning.temperature, learning.alpha),
        Recipe(
            learning.rank, targets_of(learning.targets), learning.rate, learning.steps,
            learning.batch, learning.seed,
        ),
        adapter.licence, model.threads,
    )  # fmt: skip
    need("ctxc internalize")
    card = Destination("the card", card_path(adapter.output))
    opened = Opened(tuple(paths), files=(teacher.questions, model.model))
    check([Destination("-o", adapter.output), card, *store_files()], opened)
    with progress() as display:
        facts = Internalizing(settings, display).run()
    note(
        f"ctxc: {facts['context_tokens']:,} tokens of context in {plain(adapter.output)}: "
        f"{facts['taught']} questions taught; held-out loss {facts['held_out_before']:.3f} to "
        f"{facts['held_out_after']:.3f}; its card is {plain(card.path)}"
    )
    return 0
