"""What ``ctxc hook`` does after its options: show, ask, write."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..capture.showing import LEAST
from ..console import complain, harmless, note, plain
from ..errors import ConfigError, UsageError
from ..integrations.agents import agent
from ..integrations.agents.base import Change
from ..locks import alone
from ..output.atomic import write_whole

if TYPE_CHECKING:
    from .hook import Place, Sizes


def install_hook(name: str, place: Place, sizes: Sizes) -> int:
    """Raises UsageError and ConfigError, with nothing written."""
    chosen = agent(name)
    command = _command(name, sizes)
    if chosen.RUNS:
        _check_service()
    path = chosen.settings(place.folder)
    change = chosen.install(path, command)
    if change.after == change.before:
        note(f"ctxc: {plain(path)} has it already")
        return 0
    _ask(change, "add to", place.yes)
    _write(change)
    note(f"ctxc: written to {plain(path)}; ctxc hook uninstall {name} takes it out")
    return 0


def uninstall_hook(name: str, place: Place) -> int:
    """Raises UsageError and ConfigError, with nothing written."""
    chosen = agent(name)
    path = chosen.settings(place.folder)
    change = chosen.uninstall(path)
    _ask(change, "take out of", place.yes)
    _write(change)
    note(f"ctxc: taken out of {plain(path)}")
    return 0


def _command(name: str, sizes: Sizes) -> str:
    """The command line of the hook: this installation's, whatever the agent's PATH is."""
    if sizes.tokens < LEAST:
        raise UsageError(f"--tokens must be at least {LEAST}, not {sizes.tokens}")
    if sizes.min_tokens is not None and sizes.min_tokens < sizes.tokens:
        raise UsageError("--min-tokens must be at least --tokens")
    script = Path(sys.executable).with_name("ctxc")
    program = [str(script)] if script.exists() else [sys.executable, "-P", "-m", "ctxc"]
    return shlex.join([*program, "hook", "run", name, *sizes.arguments])


def _check_service() -> None:
    from .serve_run import needs

    if not hasattr(os, "getuid"):
        raise UsageError(
            "the hook needs Unix sockets, which this system does not have",
            hint="ctxc run -- COMMAND shortens a command's output here too",
        )
    needs("serve", "starlette", "uvicorn", "prometheus_client")


def _ask(change: Change, what: str, yes: bool) -> None:
    """Show the lines, and wait for a yes. Raises UsageError where there is none."""
    complain(f"ctxc: to {what} {plain(change.path)}:")
    for line in change.lines:
        complain("  " + harmless(line))
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to be asked: nothing was changed", hint="give --yes")
    sys.stderr.write("Do it? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise UsageError("nothing was changed")


def _write(change: Change) -> None:
    """Raises ConfigError where the file changed meanwhile, OutputError where it cannot be."""
    change.path.parent.mkdir(parents=True, exist_ok=True)
    with alone(change.path):
        now = change.path.read_bytes() if change.path.exists() else None
        if now != change.before:
            raise ConfigError(
                f"{plain(change.path)} changed meanwhile: nothing was written",
                hint="run it again",
            )
        write_whole(change.path, change.after)
