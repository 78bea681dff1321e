"""Processes that work, one job at a time each: started when needed, killed when late.

They are ``confined.child``: a job that keeps its process busy, fills the memory or crashes
takes only its process along, and the next job gets a new one.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import signal
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..confined.ends import cause, raised
from ..console import complain
from ..errors import CtxcError, EngineError

_COMMAND = ("-P", "-c", "from ctxc.confined.child import main; main()")
_HEAD = struct.Struct("<Q")  # as in ``confined.wire``
_START = 60.0
"""Seconds for a process to get warm."""
_CPU = 4.0
"""Seconds of CPU time for each second of a job's deadline: the system's own end of it."""
_MEMORY = 1 << 31
_MEMORY_OF_MODELS = 1 << 42

Job = tuple[str, str, tuple[Any, ...]]
"""A module, a function of it, and its arguments, all picklable."""


class Late(CtxcError):
    """A job was not done in time."""

    exit_code = 1
    kind = "deadline"


@dataclass(slots=True, eq=False)
class _Worker:
    process: asyncio.subprocess.Process

    async def ask(self, job: Job, seconds: float, memory: int) -> tuple[Any, ...]:
        """Raises EngineError where the process ends before it answers."""
        raw = pickle.dumps((*job, seconds, memory), protocol=5)
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None and stdout is not None
        try:
            stdin.write(_HEAD.pack(len(raw)))
            stdin.write(raw)
            await stdin.drain()
            (size,) = _HEAD.unpack(await stdout.readexactly(_HEAD.size))
            answer: tuple[Any, ...] = pickle.loads(await stdout.readexactly(size))
            return answer
        except (OSError, asyncio.IncompleteReadError):
            code = await self.process.wait()
            raise EngineError(f"the process that worked on it {cause(code)}") from None

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()


class Workers:
    """At most ``size`` processes; ``models`` is whether they hold models in memory.

    ``first`` is a job that a new process does before its first, to be warm.
    """

    def __init__(self, size: int, first: Job, *, models: bool = False) -> None:
        self.size = size
        self.restarts = 0
        self._first = first
        self._models = models
        self._free = asyncio.Semaphore(size)
        self._idle: list[_Worker] = []
        self._all: set[_Worker] = set()
        self._warming: asyncio.Future[None] | None = None

    async def run(self, job: Job, until: float, wanted: Callable[[], bool]) -> Any:
        """What the job returns.

        ``until`` is by ``time.monotonic``; ``wanted`` is asked once more when the turn has
        come. Raises Late, and what the job raised: CtxcError.
        """
        try:
            async with asyncio.timeout_at(_loop_time(until)), self._free:
                if not wanted():
                    raise Late("nobody waits for it any more")
                return await self._done(job, until)
        except TimeoutError:
            raise Late("it took longer than its deadline", hint="ask for less") from None

    def start(self) -> None:
        """Have one process get warm, which the first job waits for."""
        self._warming = asyncio.ensure_future(self._warm())

    async def _warm(self) -> None:
        """A failure shows with the first job."""
        with contextlib.suppress(CtxcError, TimeoutError):
            async with asyncio.timeout(_START):
                await self._on(await self._new(), self._first, _START)

    async def close(self) -> None:
        if self._warming is not None:
            self._warming.cancel()
        for worker in list(self._all):
            worker.kill()
            await worker.process.wait()
        self._all.clear()
        self._idle.clear()

    async def _done(self, job: Job, until: float) -> Any:
        worker = await self._taken()
        return await self._on(worker, job, until - time.monotonic())

    async def _on(self, worker: _Worker, job: Job, seconds: float) -> Any:
        limit = max(seconds, 1) * _CPU * (os.cpu_count() or 1 if self._models else 1)
        memory = _MEMORY_OF_MODELS if self._models else _MEMORY
        try:
            kind, *rest = await worker.ask(job, limit, memory)
        except BaseException:  # a deadline too: whatever it is doing, nobody waits for it
            self._drop(worker)
            raise
        if kind == "memory":
            self._drop(worker)
            raise EngineError("it needs more memory than one request may have")
        self._idle.append(worker)
        if kind == "done":
            return rest[0]
        if kind == "error":
            raise raised(*rest)
        complain(f"ctxc: a bug: {rest[0]}")
        complain(rest[1])
        raise EngineError(f"a bug: {rest[0]}", kind="bug")

    async def _taken(self) -> _Worker:
        """A process that is idle, else a new one."""
        if not self._idle and self._warming is not None:
            await asyncio.shield(self._warming)
        while self._idle:
            worker = self._idle.pop()
            if worker.process.returncode is None:
                return worker
            self._drop(worker)
        return await self._new()

    async def _new(self) -> _Worker:
        environment = dict(os.environ, PYTHONPATH=os.pathsep.join(filter(None, sys.path)))
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *_COMMAND,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env=environment,
                preexec_fn=_deaf if sys.platform != "win32" else None,
            )
        except OSError as error:
            raise EngineError(f"no process can be started ({error.strerror})") from None
        worker = _Worker(process)
        self._all.add(worker)
        return worker

    def _drop(self, worker: _Worker) -> None:
        self.restarts += 1
        self._all.discard(worker)
        worker.kill()
        _reap(worker)


def _deaf() -> None:
    """What stops a service is sent to all its processes; a job that is begun is ended first."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


_reaped: set[asyncio.Task[int]] = set()


def _reap(worker: _Worker) -> None:
    """Take the exit code of a process that was killed, so that it does not stay a zombie."""
    task = asyncio.ensure_future(worker.process.wait())
    _reaped.add(task)
    task.add_done_callback(_reaped.discard)


def _loop_time(until: float) -> float:
    return asyncio.get_running_loop().time() + until - time.monotonic()
