"""Runs one command in this process, through its real options and the real error values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import typer

from ctxc.console import set_quiet
from ctxc.errors import CtxcError


@dataclass(frozen=True)
class Ran:
    """What a command left behind; ``error`` is what the boundary would print."""

    code: int
    out: str
    err: str
    error: CtxcError | None = None


def runner(command: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """A function that runs ``command`` with the arguments it is given."""
    app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command()(command)

    def run(*arguments: object) -> Ran:
        capsys.readouterr()
        error = None
        try:
            code: Any = app([str(each) for each in arguments], standalone_mode=False)
        except CtxcError as raised:
            code, error = raised.exit_code, raised
        finally:
            set_quiet(False)
        captured = capsys.readouterr()
        return Ran(int(code or 0), captured.out, captured.err, error)

    return run
