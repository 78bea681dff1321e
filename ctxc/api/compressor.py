"""A compressor that holds its models and its options; the functions of ``ctxc`` share some."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from typing import Any, Self, Unpack, overload

from ..answer import Answer
from ..batch.pipeline import Options as Asked
from ..batch.pipeline import compress, compress_all
from ..document import Document
from ..errors import UsageError
from ..input.loaders.terminal import cleaned
from ..llama.adapters import parse_all
from ..llama.runtime import Runtime, RuntimeOptions
from ..messages import Conversation, shorten
from ..result import Compression, Outcome
from ..store import Store, opened
from .asking import Asking, ask
from .options import Fields, Options, opens_model
from .passages import PassageLike, PassageSet, compress_passages
from .processes import Processes

_NONE = Options()


class Compressor:
    """Options and open models for many calls, from any number of threads.

    >>> with Compressor(engine="lexical", tokens=8) as compressor:
    ...     compressor.compress("The pump failed at noon. It was old. Nobody was hurt.").text
    'The pump failed at noon.'

    Keywords are those of ``compress`` (``Options``); a call's own come before them. ``threads``
    and ``gpu`` are for the models: 0 for all usable cores; auto, off or require. ``jobs``
    processes share the texts of ``compress_all``. Engines without a model run side by side
    in threads; one model computes one thing at a time. Raises UsageError.
    """

    def __init__(
        self,
        options: Options | None = None,
        *,
        threads: int = 0,
        gpu: str = "auto",
        jobs: int = 1,
        **fields: Unpack[Fields],
    ) -> None:
        self.options = (options or _NONE).updated(fields)
        self.options.asked()  # what cannot be is said at once
        self._threads, self._gpu = threads, gpu
        _runtime_options(self.options, threads, gpu)
        self._lock = threading.RLock()
        self._runtimes: dict[RuntimeOptions, Runtime] = {}
        self._stores: list[Store] = []
        self._processes = Processes(jobs, threads)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        """Free the models and end the processes; the next call opens them again."""
        with self._lock:
            while self._runtimes:
                self._runtimes.popitem()[1].close()
            while self._stores:
                self._stores.pop().close()
            self._processes.close()

    @overload
    def compress(self, text: str | Document, **fields: Unpack[Fields]) -> Compression: ...
    @overload
    def compress(
        self, *, passages: Iterable[PassageLike], **fields: Unpack[Fields]
    ) -> PassageSet: ...
    def compress(
        self,
        text: str | Document | None = None,
        *,
        passages: Iterable[PassageLike] | None = None,
        **fields: Unpack[Fields],
    ) -> Compression | PassageSet:
        """As ``ctxc.compress``, which says what is raised."""
        options = self.options.updated(fields)
        asked = options.asked()
        if (text is None) == (passages is None):
            raise UsageError("give a text or passages, one of them")
        if passages is not None:
            with self._turn(asked):
                return compress_passages(passages, asked, self._runtime(options))
        assert text is not None
        document = as_document(text)
        with self._turn(asked, document.question):
            return compress(document, asked, self._runtime(options))

    def compress_all(
        self, texts: Iterable[str | Document], **fields: Unpack[Fields]
    ) -> Iterator[Outcome]:
        """As ``ctxc.compress_all``; with ``jobs`` in processes."""
        options = self.options.updated(fields)
        asked = options.asked()
        if self._processes.jobs > 1:
            encoder = options.encoder
            return self._processes.compress_all(map(as_document, texts), asked, encoder)
        return self._each(texts, asked, options)

    def _each(
        self, texts: Iterable[str | Document], asked: Asked, options: Options
    ) -> Iterator[Outcome]:
        for text in texts:
            document = as_document(text)
            with self._turn(asked, document.question):  # let go between two: others get a turn
                outcome = next(compress_all([document], asked, self._runtime(options)))
            yield outcome

    def compress_messages(
        self,
        messages: Sequence[Mapping[str, Any]],
        *,
        cached: int | None = None,
        **fields: Unpack[Fields],
    ) -> Conversation:
        """As ``ctxc.compress_messages``."""
        options = self.options.updated(fields)
        # A budget of the call is kept apart from the default: a conversation has its own.
        budgets = (options.rate, options.ratio, options.tokens)
        asked = options.asked()
        if all(value is None for value in budgets):
            raise UsageError(
                "messages need a budget", hint="tokens for all of them, or rate for each result"
            )
        with self._turn(asked):
            return shorten(messages, asked, self._runtime(options), cached=cached)

    def answer(
        self,
        passages: Iterable[PassageLike | Document],
        *,
        asking: Asking | None = None,
        **fields: Unpack[Fields],
    ) -> Answer:
        """As ``ctxc.answer``."""
        options = self.options.updated(fields)
        with self._lock:
            return ask(passages, asking or Asking(), options, self._runtime(options))

    async def acompress(
        self,
        text: str | Document | None = None,
        *,
        passages: Iterable[PassageLike] | None = None,
        **fields: Unpack[Fields],
    ) -> Any:
        """``compress`` in a thread; the event loop goes on. Cancelling does not stop the thread."""
        call: Any = partial(self.compress, **fields)
        if passages is not None:
            call = partial(call, passages=list(passages))
        return await asyncio.to_thread(call, text)

    def _turn(self, asked: Asked, question: str | None = None) -> AbstractContextManager[object]:
        """The lock, where a model may be opened."""
        return self._lock if opens_model(asked, question) else nullcontext()

    def _runtime(self, options: Options) -> Runtime:
        if options.runtime is not None:
            return options.runtime
        wanted = _runtime_options(options, self._threads, self._gpu)
        with self._lock:
            if wanted not in self._runtimes:
                self._runtimes[wanted] = Runtime(wanted, self._store)
            return self._runtimes[wanted]

    def _store(self) -> Store | None:
        """The user's store, where something is embedded: what was, is not embedded again."""
        if not self._stores and (store := opened()) is not None:
            self._stores.append(store)
        return self._stores[0] if self._stores else None


def as_document(text: str | Document) -> Document:
    """A text as the loaders would leave it: without what only a terminal obeys.

    Raises UsageError for anything else.
    """
    if isinstance(text, Document):
        return text
    if not isinstance(text, str):
        raise UsageError(f"the text is no string but {type(text).__name__}")
    plain, notes = cleaned(text)
    return replace(Document(plain, "text"), notes=notes)


def _runtime_options(options: Options, threads: int, gpu: str) -> RuntimeOptions:
    """Raises UsageError for an adapter that is not named as one."""
    loras = parse_all(tuple(options.loras))
    return RuntimeOptions(options.model, threads, gpu=gpu, encoder=options.encoder, loras=loras)
