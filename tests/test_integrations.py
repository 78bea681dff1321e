"""Adapters against the frameworks themselves: order, ids, metadata, scores; never longer."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from typing import Any

import pytest

import ctxc

pytestmark = pytest.mark.extras

TEXTS = [
    "The weather was fine. It rained in the evening. Nobody minded that very much.",
    "The pump failed at noon. The invoice for it has the number 4711. It was paid late.",
    "The cat slept. The dog barked at the mail. A bird sang all day in the tree.",
]
QUESTION = "Which number has the invoice?"
CHOSEN: dict[str, Any] = {"tokens": 24, "engine": "lexical"}


def is_shorter(left: list[str]) -> bool:
    """Within the budget, each a part of its own text, in order, with the answer."""
    count = sum(map(ctxc.count_tokens, left))
    places = [next(i for i, t in enumerate(TEXTS) if t.startswith(x[:4]) or x in t) for x in left]
    return 0 < count <= 24 and places == sorted(places) and any("4711" in x for x in left)


def test_langchain() -> None:
    documents = pytest.importorskip("langchain_core.documents")
    from ctxc.integrations.langchain import CtxcCompressor

    given = [
        documents.Document(page_content=t, metadata={"score": i}, id=f"d{i}")
        for i, t in enumerate(TEXTS)
    ]
    compressor = CtxcCompressor(**CHOSEN)
    left = compressor.compress_documents(given, QUESTION)
    assert is_shorter([d.page_content for d in left])
    assert all(d.id == f"d{d.metadata['score']}" for d in left)
    assert [d.page_content for d in given] == TEXTS
    assert asyncio.run(compressor.acompress_documents(given, QUESTION)) == left
    asked = {"documents": given, "question": QUESTION}
    assert compressor.runnable().invoke(asked) == left
    assert asyncio.run(compressor.runnable().ainvoke(asked)) == left
    assert compressor.compress_documents([], QUESTION) == []


def test_llamaindex() -> None:
    schema = pytest.importorskip("llama_index.core.schema")
    from ctxc.integrations.llamaindex import CtxcPostprocessor

    given = [
        schema.NodeWithScore(node=schema.TextNode(text=t, id_=f"n{i}", metadata={"i": i}), score=i)
        for i, t in enumerate(TEXTS)
    ]
    given[1].node.relationships[schema.NodeRelationship.PREVIOUS] = given[
        0
    ].node.as_related_node_info()
    processor = CtxcPostprocessor(**CHOSEN)
    left = processor.postprocess_nodes(given, query_str=QUESTION)
    assert is_shorter([n.node.text for n in left])
    for each in left:
        assert (
            each.node.node_id == f"n{each.node.metadata['i']}"
            and each.score == each.node.metadata["i"]
        )
        assert each.node.relationships == given[each.node.metadata["i"]].node.relationships
    assert [n.node.text for n in given] == TEXTS
    again = asyncio.run(processor.apostprocess_nodes(given, query_str=QUESTION))
    assert [n.node.text for n in again] == [n.node.text for n in left]


def test_haystack_runs_and_comes_back_from_yaml() -> None:
    haystack = pytest.importorskip("haystack")
    from ctxc.integrations.haystack import CtxcCompressor

    pipeline = haystack.Pipeline()
    pipeline.add_component("ctxc", CtxcCompressor(**CHOSEN))
    given = [
        haystack.Document(content=t, id=f"h{i}", meta={"i": i}, score=float(i))
        for i, t in enumerate(TEXTS)
    ]
    asked = {"ctxc": {"documents": given, "query": QUESTION}}
    left = pipeline.run(asked)["ctxc"]["documents"]
    assert is_shorter([d.content for d in left])
    assert all(d.id == f"h{d.meta['i']}" and d.score == d.meta["i"] for d in left)
    again = haystack.Pipeline.loads(
        pipeline.dumps(), allowed_modules=["ctxc.integrations.haystack"]
    )
    assert again.run(asked)["ctxc"]["documents"] == left


def test_litellm_shortens_results_and_fails_open() -> None:
    pytest.importorskip("litellm")
    from ctxc.integrations.litellm import CtxcCompressor

    log = "\n".join(f"2026-01-01 00:00:{i:02} INFO queue polled by worker {i}" for i in range(40))
    messages = [
        {"role": "user", "content": "Look."},
        {"role": "tool", "tool_call_id": "a", "content": log},
    ]
    hook = CtxcCompressor(rate=0.3)
    data = {"model": "m", "messages": messages}
    left = asyncio.run(hook.async_pre_call_hook(None, None, data, "completion"))
    assert left["messages"][0] is messages[0]
    assert ctxc.count_tokens(left["messages"][1]["content"]) <= 0.3 * ctxc.count_tokens(log)
    assert messages[1]["content"] == log
    for wrong in ({"messages": [7]}, {"messages": "x"}, {}):
        assert asyncio.run(hook.async_pre_call_hook(None, None, wrong, "completion")) == wrong
    late = CtxcCompressor(rate=0.3, timeout=0.0)
    assert asyncio.run(late.async_pre_call_hook(None, None, data, "completion")) == data


def test_importing_ctxc_loads_no_framework() -> None:
    code = (
        "import ctxc, sys, json; ctxc.compress('a. b.', rate=1.0);"
        "print(json.dumps([m for m in ('langchain_core','llama_index','haystack','litellm','ray',"
        "'ctxc.integrations') if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
