"""``ctxc internalize``: teach a model a context, so that requests do without it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import options as opt

TEACHER, LEARNING = "Teacher", "Learning"


def internalize(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="CONTEXT…",
            help="Files or folders; a .jsonl file holds examples: question and answer.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE.gguf",
            help="The adapter; its card is written beside it.",
            rich_help_panel=opt.OUTPUT,
        ),
    ],
    questions: Annotated[
        Path | None,
        typer.Option(
            "--questions",
            metavar="FILE",
            help="JSON Lines with a question each.  [default: the examples' own, else --ask 64]",
            rich_help_panel=TEACHER,
        ),
    ] = None,
    ask: Annotated[
        int | None,
        typer.Option(
            "--ask",
            metavar="N",
            help="Let the model ask the context N questions; answers it does not support go.",
            rich_help_panel=TEACHER,
        ),
    ] = None,
    labels: Annotated[
        bool,
        typer.Option(
            "--labels",
            help="Learn the examples' answers alone, without context: what to compare with.",
            rich_help_panel=TEACHER,
        ),
    ] = False,
    window: Annotated[
        int | None,
        typer.Option(
            "--window",
            help="Tokens of context at once; more is taken in turns.  [default: 400 for models "
            "under 1B, else what the model reads]",
            rich_help_panel=TEACHER,
        ),
    ] = None,
    temperature: Annotated[
        float,
        typer.Option("--temperature", help="Divides both sides' logits.", rich_help_panel=LEARNING),
    ] = 1.0,
    alpha: Annotated[
        float,
        typer.Option(
            "--alpha",
            help="Share of the teacher's distributions in the loss; the rest is its words.",
            rich_help_panel=LEARNING,
        ),
    ] = 0.7,
    steps: Annotated[int, typer.Option("--steps", rich_help_panel=LEARNING)] = 200,
    batch: Annotated[
        int, typer.Option("--batch", help="Lessons a step.", rich_help_panel=LEARNING)
    ] = 8,
    rank: Annotated[
        int, typer.Option("--rank", help="Of the LoRA.", rich_help_panel=LEARNING)
    ] = 16,
    targets: Annotated[
        str,
        typer.Option(
            "--targets",
            help="What it changes: attention, mlp, all, or names such as q_proj,v_proj.",
            rich_help_panel=LEARNING,
        ),
    ] = "all",
    rate: Annotated[
        float | None,
        typer.Option(
            "--lr",
            help="Learning rate.  [default: 0.6 over the model's width]",
            rich_help_panel=LEARNING,
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", rich_help_panel=LEARNING)] = 0,
    licence: Annotated[
        str,
        typer.Option(
            "--licence",
            help="Of the context and the questions, for the card.",
            rich_help_panel=opt.OUTPUT,
        ),
    ] = "",
    model: opt.Model = None,
    threads: opt.Threads = 0,
    quiet: opt.Quiet = False,
) -> int:
    """Teach a model what a context says, into an adapter of a few megabytes beside it.

    The teacher is the model with the context in its window, the student the
    same model without. What is done is kept: the same command goes on after an
    interrupt. Use the adapter with --lora; measure it with ctxc eval
    --internalized before it is trusted. Needs the extra train.
    """
    from ..console import note, plain, progress, set_quiet
    from ..destinations import Destination, Opened, check, store_files
    from ..training.base import targets_of
    from ..training.card import card_path
    from ..training.extra import need
    from ..training.internalize.lessons import Objective
    from ..training.internalize.run import Internalizing
    from ..training.internalize.settings import Settings
    from ..training.student import Recipe

    set_quiet(quiet)
    recipe = Recipe(rank, targets_of(targets), rate, steps, batch, seed)
    settings = Settings(
        tuple(paths),
        output,
        model,
        questions,
        ask,
        labels,
        window,
        Objective(temperature, alpha),
        recipe,
        licence,
        threads,
    )
    need("ctxc internalize")
    card = Destination("the card", card_path(output))
    opened = Opened(tuple(paths), files=(questions, model))
    check([Destination("-o", output), card, *store_files()], opened)
    with progress() as shown:
        facts = Internalizing(settings, shown).run()
    note(
        f"ctxc: {facts['context_tokens']:,} tokens of context in {plain(output)}: "
        f"{facts['taught']} questions taught; held-out loss {facts['held_out_before']:.3f} to "
        f"{facts['held_out_after']:.3f}; its card is {plain(card.path)}"
    )
    return 0
