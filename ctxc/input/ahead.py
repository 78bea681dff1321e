"""Work a few steps ahead of whoever takes the results, in order, in bounded memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")


def ahead(make: Callable[[Given], Made], items: Iterable[Given], workers: int) -> Iterator[Made]:
    """``make(item)`` for each item, in order; at most ``workers`` results wait to be taken.

    >>> list(ahead(str, [1, 2, 3], workers=2))
    ['1', '2', '3']
    """
    waiting: deque[Future[Made]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="loader")
    try:
        for item in items:
            waiting.append(pool.submit(make, item))
            if len(waiting) > workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        # Not waited for: an interrupt must not hang on a slow document.
        pool.shutdown(wait=False, cancel_futures=True)
