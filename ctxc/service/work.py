"""What a worker does for each request, in a process of its own (``confined.child``).

Texts come in, bytes to send come out. Nothing that a request says is taken for a path.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any, NoReturn

from .. import tokens
from ..answer import Corpus, Plan, Routing, Selecting
from ..answer import answer as _answer
from ..answer.escalation import BUDGET
from ..answer.extract import EXTRACT
from ..answer.format import as_json as answer_json
from ..answer.readers import Readers, ReaderSettings
from ..batch.pipeline import Options
from ..batch.pipeline import compress as _compress
from ..budget import Budget, Rate, from_options
from ..capture.lines import lines_in, lines_matching, pattern_of, range_of
from ..document import Document
from ..engines import registry
from ..engines.distill_options import DistillOptions
from ..errors import InputError, StoreError, UsageError
from ..llama.runtime import Runtime, RuntimeOptions
from ..output.report import as_json
from ..store import Run, Store, default_path
from ..store.originals import Originals
from .values import Reply, Setup

LARGEST_ANSWER = 1 << 26
"""Bytes of an original that are sent at once."""
_DISTILLING = ("distill", "verbatim")


class _NeedsModel(Exception):
    pass


class _NoModels(Runtime):
    """For a worker that opens no model: asking for one is a signal."""

    def _seats(self, lm: bool = False) -> NoReturn:
        raise _NeedsModel

    _worker = _seats


def warm(setup: Setup) -> None:
    """Load what the first request would wait for."""
    text = "The pump failed. It was old. Nobody was hurt.\n" * 9
    compress(setup, {"text": text, "tokens": 20, "question": "What failed?"})


def compress(setup: Setup, request: Mapping[str, Any]) -> Reply | None:
    """None where a model is needed and this worker opens none."""
    question, engine = request.get("question"), request.get("engine", "auto")
    if not setup.models and registry.opens(engine):
        return None
    options = Options(
        engine=engine,
        budget=_budget(request, _default(engine, question)),
        tokenizer=request.get("tokenizer", tokens.DEFAULT),
        question=question,
        level=request.get("level", ""),
        protect=tuple(request.get("protect", ())),
        strict=request.get("strict", False),
        markers=request.get("markers", False),
        distill=DistillOptions() if engine in _DISTILLING else None,
        kind=request.get("kind", ""),
        outline=request.get("outline", False),
    )
    document = Document(request["text"], "text")
    keep = _Keep(document.text, setup.store and request.get("keep", False))
    try:
        result = _compress(document, options, _runtime(setup), keep=keep)
    except _NeedsModel:
        return None
    value = as_json(result)
    del value["source"]
    if request.get("keep"):
        value["handle"] = keep() or None
    return Reply(encoded(value), result.original, result.compressed)


def answer(setup: Setup, request: Mapping[str, Any]) -> Reply:
    """From the texts of a request, by the reader the service was started with, or by none."""
    reads = bool(setup.reader or setup.model)
    plan = Plan(
        selecting=Selecting(
            budget=_budget(request, BUDGET if reads else EXTRACT),
            tokenizer=request.get("tokenizer", tokens.DEFAULT),
        ),
        routing=Routing(reader=setup.reader),
    )
    texts = request["texts"]
    named = [Document(text, f"text {n}") for n, text in enumerate(texts, 1)]
    runtime = _runtime(setup)
    readers = _readers(setup)
    result = _answer(request["question"], Corpus.of(named), plan, readers, runtime)
    return Reply(encoded(answer_json(result)), result.original_tokens)


def count(setup: Setup, request: Mapping[str, Any]) -> Reply:
    text, tokenizer = request["text"], tokens.get(request.get("tokenizer", tokens.DEFAULT))
    number = tokenizer.count(text)
    value = {"tokens": number, "tokenizer": tokenizer.name, "characters": len(text)}
    return Reply(encoded(value), number)


def expand(setup: Setup, request: Mapping[str, Any]) -> Reply:
    """Raises StoreError for what is not kept, InputError for no line and for too much at once."""
    handle, lines, grep = (request.get(name) for name in ("handle", "lines", "grep"))
    if lines is not None and grep is not None:
        raise UsageError("lines and grep contradict each other", hint="give one of them")
    wanted = range_of(lines or "1-")
    pattern = pattern_of(grep) if grep is not None else None
    if not setup.store or not default_path().exists():
        raise StoreError(f"there is no original {handle}: nothing was kept yet")
    with Store.open() as store, Originals(store).get(str(handle)) as file:
        if lines is None and pattern is None:
            return Reply(_bounded(file.read(LARGEST_ANSWER + 1)))
        numbered = lines_in(file, wanted) if pattern is None else lines_matching(file, pattern)
        taken, size = [], 0
        for _, line in numbered:
            taken.append(line)
            size += len(line)
            if size > LARGEST_ANSWER:
                break
    if not taken:
        raise InputError("no line matches", kind="nothing")
    return Reply(_bounded(b"".join(taken)))


def enter(command: str, setup: Setup, result: Any, begun: float) -> None:
    """A line in the ledger: figures, and nothing of the text."""
    if not setup.store:
        return
    with suppress(StoreError), Store.open() as store:
        store.add_run(
            Run(
                time=time.time(),
                command=command,
                engine=result.engine,
                model=result.model,
                tokenizer=result.tokenizer,
                original=result.original,
                compressed=result.compressed,
                seconds=time.perf_counter() - begun,
                files=1,
                folder="",
                question=result.question,
            )
        )


class _Keep:
    """Keeps a text when it is called, once; returns its handle, "" where it is not kept."""

    def __init__(self, text: str, wanted: bool) -> None:
        self._text, self._wanted, self._handle = text, wanted, ""

    def __call__(self) -> str:
        if self._wanted and not self._handle:
            with Store.open() as store:
                self._handle = Originals(store).put_bytes(_utf8(self._text))
        return self._handle


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise InputError("the text has half a surrogate pair: it has no bytes to keep") from None


def _bounded(data: bytes) -> bytes:
    if len(data) > LARGEST_ANSWER:
        raise InputError(
            f"that is more than {LARGEST_ANSWER >> 20} MB at once",
            hint="ask for some lines, or ctxc expand HANDLE",
            kind="size",
        )
    return data


def _default(engine: str, question: str | None) -> Budget:
    return Rate(0.2) if engine in _DISTILLING else Rate(0.25) if question else Rate(0.5)


def _budget(request: Mapping[str, Any], default: Budget) -> Budget:
    rate, ratio, number = (request.get(name) for name in ("rate", "ratio", "tokens"))
    return from_options(rate, ratio, number, default)


def encoded(value: Mapping[str, Any]) -> bytes:
    # An unpaired surrogate has no UTF-8, but JSON has an escape for it.
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        return json.dumps(value, allow_nan=False).encode()


@lru_cache(maxsize=1)
def _runtime(setup: Setup) -> Runtime:
    options = RuntimeOptions(setup.model, setup.threads, setup.gpu_layers)
    return Runtime(options) if setup.models else _NoModels(RuntimeOptions(gpu_layers="0"))


@lru_cache(maxsize=1)
def _readers(setup: Setup) -> Readers:
    settings = ReaderSettings(threads=setup.threads, gpu_layers=setup.gpu_layers)
    return Readers(settings, _runtime(setup))
