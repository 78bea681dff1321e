"""The parent's side: children that wait for work, and what it means when one ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from . import wire
from .ends import cause, raised

_COMMAND = ("-P", "-c", "from ctxc.confined.child import main; main()")
_SLACK = 4.0
"""Seconds by the clock for each second of CPU time: machines are shared."""
_START = 30.0
"""More seconds by the clock, for a child that is still starting."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one job may take: ``seconds`` of CPU time, ``memory`` bytes beyond its start."""

    seconds: float
    memory: int


class Stopped(Exception):
    """A job ended without an answer.

    ``why``: "time", "memory", "end" (the run is over), or "death"; then
    ``words`` say of what: "aborted (SIGABRT)".
    """

    def __init__(self, why: str, words: str = "") -> None:
        super().__init__(words or why)
        self.why = why
        self.words = words


class _Child:
    """One process that does jobs."""

    def __init__(self) -> None:
        environment = dict(os.environ, PYTHONPATH=os.pathsep.join(filter(None, sys.path)))
        try:
            self._process = subprocess.Popen(
                [sys.executable, *_COMMAND],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
            )
        except OSError as error:
            raise Stopped("death", f"cannot be started ({error.strerror})") from None
        self._expired = False

    def ask(self, job: tuple[Any, ...], limits: Limits) -> tuple[Any, ...]:
        """The answer to one job. Raises Stopped."""
        assert self._process.stdin is not None and self._process.stdout is not None
        with self._clock(_START + _SLACK * limits.seconds) as wait_for_it:
            try:
                wire.send(self._process.stdin, (*job, limits.seconds, limits.memory))
                wait_for_it()
                answer: tuple[Any, ...] = wire.receive(self._process.stdout)
                return answer
            except (EOFError, OSError, ValueError):
                raise self._death() from None

    @contextmanager
    def _clock(self, seconds: float) -> Iterator[Callable[[], None]]:
        """Something to call before an answer is read: the child is killed where none comes."""
        if sys.platform != "win32":
            yield lambda: self._wait(seconds)
            return
        clock = threading.Timer(seconds, self._expire)  # its pipes cannot be waited for
        clock.daemon = True
        clock.start()
        try:
            yield lambda: None
        finally:
            clock.cancel()

    def _wait(self, seconds: float) -> None:
        from multiprocessing.connection import wait  # slow to load: only with a child

        if not wait([self._process.stdout], seconds):  # type: ignore[list-item]
            self._expire()

    def _expire(self) -> None:
        self._expired = True
        self.kill()

    def _death(self) -> Stopped:
        code = self._process.wait()
        if _stopping.is_set():
            return Stopped("end")
        if self._expired or code == -getattr(signal, "SIGXCPU", 0):
            return Stopped("time")
        return Stopped("death", cause(code))

    def alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        with contextlib.suppress(OSError):
            self._process.kill()

    def close(self) -> None:
        self.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._process.wait()


_idle: list[_Child] = []  # append and pop are atomic
_all: set[_Child] = set()
_stopping = threading.Event()


def run(module: str, function: str, *arguments: Any, limits: Limits) -> Any:
    """``module.function(*arguments)`` in a child; all of it must be picklable.

    As many children work at a time as threads ask. Raises Stopped, and the
    CtxcError that the function raised there.
    """
    child = _taken()
    try:
        kind, *rest = child.ask((module, function, arguments), limits)
    except BaseException:  # an interrupt too: whatever it is doing, nobody waits for it
        _drop(child)
        raise
    if kind == "memory":
        _drop(child)
        raise Stopped("memory")
    _idle.append(child)
    if kind == "done":
        return rest[0]
    if kind == "error":
        raise raised(*rest)
    bug = RuntimeError(rest[0])
    bug.add_note(rest[1])
    raise bug


def stop() -> None:
    """End every child now and start none from here on: the run is over.

    Safe in a signal handler: it takes no lock.
    """
    _stopping.set()
    for child in list(_all):
        child.kill()


def _taken() -> _Child:
    """A child that waits for work, else a new one. Raises Stopped."""
    if _stopping.is_set():
        raise Stopped("end")
    with contextlib.suppress(IndexError):
        while True:
            child = _idle.pop()
            if child.alive():
                return child
            _drop(child)
    child = _Child()
    _all.add(child)
    if _stopping.is_set():  # while it was being started
        _drop(child)
        raise Stopped("end")
    return child


def _drop(child: _Child) -> None:
    _all.discard(child)
    child.close()
