"""The command line: one short module per command (parse, call, report, exit).

``main`` is the one boundary for errors: known ones become a line and a hint,
what the system refuses (a full disk, a folder that is gone) a line, an
interrupt 130, a closed pipe nothing, anything else a bug with exit code 3.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from typing import Any, NoReturn

import typer

from .. import __version__, confined
from ..console import complain, plain
from ..errors import CtxcError, UsageError
from ..output.atomic import reason_of
from ..standard import discard_stdout, open_standard_streams
from . import (
    answer,
    cache,
    check,
    distill,
    doctor,
    eval,
    expand,
    help,
    hook,
    lingua,
    mcp,
    models,
    run,
    serve,
    stats,
)
from .usage import Command, Group

app = typer.Typer(
    name="ctxc",
    cls=Group,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="""Shorten text before a language model reads it, and say exactly what that saved.

    Examples:
      ctxc lingua report.md --tokens 800
      ctxc answer -q "When may goods be returned?" policies/
    """,
)


def _version(wanted: bool) -> None:
    if wanted:
        from ..output.report import write_out

        write_out(f"ctxc {__version__}\n")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Show the version and exit."
    ),
) -> None:
    _configure(context)


def _configure(context: typer.Context) -> None:
    """The configuration's values become the command's defaults; its help needs none."""
    if {"-h", "--help"} & set(sys.argv[1:]):
        return
    from ..config import PROJECT, load

    if context.invoked_subcommand not in PROJECT:
        return
    context.default_map = {name: dict(values) for name, values in load().defaults.items()}


_INTERRUPTED = 130

app.command("check", cls=Command)(check.check)
app.command("distill", cls=Command)(distill.distill)
app.command("lingua", cls=Command)(lingua.lingua)
app.command("answer", cls=Command)(answer.answer)
app.command("run", cls=Command, context_settings={"allow_interspersed_args": False})(run.run)
app.command("expand", cls=Command)(expand.expand)
app.command("eval", cls=Command)(eval.evaluate)
app.command("stats", cls=Command)(stats.stats)
app.command("doctor", cls=Command)(doctor.doctor)
app.command("cache", cls=Command)(cache.cache)
app.command("help", cls=Command)(help.help_page)
app.command("serve", cls=Command)(serve.serve)
app.command("mcp", cls=Command)(mcp.mcp)
app.add_typer(hook.app, name="hook")
app.add_typer(models.app, name="models")


def main() -> NoReturn:
    """Run ``ctxc`` with ``sys.argv`` and exit."""
    open_standard_streams()
    try:
        with contextlib.suppress(ValueError):  # not the main thread: no signals there
            signal.signal(signal.SIGTERM, _interrupt)
            if signal.getsignal(signal.SIGINT) == signal.default_int_handler:
                signal.signal(signal.SIGINT, _interrupt)
        code = _run()
    except CtxcError as error:
        code = _refused(error)
    except (KeyboardInterrupt, typer.Abort):
        complain("ctxc: interrupted")
        code = _INTERRUPTED
    except BrokenPipeError:
        code = 0
        discard_stdout()
    except OSError as error:
        code = _system_refused(error)
    except MemoryError:
        complain("ctxc: out of memory")
        code = 1
    confined.stop()
    sys.exit(_flushed(code))


def _refused(error: CtxcError) -> int:
    complain(f"ctxc: {error.message}")
    if error.hint:
        complain(f"  {error.hint}")
    return error.exit_code


def _system_refused(error: OSError) -> int:
    """What the system refused, in a line; for a run whose folder is gone, that."""
    discard_stdout()  # what could not be written now cannot be written at exit either
    try:
        os.getcwd()
    except FileNotFoundError:
        gone = "the working directory was deleted"
        return _refused(UsageError(gone, hint="go to a folder that exists and run again"))
    except OSError:
        pass  # there, and not to be looked at: the error's own words say more
    reason, _ = reason_of(error)
    where = f"{plain(error.filename)}: " if error.filename else "cannot write the output: "
    complain(f"ctxc: {where}{reason}")
    return 1


def _run() -> int:
    try:
        result: Any = app(standalone_mode=False)
        if result == _INTERRUPTED:  # what typer makes of a KeyboardInterrupt
            raise KeyboardInterrupt
        return result if isinstance(result, int) else 0
    except SystemExit as stop:
        if isinstance(stop.__context__, BrokenPipeError):  # typer would exit 1
            raise stop.__context__ from None
        raise
    except (CtxcError, OSError):
        raise
    except Exception as error:  # the boundary: usage errors of the parser, and bugs
        show, code = getattr(error, "show", None), getattr(error, "exit_code", None)
        if callable(show) and isinstance(code, int):
            show()
            return code
        if isinstance(error, (typer.Abort, MemoryError)):
            raise
        return _bug(error)


def _interrupt(*_: object) -> NoReturn:
    """SIGTERM ends a run as Ctrl-C does: what is done is kept.

    Nobody waits for a file that is being read: threads that do would hold up the exit.
    """
    confined.stop()
    raise KeyboardInterrupt


def _bug(error: Exception) -> int:
    complain(f"ctxc: a bug: {type(error).__name__}: {error}")
    with contextlib.suppress(OSError):  # a full disk has no room for details
        complain(f"  please report it; the details are in {_details(error)}")
    return 3


def _details(error: Exception) -> str:
    """A file with the traceback. Raises OSError."""
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile(
        "w", prefix="ctxc-", suffix=".log", delete=False, encoding="utf-8"
    ) as log:
        log.write(f"ctxc {__version__}, Python {sys.version}\n")
        traceback.print_exception(error, file=log)
    return log.name


def _flushed(code: int) -> int:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        discard_stdout()
    except OSError as error:
        return code or _system_refused(error)
    except ValueError:
        return code or 1
    return code
