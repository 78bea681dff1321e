"""What threads, processes and adapters cost: ratios within one run.

``python tests/bench/library.py``: texts a second of ``lexical`` in one thread, two threads, two
processes; and what each adapter that is installed adds to the library, in ms a document.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import ctxc

SENTENCES = "The pump {} failed at noon. The invoice has the number 47{}. Nobody was hurt there. "
CHOSEN: dict[str, Any] = {"rate": 0.3, "engine": "lexical", "question": "Which invoice?"}
ROUNDS = 5


def texts(count: int, sentences: int) -> list[str]:
    return ["".join(SENTENCES.format(i, j) for j in range(sentences)) for i in range(count)]


def seconds(call: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """The best of some rounds."""
    call()
    best = float("inf")
    for _ in range(ROUNDS):
        begun = clock()
        call()
        best = min(best, clock() - begun)
    return best


def cpu_seconds(call: Callable[[], object]) -> float:
    """The same by this process's CPU time, which a busy machine leaves alone."""
    return seconds(call, time.process_time)


def side_by_side() -> None:
    given = texts(160, 30)
    with ctxc.Compressor(jobs=2, **CHOSEN) as pair, ctxc.Compressor(**CHOSEN) as one:
        list(pair.compress_all(given[:40]))  # the processes are there
        alone = seconds(lambda: list(one.compress_all(given)))
        with ThreadPoolExecutor(2) as pool:
            threads = seconds(lambda: list(pool.map(one.compress, given)))
        processes = seconds(lambda: list(pair.compress_all(given)))
    print(f"one thread {len(given) / alone:.0f} texts/s")
    print(f"two threads {alone / threads:.2f}x, two processes {alone / processes:.2f}x")


def adapters() -> None:
    given = texts(50, 4)
    fields = {k: v for k, v in CHOSEN.items() if k != "question"}
    question = CHOSEN["question"]
    passages = [ctxc.Passage(t, i) for i, t in enumerate(given)]
    library = cpu_seconds(lambda: ctxc.compress(passages=passages, **CHOSEN))
    for name, call in _calls(given, fields, question):
        print(f"{name}: {1000 * (cpu_seconds(call) - library) / len(given):+.3f} ms a document")


def _calls(given: list[str], fields: dict[str, Any], question: str) -> Any:
    try:
        from langchain_core.documents import Document

        from ctxc.integrations.langchain import CtxcCompressor

        documents = [Document(page_content=t) for t in given]
        chain = CtxcCompressor(**fields)
        yield "langchain", lambda: chain.compress_documents(documents, question)
    except ImportError:
        print("langchain: not installed")
    try:
        from llama_index.core.schema import NodeWithScore, TextNode

        from ctxc.integrations.llamaindex import CtxcPostprocessor

        nodes = [NodeWithScore(node=TextNode(text=t), score=1.0) for t in given]
        processor = CtxcPostprocessor(**fields)
        yield "llamaindex", lambda: processor.postprocess_nodes(nodes, query_str=question)
    except ImportError:
        print("llamaindex: not installed")
    try:
        import haystack

        from ctxc.integrations.haystack import CtxcCompressor as Component

        found = [haystack.Document(content=t) for t in given]
        part = Component(**fields)
        yield "haystack", lambda: part.run(found, question)
    except ImportError:
        print("haystack: not installed")


if __name__ == "__main__":
    side_by_side()
    adapters()
