"""Who is served next, and who is asked to come back: a bounded number of requests at a time."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import CtxcError
from .values import Reply, Setup
from .workers import Job, Workers


class Busy(CtxcError):
    """As many requests wait as may; ``seconds`` is when to come back."""

    kind = "busy"

    def __init__(self, seconds: int) -> None:
        super().__init__("too many requests are waiting", hint=f"try again in {seconds} s")
        self.seconds = seconds


class Desk:
    """Hands requests to processes: those without a model side by side, the others in turn.

    ``most`` is how many may wait or be worked on at a time.
    """

    def __init__(self, text: Workers, models: Workers, setups: tuple[Setup, Setup], most: int):
        self.text, self.models = text, models
        self.waiting = 0
        self._setups = setups
        self._most = most
        self._mean = 0.1  # seconds of a request, of late

    async def ask(
        self,
        name: str,
        arguments: tuple[Any, ...],
        until: float,
        wanted: Callable[[], bool],
        module: str = "work",
        models: bool = False,
    ) -> Reply:
        """Raises Busy, Late and what the work raised."""
        with self._counted():
            if not models:
                job = self._job(module, name, self._setups[0], arguments)
                reply = await self.text.run(job, until, wanted)
                if reply is not None:
                    return _reply(reply)
            job = self._job(module, name, self._setups[1], arguments)
            return _reply(await self.models.run(job, until, wanted))

    def _job(self, module: str, name: str, setup: Setup, arguments: tuple[Any, ...]) -> Job:
        return (f"{__package__}.{module}", name, (setup, *arguments))

    @contextmanager
    def _counted(self) -> Iterator[None]:
        if self.waiting >= self._most:
            raise Busy(max(1, math.ceil(self.waiting * self._mean / self.text.size)))
        self.waiting += 1
        begun = time.monotonic()
        try:
            yield
        finally:
            share = (time.monotonic() - begun) / self.waiting
            self._mean += 0.1 * (share - self._mean)
            self.waiting -= 1


def _reply(value: Any) -> Reply:
    assert isinstance(value, Reply)
    return value
