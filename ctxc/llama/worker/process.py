"""A worker as its parent sees it: start, ask, notice that it died, and why."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator, Sequence
from typing import IO, Any

from ... import errors
from ...confined import wire
from ...confined.ends import cause, raised
from ...console import note
from .fallback import Choice, Rung
from .serve import BUG

_SOURCE = re.compile(r"^\S+\.(?:cpp|cu|c|h|cuh):\d+: ")  # where in llama.cpp a line comes from

COMMAND = ("-P", "-c", "from ctxc.llama.worker.serve import main; main()")


class Died(Exception):
    """The worker is gone. ``reason`` is a clause, ``by_kill``: somebody sent SIGKILL."""

    def __init__(self, reason: str, by_kill: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.by_kill = by_kill


class Worker:
    """One child process, serving one rung of the ladder."""

    def __init__(self, choice: Choice, rung: Rung, command: Sequence[str] = COMMAND) -> None:
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the worker
        environment = dict(os.environ, PYTHONPATH=os.pathsep.join(filter(None, sys.path)))
        if rung.cpu:
            environment["CUDA_VISIBLE_DEVICES"] = ""  # not even a context on a GPU that failed
        self._process = subprocess.Popen(
            [sys.executable, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=environment,
        )
        self._send((choice, rung))

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, role: str, job: str, *arguments: Any) -> Generator[Any, None, Any]:
        """The pieces of one answer; the generator's value is that of ``done``.

        Raises Died, and whatever CtxcError the work raised there.
        """
        self._send((role, job, arguments))
        while True:
            kind, *rest = self._receive()
            if kind == "piece":
                yield rest[0]
            elif kind == "note":
                note(rest[0])
            elif kind == "done":
                return rest[0]
            else:
                raise raised(*rest)

    def _send(self, message: Any) -> None:
        assert self._process.stdin is not None
        try:
            wire.send(self._process.stdin, message)
        except OSError:
            raise self._death() from None

    def _receive(self) -> Any:
        assert self._process.stdout is not None
        try:
            return wire.receive(self._process.stdout)
        except EOFError:
            raise self._death() from None

    def _death(self) -> Died | errors.EngineError:
        code = self._process.wait()
        said = self._said()
        self.close()
        if code == BUG:
            return errors.EngineError(f"the model process failed: {said or 'it said nothing'}")
        by_kill = sys.platform != "win32" and code == -signal.SIGKILL
        return Died(cause(code) + (f": {said}" if said else ""), by_kill)

    def _said(self) -> str:
        """The line it left on stderr that says why, or an empty string."""
        self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, self._errors.tell() - 20_000))
        lines = self._errors.read().decode("utf-8", "replace").splitlines()
        lines = [_SOURCE.sub("", line.strip()) for line in lines if line.strip()]
        for word in ("out of memory", "CUDA error", "GGML_ASSERT", "failed", "Error"):
            for line in reversed(lines):
                if word in line:
                    return line[:200]
        return lines[-1][:200] if lines else ""

    def close(self) -> None:
        """Let it go; a worker in the middle of a decode is killed."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # it died with something unread in it
                    pipe.close()
        try:
            self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()
