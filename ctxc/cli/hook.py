"""``ctxc hook``: shorter tool results for coding agents, installed and taken out again."""

from __future__ import annotations

from typing import Annotated

import typer

from . import options as opt

app = typer.Typer(
    help="Shorten what a coding agent's tools print, before the agent reads it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Agent = Annotated[str, typer.Argument(metavar="AGENT", help="claude-code or codex.")]
Project = Annotated[
    bool, typer.Option("--project", help="In this folder's project, for this user alone.")
]
User = Annotated[bool, typer.Option("--user", help="For all of this user's projects; the default.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
Tokens = Annotated[int, typer.Option("--tokens", help="Tokens of a result to show at most.")]
MinTokens = Annotated[
    int | None,
    typer.Option(
        "--min-tokens",
        help="Up to here a result is left alone.  [default: half as much again as --tokens]",
    ),
]


@app.command("install")
def install(
    agent: Agent,
    project: Project = False,
    user: User = False,
    tokens: Tokens = 2000,
    min_tokens: MinTokens = None,
    yes: Yes = False,
    quiet: opt.Quiet = False,
) -> int:
    """Show the lines of configuration, ask, and write them into the agent's settings.

    Nothing else in the file changes; one that cannot be read is left as it is.
    """
    from ..console import set_quiet
    from .hook_run import Scope, install_hook

    set_quiet(quiet)
    return install_hook(agent, Scope.of(project, user), (tokens, min_tokens), yes=yes)


@app.command("uninstall")
def uninstall(
    agent: Agent,
    project: Project = False,
    user: User = False,
    yes: Yes = False,
    quiet: opt.Quiet = False,
) -> int:
    """Take exactly those lines out again."""
    from ..console import set_quiet
    from .hook_run import Scope, uninstall_hook

    set_quiet(quiet)
    return uninstall_hook(agent, Scope.of(project, user), yes=yes)


@app.command("run")
def run(agent: Agent, tokens: Tokens = 2000, min_tokens: MinTokens = None) -> int:
    """What the agent runs: a tool's result on standard input, the shorter one on standard output.

    Nothing is printed where the result is to stay as it is. The exit code is always 0.
    """
    from ..service.hook_client import main

    least = [] if min_tokens is None else ["--min-tokens", str(min_tokens)]
    return main([agent, "--tokens", str(tokens), *least])
