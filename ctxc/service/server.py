"""The service's process: a socket, uvicorn, and an end that loses no answer."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from ..errors import UsageError
from .app import Service
from .desk import Desk
from .guard import Guard, Rules
from .values import Setup
from .workers import Workers

HEAD_SECONDS = 10.0
"""How long a connection may be open without a whole request's head."""
_TICK = 0.5
_WAITING = 512


@dataclass(frozen=True, slots=True)
class Serving:
    """How the service is run; ``idle`` and ``deadline`` are seconds, 0 idle for no end."""

    setup: Setup
    rules: Rules
    workers: int = 1
    queue: int = 64
    deadline: float = 60.0
    idle: float = 0.0
    hooks: bool = False


def desk_of(serving: Serving) -> Desk:
    """The processes of a service, none of them started."""
    text, models = serving.setup, replace(serving.setup, models=True)
    warm = (f"{__package__}.work", "warm", (text,))
    return Desk(
        Workers(serving.workers, warm),
        Workers(1, warm, models=True),
        (text, models),
        serving.queue,
    )


def serve(serving: Serving, listening: socket.socket) -> None:
    """Answer requests on ``listening`` until SIGTERM, SIGINT, or idle; then end what is begun."""
    service = Service(desk_of(serving), serving.deadline, hooks=serving.hooks)
    serve_app(service.app(), serving, listening)


def serve_app(app: ASGIApp, serving: Serving, listening: socket.socket) -> None:
    """Any ASGI app under the rules of the service."""
    clock = _Clock()
    config = uvicorn.Config(
        Guard(app, serving.rules, clock.seen),
        http="h11",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=_WAITING,
        limit_concurrency=serving.queue + 512,
        timeout_graceful_shutdown=int(serving.deadline) + 1,
        h11_max_incomplete_event_size=1 << 16,
    )
    with _exit_zero():
        _Server(config, clock, serving.idle).run(sockets=[listening])


class _Clock:
    """When the last request came."""

    def __init__(self) -> None:
        self.last = time.monotonic()

    def seen(self) -> None:
        self.last = time.monotonic()


class _Server(uvicorn.Server):
    """uvicorn that ends when nobody asks, and closes connections that never ask."""

    def __init__(self, config: uvicorn.Config, clock: _Clock, idle: float) -> None:
        super().__init__(config)
        self._clock, self._idle = clock, idle
        self._mute: dict[Any, float] = {}

    async def main_loop(self) -> None:
        async with _running(self._watch()):
            await super().main_loop()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_TICK)
            self._close_mute()
            quiet = time.monotonic() - self._clock.last > self._idle
            if self._idle and quiet and not self.server_state.tasks:
                self.should_exit = True

    def _close_mute(self) -> None:
        now = time.monotonic()
        mute = {each for each in self.server_state.connections if _is_mute(each)}
        self._mute = {each: self._mute.get(each, now) for each in mute}
        for each, since in self._mute.items():
            if now - since > HEAD_SECONDS and each.transport is not None:
                each.transport.close()


def _is_mute(connection: Any) -> bool:
    """Whether a connection of uvicorn's has no request under way."""
    cycle = getattr(connection, "cycle", None)
    return cycle is None or bool(cycle.response_complete)


@asynccontextmanager
async def _running(work: Any) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@contextmanager
def _exit_zero() -> Iterator[None]:
    """uvicorn raises the signal that stopped it again, when all is done: that is no failure."""
    numbers = [signal.SIGTERM, signal.SIGINT]
    before = {number: signal.signal(number, lambda *_: None) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def tcp_socket(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises UsageError where it cannot."""
    try:
        (family, _, _, _, address), *_ = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        listening = socket.socket(family, socket.SOCK_STREAM)
        if sys.platform != "win32":  # there, it would let another program take the port over
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_WAITING)  # who comes while it starts waits, and is not refused
        return listening
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(
            f"cannot listen on {host}:{port}: {reason}", hint="choose another --port"
        ) from None


@contextmanager
def unix_socket(path: str) -> Iterator[socket.socket | None]:
    """A socket at ``path``, this user's alone; None where another process serves it already."""
    import fcntl

    lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)  # of a service that was killed
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            listening.bind(path)
            listening.listen(_WAITING)
        finally:
            os.umask(before)
        try:
            yield listening
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
    finally:
        os.close(lock)
