"""Passages under one budget, options, compressors, threads and processes, the pages' examples."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ctxc

PAGES = Path(__file__).parents[1] / "ctxc" / "docs"
TEXTS = [
    "The weather was fine. It rained in the evening. Nobody minded that very much.",
    "The pump failed at noon. The invoice for it has the number 4711. It was paid late.",
    '{"level": "info", "user": 17, "note": "nothing happened"}',
    "",
]


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.sampled_from(TEXTS), min_size=1, max_size=8),
    st.integers(1, 120),
    st.sampled_from([None, "Which number has the invoice?"]),
)
def test_passages_share_one_exact_budget(texts: list[str], tokens: int, question: Any) -> None:
    passages = [ctxc.Passage(t, id=0, metadata={"at": i}) for i, t in enumerate(texts)]
    try:
        done = ctxc.compress(passages=passages, tokens=tokens, question=question, engine="lexical")
    except ctxc.BudgetError:
        return
    assert len(done.results) == len(texts)
    assert sum(ctxc.count_tokens(r.text) for r in done.results) == done.compressed <= tokens
    assert [p.metadata["at"] for p in done.kept] == list(done.indices) == sorted(done.indices)
    assert not any(texts) or done.kept


def test_the_question_decides_and_titles_help() -> None:
    passages: list[Any] = [
        {"text": "It has 300 kW.", "title": "Pump B", "id": 1, "page": 4},
        {"text": "It has 500 kW.", "title": "Pump A", "id": 1},
        "The weather was fine.",
    ]
    done = ctxc.compress(passages=passages, question="How strong is Pump A?", tokens=9)
    assert [p.text for p in done.kept] == ["It has 500 kW."]
    assert done.passages[0].metadata == {"page": 4}


def test_what_is_no_passage_is_one_error() -> None:
    for wrong in (7, {"body": "x"}, {"text": 7}, ctxc.Passage(None)):  # type: ignore[arg-type]
        with pytest.raises(ctxc.InputError, match="passage 0"):
            ctxc.compress(passages=[wrong], tokens=5)  # type: ignore[list-item]
    with pytest.raises(ctxc.UsageError):
        ctxc.compress("a", passages=["b"], tokens=5)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="there is no option"):
        ctxc.compress("a", speed=5)  # type: ignore[call-arg]


def test_options_as_one_value_and_keywords_win() -> None:
    options = ctxc.Options(engine="lexical", ratio=2)
    assert ctxc.compress(TEXTS[0], options=options, tokens=8).target == 8
    assert ctxc.compress(TEXTS[0], options=options).target == ctxc.count_tokens(TEXTS[0]) // 2


def test_terminal_escapes_are_taken_out() -> None:
    done = ctxc.compress("\x1b[31mred\x1b[0m", rate=1.0)
    assert done.text == "red" and done.notes == ("terminal escapes taken out",)


def test_threads_and_processes_make_the_same_texts() -> None:
    texts = [f"{TEXTS[1]} {TEXTS[0]} {i}." for i in range(40)]
    alone = [ctxc.compress(t, tokens=12, engine="lexical").text for t in texts]
    with ctxc.Compressor(tokens=12, engine="lexical", jobs=2) as compressor:
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(lambda t: compressor.compress(t).text, texts)) == alone
        outcomes = list(compressor.compress_all(texts))
    assert [o.text for o in outcomes if isinstance(o, ctxc.Compression)] == alone
    with pytest.raises(ctxc.UsageError, match="language model"):
        list(ctxc.compress_all(texts, jobs=2, engine="perplexity"))


def test_acompress_leaves_the_loop_free() -> None:
    async def both() -> list[Any]:
        calls = (ctxc.acompress(t, tokens=12, engine="lexical") for t in TEXTS[:2])
        return await asyncio.gather(*calls)

    assert [r.compressed <= 12 for r in asyncio.run(both())] == [True, True]


def test_answer_quotes_without_a_reader() -> None:
    found = ctxc.answer(TEXTS[:2], question="Which number has the invoice?", engine="lexical")
    assert found.extractive and any("4711" in p.quote for p in found.passages)
    with pytest.raises(ctxc.InputError):
        ctxc.answer(TEXTS)


def examples(page: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (PAGES / page).read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize(
    ("page", "code"), [(p, c) for p in ("library.md", "messages.md") for c in examples(p)]
)
def test_examples_of_the_pages_print_what_they_say(page: str, code: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said = [match.strip() for match in re.findall(r"# ?>(.*)", code)]
    assert done.stdout.split("\n")[:-1] == said


FRAMEWORKS = {"langchain": "langchain_core", "llama_index": "llama_index", "haystack": "haystack"}


@pytest.mark.extras
@pytest.mark.parametrize("code", examples("integrations.md"))
def test_examples_of_the_integrations(code: str) -> None:
    for word, package in FRAMEWORKS.items():
        if word in code:
            pytest.importorskip(package)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:-1] == [m.strip() for m in re.findall(r"# ?>(.*)", code)]
