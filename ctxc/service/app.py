"""The requests of the service: each read, handed to a process, and answered."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from .. import __version__
from ..console import complain
from ..errors import CtxcError, EngineError, UsageError
from . import openapi
from .desk import Busy, Desk
from .metrics import TYPE, Metrics
from .requests import ENDPOINTS, Endpoint
from .values import Reply

_STATUS = {
    "request": 400,
    "usage": 400,
    "store": 404,
    "busy": 429,
    "engine": 500,
    "bug": 500,
    "model": 500,
    "config": 500,
    "deadline": 504,
}
_OTHER = 422
_SAFE = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
}

Ask = Callable[[Request, float, Callable[[], bool]], Awaitable[Reply]]


class Service:
    """``deadline`` is the seconds a request may take at most; ``hooks`` whether agents' are."""

    def __init__(self, desk: Desk, deadline: float, *, hooks: bool = False) -> None:
        self.desk = desk
        self.metrics = Metrics(desk)
        self._deadline = deadline
        self._hooks = hooks
        self._begun = time.time()

    def app(self) -> Starlette:
        routes = [
            Route("/", self._page),
            Route("/docs", self._page),
            Route("/openapi.json", self._openapi),
            Route("/health", self._health),
            Route("/metrics", self._metrics),
            *(Route(f"/{e.name}", self._work(e), methods=["POST"]) for e in ENDPOINTS),
        ]
        if self._hooks:
            routes.append(Route("/hook/{agent}", self._hook, methods=["POST"]))
        return Starlette(
            routes=routes, lifespan=self._life, exception_handlers={HTTPException: _no_such}
        )

    @asynccontextmanager
    async def _life(self, _: Starlette) -> AsyncIterator[None]:
        """The first process becomes warm while requests may come already."""
        self.desk.text.start()
        try:
            yield
        finally:
            await self.desk.text.close()
            await self.desk.models.close()

    def _work(self, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
        media = "application/octet-stream" if endpoint.binary else "application/json"

        async def ask(request: Request, until: float, wanted: Callable[[], bool]) -> Reply:
            arguments = (endpoint.read(await request.body()),)
            return await self.desk.ask(
                endpoint.name, arguments, until, wanted, models=endpoint.models
            )

        async def handle(request: Request) -> Response:
            return await self._answered(request, f"/{endpoint.name}", media, ask)

        return handle

    async def _hook(self, request: Request) -> Response:
        async def ask(request: Request, until: float, wanted: Callable[[], bool]) -> Reply:
            numbers = (_integer(request, "tokens"), _integer(request, "min_tokens"))
            arguments = (request.path_params["agent"], await request.body(), *numbers)
            return await self.desk.ask("hook", arguments, until, wanted, module="hook_work")

        return await self._answered(request, "/hook", "application/json", ask)

    async def _answered(self, request: Request, path: str, media: str, ask: Ask) -> Response:
        begun = time.monotonic()
        reply = None
        try:
            until = begun + self._seconds(request)
            with _watched(request) as wanted:
                reply = await ask(request, until, wanted)
            # Nothing to say has no body, and is no success of a request that asks for one.
            status = 200 if reply.body or path != "/hook" else 204
            response = Response(reply.body, status, _SAFE, media)
        except CtxcError as error:
            response = _failed(error)
        except Exception as error:  # the boundary: a bug is one line, and an answer
            complain(f"ctxc: a bug: {type(error).__name__}: {error}")
            response = _failed(EngineError("a bug of the service", kind="bug"))
        self.metrics.count(path, response.status_code, time.monotonic() - begun, reply)
        return response

    def _seconds(self, request: Request) -> float:
        """What the request gives itself, at most what the service gives. Raises UsageError."""
        value = request.query_params.get("deadline")
        if value is None:
            return self._deadline
        try:
            seconds = float(value)
        except ValueError:
            seconds = math.nan
        if not seconds > 0:
            raise UsageError("deadline must be a number of seconds above 0")
        return min(seconds, self._deadline)

    async def _page(self, _: Request) -> Response:
        return HTMLResponse(openapi.page(), headers=_SAFE)

    async def _openapi(self, _: Request) -> Response:
        return JSONResponse(openapi.document(), headers=_SAFE)

    async def _health(self, _: Request) -> Response:
        state = {
            "status": "ok",
            "version": __version__,
            "seconds": round(time.time() - self._begun, 1),
            "waiting": self.desk.waiting,
        }
        return JSONResponse(state, headers=_SAFE)

    async def _metrics(self, _: Request) -> Response:
        return Response(self.metrics.text(), headers=_SAFE, media_type=TYPE)


@contextmanager
def _watched(request: Request) -> Iterator[Callable[[], bool]]:
    """Yields a function that says whether the client is still there."""
    gone: asyncio.Future[Any] | None = None

    def wanted() -> bool:
        return gone is None or not gone.done()

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    async def read_first() -> None:
        await request.body()
        await watch()

    gone = asyncio.ensure_future(read_first())
    try:
        yield wanted
    finally:
        gone.cancel()


def _integer(request: Request, name: str) -> int:
    value = request.query_params.get(name, "")
    if not value.isascii() or not value.isdecimal() or len(value) > 9:
        raise UsageError(f"{name} must be a number of tokens")
    return int(value)


def _failed(error: CtxcError) -> Response:
    body = {"kind": error.kind, "message": error.message}
    if error.hint:
        body["hint"] = error.hint
    headers = dict(_SAFE)
    if isinstance(error, Busy):
        headers["retry-after"] = str(error.seconds)
    status = _STATUS.get(error.kind, _OTHER)
    return JSONResponse({"error": body}, status, headers)


async def _no_such(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    body = {"error": {"kind": "refused", "message": error.detail}}
    return JSONResponse(body, error.status_code, {**_SAFE, **(error.headers or {})})
