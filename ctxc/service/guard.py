"""Whom the service listens to: before a request is read, and while its body comes.

A page in the user's browser can send requests to loopback, under a name that leads there (DNS
rebinding) or from a form (CSRF). So the ``Host`` must be one this service goes by, an ``Origin``
its own, and a body JSON by its type, which no form sends.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_SECONDS = 15.0
"""How long a body may take to come."""
OPEN = ("/health",)
"""Paths that need no token."""

_LOCAL = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, slots=True)
class Rules:
    """``hosts`` are the names of this service besides loopback's, ``token`` "" for none."""

    hosts: tuple[str, ...] = ()
    token: str = ""
    largest: int = 1 << 24

    def refusal(self, scope: Scope) -> tuple[int, str] | None:
        """A status and why, or None for a request that may be read."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if _name(host) not in (*_LOCAL, *self.hosts):
            return 421, "this service does not go by that Host"
        origin = headers.get("origin")
        if origin is not None and origin not in (f"http://{host}", f"https://{host}"):
            return 403, "requests of other origins are refused"
        if self.token and scope["path"] not in OPEN and not self._has_token(headers):
            return 401, "a token is needed: Authorization: Bearer TOKEN"
        if scope["method"] not in ("POST", "GET", "HEAD", "DELETE"):
            return 405, "there is no such method here"
        return self._body_refusal(scope, headers) if scope["method"] == "POST" else None

    def _has_token(self, headers: Headers) -> bool:
        kind, _, token = headers.get("authorization", "").partition(" ")
        return kind.lower() == "bearer" and hmac.compare_digest(
            token.strip().encode(), self.token.encode()
        )

    def _body_refusal(self, scope: Scope, headers: Headers) -> tuple[int, str] | None:
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return 415, "the body must be of the type application/json"
        if headers.get("content-encoding", "identity") != "identity":
            return 415, "the body must not be packed"
        if int(headers.get("content-length") or 0) > self.largest:
            return 413, f"the body is larger than {self.largest:,} bytes"
        return None


class Guard:
    """An ASGI layer: refuses, or reads the whole body and hands on."""

    def __init__(self, app: ASGIApp, rules: Rules, seen: Callable[[], None]) -> None:
        self._app, self._rules, self._seen = app, rules, seen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return  # a WebSocket: nobody is there
        self._seen()
        if refusal := self._rules.refusal(scope):
            await refuse(send, *refusal)
            return
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await self._body(receive)
        except TimeoutError:
            await refuse(send, 408, f"the body took longer than {BODY_SECONDS:.0f} s")
            return
        except _TooLarge:
            await refuse(send, 413, f"the body is larger than {self._rules.largest:,} bytes")
            return
        if body is not None:  # else the client is gone: nobody to answer
            await self._app(scope, _Replay(body, receive), send)

    async def _body(self, receive: Receive) -> bytes | None:
        """All of it; None where the client went away. Raises _TooLarge."""
        pieces, size = [], 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return None
            pieces.append(message.get("body", b""))
            size += len(pieces[-1])
            if size > self._rules.largest:
                raise _TooLarge
            if not message.get("more_body", False):
                return b"".join(pieces)


class _TooLarge(Exception):
    pass


class _Replay:
    """The body, once, and then what the connection says."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}


async def refuse(send: Send, status: int, message: str) -> None:
    """An error in the shape of all others; the connection is not used again."""
    body = json.dumps({"error": {"kind": "refused", "message": message}}).encode()
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    headers.append((b"content-length", str(len(body)).encode()))
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _name(host: str) -> str:
    """A ``Host`` without its port.

    >>> _name("[::1]:8377"), _name("Localhost")
    ('[::1]', 'localhost')
    """
    name = host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]
    return name.lower()
