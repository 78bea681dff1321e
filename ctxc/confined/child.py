"""The child's side: do one job after the other, each within bounds that the system keeps.

A job is ``(module, function, arguments, cpu seconds, bytes)``. Its answer is
``("done", value)``, ``("error", class, message, hint, kind)``, ``("memory",)``, or
``("bug", line, traceback)``; a child that used up its seconds is killed by the system
before it can answer.
"""

from __future__ import annotations

import contextlib
import math
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from ..errors import CtxcError
from . import wire


def main() -> None:
    """Serve the process on the other end of stdin and stdout until it goes away."""
    incoming, outgoing = wire.own_streams()
    # The terminal sends Ctrl-C to the whole group: it is the parent's to handle.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            answer = _answer(*wire.receive(incoming))
            wire.send(outgoing, answer)
            if answer[0] == "memory":
                return  # what a library made of a refused allocation is not to be relied on


def _answer(
    module: str, function: str, arguments: tuple[Any, ...], seconds: float, memory: int
) -> tuple[Any, ...]:
    work = getattr(import_module(module), function)
    try:
        with _bounded(seconds, memory):
            return ("done", work(*arguments))
    except CtxcError as error:
        return ("error", type(error).__name__, error.message, error.hint, error.kind)
    except MemoryError:
        return ("memory",)
    except Exception as error:
        import traceback

        line = f"{type(error).__name__}: {error}"
        return ("bug", line, "".join(traceback.format_exception(error)))


@contextmanager
def _bounded(seconds: float, memory: int) -> Iterator[None]:
    """At most ``seconds`` more of CPU time and ``memory`` more bytes of address space."""
    if sys.platform == "win32":
        yield  # the parent's clock is the only bound there
        return
    import resource

    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_CPU, math.ceil(time.process_time() + seconds))
    if size := _address_space():
        _limit(resource.RLIMIT_AS, size + memory)
    try:
        yield
    finally:
        _limit(resource.RLIMIT_AS, resource.RLIM_INFINITY)
        _limit(resource.RLIMIT_CPU, resource.RLIM_INFINITY)


def _limit(what: int, value: int) -> None:
    """Sets a soft limit, as far as the hard one of this process allows it."""
    import resource

    _, hard = resource.getrlimit(what)
    if hard != resource.RLIM_INFINITY and (value == resource.RLIM_INFINITY or value > hard):
        value = hard
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(what, (value, hard))


def _address_space() -> int:
    """Bytes of address space this process has now; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0
