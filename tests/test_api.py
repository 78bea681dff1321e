"""The library: documented examples, values, errors, threads."""

from __future__ import annotations

import doctest
import importlib
import typing
from concurrent.futures import ThreadPoolExecutor

import pytest

import ctxc
from ctxc import api

TEXT = "The pump failed. It was old. The invoice is 4711. Nobody was hurt. It rained. " * 5


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".api",
        ".api.compressor",
        ".messages.facts",
        ".input.ahead",
        ".batch.total_budget",
        ".cli.sizes",
        ".budget",
        ".console",
    ],
)
def test_examples(name: str) -> None:
    found = doctest.testmod(importlib.import_module(f"ctxc{name}"))
    assert found.failed == 0 and found.attempted > 0


def test_every_public_name_is_there_and_documented() -> None:
    for name in ctxc.__all__:
        assert getattr(ctxc, name) is not None
    assert set(ctxc.__all__) <= set(dir(ctxc))
    for name in ("compress", "compress_all", "close", "count_tokens"):
        assert getattr(ctxc, name).__doc__
        assert "return" in typing.get_type_hints(getattr(ctxc, name))
    with pytest.raises(AttributeError):
        _ = ctxc.nothing  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("budget", "target"),
    [({"rate": 0.25}, 25), ({"ratio": 4}, 25), ({"tokens": 7}, 7), ({}, 50)],
)
def test_budgets(budget: dict[str, float], target: int) -> None:
    result = ctxc.compress("one two " * 50, engine="truncate", **budget)
    assert result.original == 101
    assert result.target == target and result.compressed <= target


def test_a_question_keeps_a_quarter() -> None:
    result = ctxc.compress(TEXT, question="Which invoice?", engine="truncate")
    assert result.target == result.original // 4
    assert result.question == "Which invoice?"


def test_the_encoder_finds_the_answer() -> None:
    filler = "The weather in the mountains was fine again on that day. " * 30
    result = ctxc.compress(
        f"{filler}The invoice number is 4711. {filler}", question="Which invoice number?", ratio=8
    )
    assert "4711" in result.text and result.engine == "encoder"
    ctxc.close()
    assert not api._runtimes


def test_distilling_is_an_engine() -> None:
    result = ctxc.compress(
        TEXT, engine="verbatim", ratio=3, distill=ctxc.DistillOptions(min_tokens=1, style="quotes")
    )
    assert result.engine == "verbatim" and result.compressed <= result.target
    assert ctxc.compress("short text", engine="verbatim").engine == "none"


def test_many_texts_in_order_and_a_failure_among_them() -> None:
    texts: list[str | ctxc.Document] = [TEXT, ctxc.Document(TEXT, "b", question="Who?"), ""]
    found = list(ctxc.compress_all(texts, engine="encoder", ratio=4))
    assert [type(each) for each in found] == [ctxc.Failure, ctxc.Compression, ctxc.Compression]
    assert isinstance(found[0], ctxc.Failure) and found[0].kind == "question"


def test_what_cannot_be_is_an_error_with_a_hint() -> None:
    for wrong in ({"rate": 0.5, "ratio": 2}, {"ratio": 0.5}, {"engine": "magic"}, {"level": "x"}):
        with pytest.raises(ctxc.UsageError) as raised:
            ctxc.compress(TEXT, **wrong)  # type: ignore[arg-type]
        assert raised.value.hint
        with pytest.raises(ctxc.CtxcError):
            ctxc.compress_all([TEXT], **wrong)  # type: ignore[arg-type]
    with pytest.raises(ctxc.ModelError):
        ctxc.compress(TEXT, model="/no/such.gguf", engine="perplexity", ratio=2)


def test_threads_take_turns() -> None:
    question = "Which invoice?"
    alone = ctxc.compress(TEXT, question=question).text
    with ThreadPoolExecutor(4) as pool:
        texts = list(pool.map(lambda _: ctxc.compress(TEXT, question=question).text, range(8)))
    assert set(texts) == {alone}
    ctxc.close()


def test_a_runtime_of_ones_own_is_used_and_left_open() -> None:
    with ctxc.Runtime(ctxc.RuntimeOptions(threads=1)) as runtime:
        first = ctxc.compress(TEXT, question="Which invoice?", runtime=runtime)
        second = ctxc.compress(TEXT, question="Which invoice?", runtime=runtime)
    assert first.text == second.text
    assert not api._runtimes
