"""``ctxc run``: a command's output, shortened, with its exit code."""

from __future__ import annotations

from typing import Annotated

import typer

from . import options as opt


def run(
    command: Annotated[
        list[str],
        typer.Argument(metavar="COMMAND…", help="The command and its arguments; no shell runs it."),
    ],
    question: opt.Question = None,
    rate: opt.Rate = None,
    ratio: opt.Ratio = None,
    tokens: Annotated[
        int | None,
        typer.Option(
            "--tokens", help="Tokens to show at most; 2,000 by default.", rich_help_panel=opt.BUDGET
        ),
    ] = None,
    tokenizer: opt.Tokenizer = "o200k_base",
    kind: opt.Kind = "",
    tee: Annotated[
        bool,
        typer.Option(
            "--tee", help="Show the output on stderr as it comes.", rich_help_panel=opt.OUTPUT
        ),
    ] = False,
    stdout_only: Annotated[
        bool,
        typer.Option(
            "--stdout-only",
            help="Leave the command's standard error alone: it passes through.",
            rich_help_panel=opt.OUTPUT,
        ),
    ] = False,
    max_output: Annotated[
        str,
        typer.Option(
            "--max-output",
            metavar="SIZE",
            help="Of a longer output the middle is dropped.",
            rich_help_panel=opt.OUTPUT,
        ),
    ] = "200MB",
    no_store: Annotated[
        bool,
        typer.Option(
            "--no-store",
            envvar="CTXC_NO_STORE",
            help="Do not keep the whole output.",
            rich_help_panel=opt.OUTPUT,
        ),
    ] = False,
    max_store: opt.MaxStore = "512MB",
    quiet: opt.Quiet = False,
) -> int:
    """Run a command, show its output shortened, and exit as it does.

    Output of up to 2,000 tokens comes out as it is, byte for byte; of more, what bears on
    the question, failures first. The last line then says how to get the whole:
    ctxc expand HANDLE.

    ctxc run -q "Which tests failed?" -- pytest -x
    """
    from ..batch.pipeline import Options
    from ..console import set_quiet
    from .run_output import Run, budget_of_run
    from .sizes import size

    set_quiet(quiet)
    return Run(
        command=tuple(command),
        options=Options(
            budget=budget_of_run(rate, ratio, tokens),
            tokenizer=tokenizer,
            question=question,
            kind=kind,
        ),
        tee=tee,
        merged=not stdout_only,
        max_output=size(max_output, "--max-output"),
        store=not no_store,
        max_store=size(max_store, "--max-store"),
    ).run()
