"""``ctxc run``: a command's output, shortened, with its exit code."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import typer

from . import options as opt
from .grouped import but, grouped, without


@dataclass(frozen=True, slots=True)
class Capture:
    """What of the command's output is taken."""

    PANEL: ClassVar[str] = opt.OUTPUT

    kind: opt.KindName = ""
    tee: Annotated[bool, opt.Option("--tee", help="Show the output on stderr as it comes.")] = False
    stdout_only: Annotated[
        bool,
        opt.Option(
            "--stdout-only",
            help="Leave the command's standard error alone: it passes through.",
        ),
    ] = False
    max_output: Annotated[
        str,
        opt.Option(
            "--max-output",
            metavar="SIZE",
            help="Of a longer output the middle is dropped.",
        ),
    ] = "200MB"


@grouped
def run(
    command: Annotated[
        list[str],
        typer.Argument(
            metavar="COMMAND...", help="The command and its arguments; no shell runs it."
        ),
    ],
    asked: opt.Question,
    budget: Annotated[
        opt.Budget,
        without("total_tokens", tokens="Tokens to show at most; 2,000 by default."),
    ],
    capture: Capture,
    store: Annotated[opt.Store, but(no_store="Do not keep the whole output.")],
    messages: Annotated[opt.Messages, without("verbose")],
) -> int:
    """Run a command, show its output shortened, and exit as it does.

    Output of up to 2,000 tokens comes out as it is, byte for byte; of more, what bears on
    the question, failures first. The last line then says how to get the whole:
    ctxc expand HANDLE.

    Examples:
      ctxc run -q "Which tests failed?" -- pytest -x
      ctxc run --tokens 800 -- make -j4
    """
    from ..capture.showing import Showing
    from .run_output import Run, budget_of_run
    from .sizes import size

    messages.apply()
    return Run(
        command=tuple(command),
        showing=Showing(
            budget=budget_of_run(budget.rate, budget.ratio, budget.tokens),
            tokenizer=budget.tokenizer,
            question=asked.question,
            kind=capture.kind,
        ),
        tee=capture.tee,
        merged=not capture.stdout_only,
        max_output=size(capture.max_output, "--max-output"),
        store=not store.no_store,
        max_store=size(store.max_store, "--max-store"),
    ).run()
