"""Contexts side by side on a CPU: independent batches, one thread team each.

Small models spend much of a decode waiting at the barriers between threads:
two contexts of one thread each do 1.2 times the work of one context of
two threads, and reduce their own logits meanwhile. What is in a batch never
depends on how many lanes there are, so neither does a result.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

from . import capi
from .context import Context
from .model import Model
from .placement.shape import Shape

Item = TypeVar("Item")
Result = TypeVar("Result")


class Lanes:
    """``shape.contexts`` contexts that share ``threads`` (0: the cores there are)."""

    def __init__(self, model: Model, shape: Shape, threads: int = 0) -> None:
        threads = threads or capi.usable_cores()
        count = max(1, min(shape.contexts, threads))
        self._threads = threads
        self._shares: dict[Context, int] = {}
        self.contexts: list[Context] = []
        self._free: SimpleQueue[Context] = SimpleQueue()
        self._pool = ThreadPoolExecutor(count, "ctxc-lane") if count > 1 else None
        try:
            for lane in range(count):
                share = threads // count + (lane < threads % count)
                context = Context.of(model, shape, share)
                self.contexts.append(context)
                self._shares[context] = share
                self._free.put(context)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)  # what computes must end before it is freed
        for context in self.contexts:
            context.close()
        self.contexts = []

    def _alone(self, work: Callable[[Context, Item], Result], item: Item) -> Result:
        context = self._free.get()
        try:
            context.use_threads(self._threads)
            return work(context, item)
        finally:
            context.use_threads(self._shares[context])
            self._free.put(context)

    def map(
        self, work: Callable[[Context, Item], Result], items: Iterable[Item]
    ) -> Iterator[Result]:
        """``work(context, item)`` for each item, in order; ``work`` leaves nothing in a context.

        Each lane is one item ahead at most, so that memory stays bounded. A single
        item of a list has all threads to itself.
        """
        if self._pool is None:
            (context,) = self.contexts
            yield from (work(context, item) for item in items)
            return
        if isinstance(items, list) and len(items) == 1:
            yield self._alone(work, items[0])
            return

        def run(item: Item) -> Result:
            context = self._free.get()
            try:
                return work(context, item)
            finally:
                self._free.put(context)

        ahead: deque[Future[Result]] = deque()
        try:
            for item in items:
                if len(ahead) == 2 * len(self.contexts):
                    yield ahead.popleft().result()
                ahead.append(self._pool.submit(run, item))
            while ahead:
                yield ahead.popleft().result()
        finally:
            for future in ahead:
                future.cancel()
