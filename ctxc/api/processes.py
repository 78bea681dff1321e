"""Many texts on several cores: a process each, since Python code takes turns within one.

``lexical`` is Python but for counting tokens, so threads gain it little. A process opens
models of its own: engines with a language model, gigabytes each, are refused.
"""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import TypeVar

from ..batch.pipeline import Options as Asked
from ..batch.pipeline import compress_all
from ..document import Document
from ..engines import registry
from ..errors import EngineError, UsageError
from ..llama.runtime import Runtime, RuntimeOptions
from ..result import Outcome

_CHUNK = 16  # texts handed over at a time
_AHEAD = 2  # chunks a process that wait for it or to be taken

Item = TypeVar("Item")


class Processes:
    """``jobs`` processes that shorten texts; they start with the first and end with ``close``.

    Raises UsageError for fewer than one.
    """

    def __init__(self, jobs: int, threads: int = 0) -> None:
        if jobs < 1:
            raise UsageError(f"jobs must be at least 1, not {jobs}")
        self.jobs = jobs
        self._threads = threads or 1
        self._pool: ProcessPoolExecutor | None = None

    def compress_all(
        self, documents: Iterable[Document], asked: Asked, encoder: str | None = None
    ) -> Iterator[Outcome]:
        """One outcome a document, in order, a few chunks ahead of whoever takes them.

        Raises UsageError for an engine with a language model, EngineError where a process died.
        """
        if registry.opens(asked.engine) not in ("", "encoder"):
            raise UsageError(
                f"jobs is for engines without a language model, and {asked.engine} opens one",
                hint="leave jobs out: a model uses all cores by itself",
            )
        waiting: deque[Future[list[Outcome]]] = deque()
        try:
            for chunk in _chunks(documents):
                waiting.append(self._started().submit(_work, chunk, asked, self._models(encoder)))
                if len(waiting) > _AHEAD * self.jobs:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        except BrokenProcessPool:
            self.close()
            raise EngineError(
                "a process that shortens texts ended before it was done",
                hint='a script that uses jobs stands under: if __name__ == "__main__":',
            ) from None
        finally:
            for future in waiting:
                future.cancel()

    def _models(self, encoder: str | None) -> RuntimeOptions:
        return RuntimeOptions(threads=self._threads, gpu="off", encoder=encoder)

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # Not forked: threads of this process may hold locks that a fork would never free.
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self.jobs, mp_context=context)
        return self._pool

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None


def _chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    rest = iter(items)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk


_runtimes: dict[RuntimeOptions, Runtime] = {}


def _work(documents: list[Document], asked: Asked, models: RuntimeOptions) -> list[Outcome]:
    """In a process of the pool."""
    if models not in _runtimes:
        _runtimes[models] = Runtime(models)
    return list(compress_all(documents, asked, _runtimes[models]))
