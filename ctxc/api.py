"""The library: texts in, ``Compression`` out, with the values the command line prints.

Models are opened on first use and kept for the next call, until ``close``.
Calls from several threads take turns: a model computes one thing at a time,
on all cores.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence

from . import tokens as _tokens
from .batch.pipeline import Options
from .batch.pipeline import compress as _compress
from .batch.pipeline import compress_all as _compress_all
from .budget import Budget, Rate, from_options
from .document import Document
from .engines.distill_options import DistillOptions
from .llama.runtime import Runtime, RuntimeOptions
from .result import Compression, Outcome
from .store import Store, opened

DISTILLING = ("distill", "verbatim")
"""Engines that state facts line by line; ``distill`` options are theirs."""

_ALL, _HALF, _QUARTER, _FIFTH = Rate(1.0), Rate(0.5), Rate(0.25), Rate(0.2)

_lock = threading.RLock()
_runtimes: dict[RuntimeOptions, Runtime] = {}
_stores: list[Store] = []


def compress(
    text: str | Document,
    *,
    question: str | None = None,
    rate: float | None = None,
    ratio: float | None = None,
    tokens: int | None = None,
    engine: str = "auto",
    level: str = "",
    tokenizer: str = _tokens.DEFAULT,
    protect: Sequence[str] = (),
    strict: bool = False,
    markers: bool = False,
    keep: str = "",
    distill: DistillOptions | None = None,
    model: str | None = None,
    encoder: str | None = None,
    runtime: Runtime | None = None,
) -> Compression:
    """Shorten one text to a budget.

    >>> import ctxc
    >>> text = "The pump failed. It was old. The invoice is 4711. Nobody was hurt."
    >>> result = ctxc.compress(text, ratio=3, engine="truncate", level="sentence")
    >>> result.text, result.original, result.target, result.compressed
    ('The pump failed.', 19, 6, 4)

    Give at most one of ``rate`` (share kept), ``ratio`` (original over kept)
    and ``tokens``; the default is half, a quarter with a question, a fifth for
    the engines ``distill`` and ``verbatim``. ``engine="auto"`` ranks by the
    question where there is one. ``keep="relevant"`` leaves out what does not bear on the question,
    all of it where nothing does (an error with ``strict``). ``model`` is a path, a name from
    ``ctxc models`` or ``hf:owner/repo/file.gguf``; ``encoder`` a path, all-MiniLM-L6-v2 or
    multilingual-e5-small (the default is by language); ``runtime`` one of your own,
    for a number of threads or a GPU.

    Raises UsageError, InputError, BudgetError, ModelError, EngineError (all CtxcError).
    """
    budget = from_options(rate, ratio, tokens, _default(question, engine, keep))
    options = _options(
        engine, budget, tokenizer, question, level, protect, strict, markers, keep, distill
    )
    with _lock:
        return _compress(_document(text), options, runtime or _runtime(model, encoder))


def compress_all(
    texts: Iterable[str | Document],
    *,
    question: str | None = None,
    rate: float | None = None,
    ratio: float | None = None,
    tokens: int | None = None,
    engine: str = "auto",
    level: str = "",
    tokenizer: str = _tokens.DEFAULT,
    protect: Sequence[str] = (),
    strict: bool = False,
    markers: bool = False,
    keep: str = "",
    distill: DistillOptions | None = None,
    model: str | None = None,
    encoder: str | None = None,
    runtime: Runtime | None = None,
) -> Iterator[Outcome]:
    """``compress`` for many texts: one outcome each, in order, as soon as it is there.

    A text that fails alone is a ``Failure`` among the outcomes. Raises
    UsageError at once, ModelError while iterating.
    """
    budget = from_options(rate, ratio, tokens, _default(question, engine, keep))
    options = _options(
        engine, budget, tokenizer, question, level, protect, strict, markers, keep, distill
    )
    return _each(texts, options, runtime or _runtime(model, encoder))


def _each(texts: Iterable[str | Document], options: Options, runtime: Runtime) -> Iterator[Outcome]:
    for text in texts:
        with _lock:  # let go between two texts: others may have a turn
            outcome = next(_compress_all([_document(text)], options, runtime))
        yield outcome


def count_tokens(text: str, tokenizer: str = _tokens.DEFAULT) -> int:
    """Exact tokens of ``text``, offline.

    >>> count_tokens("hello world")
    2
    """
    return _tokens.get(tokenizer).count(text)


def close() -> None:
    """Free the models that were opened; the next call opens them again."""
    with _lock:
        while _runtimes:
            _, runtime = _runtimes.popitem()
            runtime.close()
        while _stores:
            _stores.pop().close()


def _runtime(model: str | None, encoder: str | None = None) -> Runtime:
    options = RuntimeOptions(model, encoder=encoder)
    if options not in _runtimes:
        _runtimes[options] = Runtime(options, _store)
    return _runtimes[options]


def _store() -> Store | None:
    """The user's store, opened where something is embedded: what was, is not embedded again."""
    if not _stores and (store := opened()) is not None:
        _stores.append(store)
    return _stores[0] if _stores else None


def _document(text: str | Document) -> Document:
    return text if isinstance(text, Document) else Document(text, "text")


def _default(question: str | None, engine: str, keep: str) -> Budget:
    if keep:
        return _ALL
    return _FIFTH if engine in DISTILLING else _QUARTER if question else _HALF


def _options(
    engine: str,
    budget: Budget,
    tokenizer: str,
    question: str | None,
    level: str,
    protect: Sequence[str],
    strict: bool,
    markers: bool,
    keep: str,
    distill: DistillOptions | None,
) -> Options:
    if distill is None and engine in DISTILLING:
        distill = DistillOptions()
    return Options(
        engine=engine,
        budget=budget,
        tokenizer=tokenizer,
        question=question,
        level=level,
        protect=tuple(protect),
        strict=strict,
        markers=markers,
        keep=keep,
        distill=distill,
    )
