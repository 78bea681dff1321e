"""What ``ctxc serve`` and ``ctxc mcp --http`` do after their options."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..service.values import Setup

if TYPE_CHECKING:
    from ..service.guard import Rules
    from ..service.server import Serving

_IDLE_OF_HOOKS = 900.0


@dataclass(frozen=True, slots=True)
class Listening:
    """Where the service listens, and to whom. Raises UsageError."""

    host: str
    port: int
    socket: bool
    token_file: Path | None
    names: tuple[str, ...]

    def rules(self, largest: int) -> Rules:
        from ..service.guard import Rules
        from ..service.server import token_of

        token = token_of(self.token_file)
        if not (token or self.socket or is_loopback(self.host)):
            raise UsageError(
                f"--host {self.host} is not loopback: anybody there could use this service",
                hint="give it a token: --token-file FILE",
            )
        own = () if is_loopback(self.host) else (self.host.lower(),)
        return Rules((*own, *(name.lower() for name in self.names)), token, largest)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much at a time and for how long; ``largest`` is bytes. Raises UsageError."""

    workers: int
    queue: int
    deadline: float
    idle: float
    largest: int

    def __post_init__(self) -> None:
        if self.workers < 0:
            raise UsageError(f"--workers must be at least 0, not {self.workers}")
        if self.queue < 1:
            raise UsageError(f"--queue must be at least 1, not {self.queue}")
        if not 0 < self.deadline <= 86_400:
            raise UsageError(f"--deadline must be above 0, a day at most, not {self.deadline:g}")
        if not 0 <= self.idle <= 1e9:
            raise UsageError(f"--idle must be at least 0, not {self.idle:g}")


def run_serve(
    listening: Listening, bounds: Bounds, models: tuple[str | None, int, str, str, bool]
) -> int:
    """Serve until told to stop. Raises UsageError."""
    needs("serve", "starlette", "uvicorn", "prometheus_client")
    from ..service.server import Serving, serve, tcp_socket

    model, threads, gpu_layers, reader, store = models
    if reader:
        from ..answer.readers import check

        check(reader)
    serving = Serving(
        setup=Setup(model, threads, gpu_layers, reader, store),
        rules=listening.rules(bounds.largest),
        workers=bounds.workers or cores(),
        queue=bounds.queue,
        deadline=bounds.deadline,
        idle=bounds.idle or (_IDLE_OF_HOOKS if listening.socket else 0.0),
        hooks=listening.socket,
    )
    if listening.socket:
        return _on_socket(serving)
    with tcp_socket(listening.host, listening.port) as taken:
        _say_where(listening.host, taken.getsockname()[1])
        serve(serving, taken)
    return 0


def _on_socket(serving: Serving) -> int:
    if not hasattr(os, "getuid"):
        raise UsageError("there are no Unix sockets here", hint="leave --socket out")
    from ..console import note
    from ..service.place import socket_path
    from ..service.server import serve, unix_socket

    path = socket_path()
    with unix_socket(path) as taken:
        if taken is None:
            note(f"ctxc: another process serves {path} already")
            return 0
        note(f"ctxc: listening on {path}")
        serve(serving, taken)
    return 0


def run_mcp(listening: Listening, bounds: Bounds, *, http: bool, store: bool) -> int:
    """Serve MCP until told to stop. Raises UsageError."""
    needs("mcp", "mcp", "starlette", "uvicorn")
    from ..service.guard import Rules
    from ..service.mcp_server import Tools, run_stdio
    from ..service.server import Serving, desk_of, serve_app, tcp_socket

    serving = Serving(
        setup=Setup(store=store),
        rules=listening.rules(bounds.largest) if http else Rules(),
        workers=cores(),
        queue=bounds.queue,
        deadline=bounds.deadline,
    )
    desk = desk_of(serving)
    if not http:
        run_stdio(desk, serving.deadline)
        return 0
    with tcp_socket(listening.host, listening.port) as taken:
        _say_where(listening.host, taken.getsockname()[1])
        serve_app(Tools(desk, serving.deadline).http(), serving, taken)
    return 0


def _say_where(host: str, port: int) -> None:
    from ..service.server import say_where

    say_where(host, port)


def needs(extra: str, *libraries: str) -> None:
    """Raises UsageError where one of the libraries is not installed."""
    from importlib.util import find_spec

    if missing := [name for name in libraries if find_spec(name) is None]:
        raise UsageError(f"{missing[0]} is not installed", hint=f"pip install 'ctxc-cli[{extra}]'")


def cores() -> int:
    usable = getattr(os, "sched_getaffinity", None)
    return min(8, len(usable(0)) if usable else os.cpu_count() or 1)


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
