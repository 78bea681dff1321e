"""What ``ctxc serve`` and ``ctxc mcp`` do after their options."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from typing import TYPE_CHECKING

from .. import remedies
from ..errors import UsageError
from ..service.values import Setup
from .sizes import size

if TYPE_CHECKING:
    from ..service.guard import Rules
    from ..service.server import Serving
    from .serve import Bounds, Listening

_IDLE_OF_HOOKS = 900.0
_QUEUE_OF_MCP = 64
_BODY_OF_MCP = 1 << 24
_LEAST_TOKEN = 16


def run_serve(listening: Listening, bounds: Bounds, setup: Setup, *, on_socket: bool) -> int:
    """Serve until told to stop. Raises UsageError."""
    _check_bounds(bounds)
    needs("serve", "starlette", "uvicorn", "prometheus_client")
    from ..service.guard import Rules
    from ..service.server import Serving, serve

    if setup.reader:
        from ..answer.readers import check

        check(setup.reader)
    largest = size(bounds.max_body, "--max-body")
    serving = Serving(
        setup=setup,
        rules=Rules(largest=largest) if on_socket else rules_of(listening, largest),
        workers=bounds.workers or cores(),
        queue=bounds.queue,
        deadline=bounds.deadline,
        idle=bounds.idle or (_IDLE_OF_HOOKS if on_socket else 0.0),
        hooks=on_socket,
    )
    if on_socket:
        return _on_socket(serving)
    from ..service.server import tcp_socket

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


def run_mcp(listening: Listening, deadline: float, setup: Setup, *, http: bool) -> int:
    """Serve MCP until told to stop. Raises UsageError."""
    _check_deadline(deadline)
    needs("mcp", "mcp", "starlette", "uvicorn", "prometheus_client")
    from ..service.guard import Rules
    from ..service.mcp_server import Tools, run_stdio
    from ..service.server import Serving, desk_of, serve_app, tcp_socket

    serving = Serving(
        setup=setup,
        rules=rules_of(listening, _BODY_OF_MCP) if http else Rules(),
        workers=cores(),
        queue=_QUEUE_OF_MCP,
        deadline=deadline,
    )
    desk = desk_of(serving)
    if not http:
        run_stdio(desk, deadline)
        return 0
    with tcp_socket(listening.host, listening.port) as taken:
        _say_where(listening.host, taken.getsockname()[1])
        serve_app(Tools(desk, deadline).http(), serving, taken)
    return 0


def rules_of(listening: Listening, largest: int) -> Rules:
    """Raises UsageError where a token is missing."""
    from ..service.guard import Rules

    token = _token(listening.token_file)
    own: tuple[str, ...] = ()
    if not is_loopback(listening.host):
        if not token:
            raise UsageError(
                f"--host {listening.host} is not loopback: anybody there could use this service",
                hint="give it a token: --token-file FILE",
            )
        own = (listening.host.lower(),)
    return Rules((*own, *(name.lower() for name in listening.allow_host)), token, largest)


def _token(path: Path | None) -> str:
    """The token in a file, or in ``CTXC_SERVE_TOKEN``; "" for none. Raises UsageError."""
    try:
        where = "CTXC_SERVE_TOKEN" if path is None else f"--token-file {path}"
        text = os.environ.get("CTXC_SERVE_TOKEN", "") if path is None else path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise UsageError(f"--token-file {path}: {reason}") from None
    token = text.strip()
    if path is None and not token:
        return ""
    if len(token) < _LEAST_TOKEN or not token.isprintable() or " " in token:
        raise UsageError(
            f"{where} holds no token of {_LEAST_TOKEN} characters or more",
            hint='python -c "import secrets; print(secrets.token_urlsafe(32))" makes one',
        )
    return token


def _check_bounds(bounds: Bounds) -> None:
    if bounds.workers < 0:
        raise UsageError(f"--workers must be at least 0, not {bounds.workers}")
    if bounds.queue < 1:
        raise UsageError(f"--queue must be at least 1, not {bounds.queue}")
    if not 0 <= bounds.idle <= 1e9:
        raise UsageError(f"--idle must be at least 0, not {bounds.idle:g}")
    _check_deadline(bounds.deadline)


def _check_deadline(seconds: float) -> None:
    if not 0 < seconds <= 86_400:
        raise UsageError(f"--deadline must be above 0, a day at most, not {seconds:g}")


def _say_where(host: str, port: int) -> None:
    from ..console import note

    address = f"[{host}]" if ":" in host else host
    note(f"ctxc: listening on http://{address}:{port}")


def needs(extra: str, *libraries: str) -> None:
    """Raises UsageError where one of the libraries is not installed."""
    from importlib.util import find_spec

    if missing := [name for name in libraries if find_spec(name) is None]:
        raise UsageError(f"{missing[0]} is not installed", hint=remedies.install(extra))


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
