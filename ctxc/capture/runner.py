"""One command as a child of this process: its output caught, its end and its signals passed on.

No shell is between. The child has this process's standard input, its group
and its terminal, so that Ctrl-C reaches it as it would without ctxc; here
the signal is only noted, and the child's end waited for.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import IO

from ..console import plain
from ..errors import CtxcError
from .spool import Spool

_CHUNK = 1 << 16
_DRAIN = 1.0  # seconds for what is in the pipe when the child has ended
NOT_FOUND, NOT_EXECUTABLE, SIGNALLED = 127, 126, 128


class CommandError(CtxcError):
    """The command could not be started; ``exit_code`` is what a shell would answer."""

    kind = "command"

    def __init__(self, message: str, exit_code: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.exit_code = exit_code


@dataclass(frozen=True, slots=True)
class Ended:
    """``code`` as a shell would say it (128 + n for signal n).

    ``lingers``: something that the command started still holds its output open.
    ``fault``: why output was lost ("" where none was): the disk is full.
    """

    code: int
    lingers: bool = False
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Wiring:
    """Where output goes beside the spool.

    ``merged``: standard error is caught with standard output, in the order of
    writing; otherwise it passes through. ``tee`` is called with each piece, as
    soon as it is there.
    """

    merged: bool = True
    tee: Callable[[bytes], None] | None = None


def run_command(command: Sequence[str], spool: Spool, wiring: Wiring = Wiring()) -> Ended:
    """Run ``command`` to its end, its output into ``spool``. Raises CommandError."""
    with _signals() as pass_on:
        child = _start(command, wiring.merged)
        pass_on(child)
        assert child.stdout is not None
        pump = _Pump(child.stdout, spool, wiring.tee)
        pump.start()
        status = child.wait()
        pump.join(_DRAIN)
        lingers = pump.is_alive()
        spool.finish()
    code = SIGNALLED - status if status < 0 else status
    return Ended(code, lingers, pump.fault)


class _Pump(threading.Thread):
    """Copies a pipe into the spool until its end, or until the spool takes no more."""

    def __init__(
        self, pipe: IO[bytes], spool: Spool, tee: Callable[[bytes], None] | None
    ) -> None:
        super().__init__(daemon=True)
        self._pipe, self._spool, self._tee = pipe, spool, tee
        self.fault = ""

    def run(self) -> None:
        with self._pipe, contextlib.suppress(OSError):
            while data := os.read(self._pipe.fileno(), _CHUNK):
                if not self._take(data):
                    return
                if self._tee is not None:
                    self._tee(data)

    def _take(self, data: bytes) -> bool:
        """Whether there is any use in reading on. A full disk does not stop the command."""
        if self.fault:
            return True
        try:
            return self._spool.write(data)
        except OSError as error:
            self.fault = error.strerror or str(error)
            return True


def _start(command: Sequence[str], merged: bool) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if merged else None,
            bufsize=0,
        )
    except OSError as error:
        raise _not_started(command[0], error) from None


def _not_started(name: str, error: OSError) -> CommandError:
    where = name if os.sep in name else shutil.which(name)
    if error.errno == errno.ENOENT and (where is None or not os.path.exists(where)):
        shell = f"no shell runs it; for one: ctxc run -- sh -c {plain(name)!r}"
        hint = shell if " " in name else ""
        return CommandError(f"{plain(name)}: command not found", NOT_FOUND, hint)
    reasons = {
        errno.ENOENT: "its interpreter is not there",
        errno.ENOEXEC: "it is neither a program nor a script with a #! line",
        errno.EACCES: "it is a folder" if os.path.isdir(name) else "permission denied",
    }
    reason = reasons.get(error.errno or 0) or error.strerror or str(error)
    return CommandError(f"{plain(name)}: cannot be run: {reason}", NOT_EXECUTABLE)


@contextlib.contextmanager
def _signals() -> Iterator[Callable[[subprocess.Popen[bytes]], None]]:
    """While the body runs, signals end the child and not this process.

    Yields a function that names the child. What a terminal sends reaches the
    child by itself; what was sent to this process alone is passed on. One that
    is ignored stays so, here and in the child.
    """
    children: list[subprocess.Popen[bytes]] = []
    waiting: list[int] = []

    def take(number: int, _: FrameType | None) -> None:
        if number in _BY_TERMINAL and _at_terminal():
            return
        if not children:
            waiting.append(number)
        for child in children:
            child.send_signal(number)

    def name(child: subprocess.Popen[bytes]) -> None:
        children.append(child)
        for number in waiting:
            child.send_signal(number)

    before = {}
    try:
        for number in _TAKEN if _is_main_thread() else ():
            if signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, take)
        yield name
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


_BY_TERMINAL = {
    getattr(signal, name) for name in ("SIGINT", "SIGQUIT", "SIGBREAK") if hasattr(signal, name)
}
_TAKEN = _BY_TERMINAL | {
    getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)
}


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _at_terminal() -> bool:
    """Whether this process's group is what the terminal's keys send signals to."""
    if os.name == "nt":
        return True  # there, only a console sends them
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
