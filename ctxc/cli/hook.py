"""``ctxc hook``: shorter tool results for coding agents, installed and taken out again."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

import typer

from . import options as opt
from .grouped import grouped, without
from .usage import Command, Group

app = typer.Typer(
    cls=Group,
    help="""Shorten what a coding agent's tools print, before the agent reads it.

Examples:
  ctxc hook install claude-code
  ctxc hook uninstall claude-code
""",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Agent = Annotated[str, typer.Argument(metavar="AGENT", help="claude-code or codex.")]


@dataclass(frozen=True, slots=True)
class Place:
    """Whose settings change."""

    PANEL: ClassVar[str] = "Settings"

    project: Annotated[
        bool, opt.Option("--project", help="In this folder's project, for this user alone.")
    ] = False
    user: Annotated[
        bool, opt.Option("--user", help="For all of this user's projects; the default.")
    ] = False
    yes: Annotated[bool, opt.Option("--yes", help="Do not ask.")] = False

    @property
    def folder(self) -> Path | None:
        """The project's folder; None for the user's settings. Raises UsageError."""
        if self.project and self.user:
            from ..errors import UsageError

            raise UsageError("--project and --user contradict each other", hint="give one of them")
        return Path.cwd() if self.project else None


@dataclass(frozen=True, slots=True)
class Sizes:
    """What is shown of a result; ``least`` are the tokens up to which it is left alone."""

    PANEL: ClassVar[str] = opt.BUDGET

    tokens: Annotated[int, opt.Option("--tokens", help="Tokens of a result to show at most.")] = (
        2000
    )
    min_tokens: Annotated[
        int | None,
        opt.Option(
            "--min-tokens",
            help="Up to here a result is left alone.  [default: half as much again as --tokens]",
        ),
    ] = None

    @property
    def arguments(self) -> list[str]:
        """Those that are not the defaults, as on a command line."""
        tokens = [] if self.tokens == 2000 else ["--tokens", str(self.tokens)]
        least = [] if self.min_tokens is None else ["--min-tokens", str(self.min_tokens)]
        return tokens + least


@app.command("install", cls=Command)
@grouped
def install(
    agent: Agent,
    place: Place,
    sizes: Sizes,
    messages: Annotated[opt.Messages, without("verbose")],
) -> int:
    """Show the lines of configuration, ask, and write them into the agent's settings.

    Nothing else in the file changes; one that cannot be read is left as it is.

    Examples:
      ctxc hook install claude-code
      ctxc hook install codex --project
    """
    from .hook_run import install_hook

    messages.apply()
    return install_hook(agent, place, sizes)


@app.command("uninstall", cls=Command)
@grouped
def uninstall(
    agent: Agent, place: Place, messages: Annotated[opt.Messages, without("verbose")]
) -> int:
    """Take exactly those lines out again.

    Examples:
      ctxc hook uninstall claude-code
      ctxc hook uninstall codex --project
    """
    from .hook_run import uninstall_hook

    messages.apply()
    return uninstall_hook(agent, place)


@app.command("run", cls=Command)
@grouped
def run(agent: Agent, sizes: Sizes) -> int:
    """What the agent runs: a tool's result comes in, the shorter one goes out.

    Nothing is printed where the result is to stay as it is. The exit code is always 0.

    Examples:
      ctxc hook run claude-code < call.json
      ctxc hook run claude-code --tokens 1000 < call.json
    """
    from ..service.hook_client import main

    return main([agent, *sizes.arguments])
