"""LLMLingua 0.2.2 and ctxc side by side: same weights, same threads, one run.

    python tests/bench/bench_llmlingua.py PYTHON FOLDER [RECORDS.jsonl] [-n 3] [-t 2]

PYTHON is the interpreter of an environment with llmlingua 0.2.2, FOLDER the
default model as it loads it; ``tests/fixtures/make_llmlingua.py`` says how to
make both, and leaves the model in FOLDER. The package runs in a process that
waits while ctxc works, and the two take turns record by record, so that what
else the machine does falls on both alike. Only the ratios mean anything.
Each record's documents are scored and compressed, and a whole meeting is
scored (5,000 tokens: the package reads them at once, ctxc in windows).
Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]

BLIND = ("lexical", "information")
"""Engines timed without a question, against LLMLingua: both cut the record to a quarter."""

SERVER = """
import json, sys, time
import torch
torch.set_num_threads(int(sys.argv[2]))
from llmlingua import PromptCompressor
compressor = PromptCompressor(sys.argv[1], device_map="cpu")
print("ready", flush=True)
for line in sys.stdin:
    job = json.loads(line)
    texts, begun = job["texts"], time.perf_counter()
    if job["what"] == "losses":
        tokens = len(compressor.tokenizer(texts[0]).input_ids)
        compressor.get_ppl(texts[0], "token")
    elif job["what"] == "llmlingua":
        tokens = sum(len(compressor.tokenizer(t).input_ids) for t in texts)
        compressor.compress_prompt(texts, rate=job["rate"])
    else:
        tokens = sum(len(compressor.tokenizer(t).input_ids) for t in texts)
        compressor.compress_prompt(
            texts, question=job["question"], rate=job["rate"], rank_method="longllmlingua",
            condition_in_question="after_condition", condition_compare=True,
            context_budget="+100", reorder_context="sort",
            dynamic_context_compression_ratio=0.3,
        )
    print(json.dumps([time.perf_counter() - begun, tokens]), flush=True)
"""


class Package:
    """The published package in its own process; one job at a time."""

    def __init__(self, python: str, folder: str, threads: int) -> None:
        environment = os.environ | {
            "TIKTOKEN_CACHE_DIR": str(ROOT / "ctxc" / "data" / "tiktoken"),
            "OMP_NUM_THREADS": str(threads),
            "TRANSFORMERS_VERBOSITY": "error",
        }
        self._process = subprocess.Popen(
            [python, "-W", "ignore", "-c", SERVER, folder, str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        assert self._read() == "ready"

    def _read(self) -> str:
        assert self._process.stdout
        while line := self._process.stdout.readline():
            if line.startswith(("ready", "[")):
                return line.strip()
        raise SystemExit("the package's process ended")

    def run(self, what: str, texts: list[str], question: str = "", rate: float = 0.5) -> Any:
        job = {"what": what, "texts": texts, "question": question, "rate": rate}
        assert self._process.stdin
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        return json.loads(self._read())

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()


def seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("python")
    parser.add_argument("folder")
    parser.add_argument("records", nargs="?", default=str(ROOT / "samples" / "questions.jsonl"))
    parser.add_argument("-n", type=int, default=3)
    parser.add_argument("-t", "--threads", type=int, default=2)
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    lines = Path(options.records).read_bytes().splitlines()[: options.n]
    package = Package(options.python, options.folder, options.threads)
    try:
        times = measure(lines, package, options.threads)
    finally:
        package.close()
    show(times, options)


def measure(lines: list[bytes], package: Package, threads: int) -> dict[str, list[float]]:
    from ctxc.batch.pipeline import Options, compress
    from ctxc.budget import Rate
    from ctxc.input.records import read_records
    from ctxc.llama.runtime import Runtime, RuntimeOptions

    times: dict[str, list[float]] = {}
    with Runtime(RuntimeOptions(threads=threads, gpu="off")) as runtime:
        scorer = runtime.scorer()
        scorer.nll(scorer.model.encode("Warm " * 600))
        for line in lines:
            record = json.loads(line)
            document = next(iter(read_records(io.BytesIO(line), "bench")))
            texts = [f"{d['title']}\n{d['text']}" for d in record["documents"]]
            whole = "\n\n".join(texts)
            ids = scorer.model.encode(whole)
            took = seconds(partial(scorer.nll, ids))
            times.setdefault("ctxc: score every token", []).append(took / len(ids))
            took, count = package.run("losses", [whole])
            times.setdefault("0.2.2: score every token", []).append(took / count)
            for engine in ("llmlingua", "longllmlingua", "likelihood", "encoder", *BLIND):
                question = None if engine in BLIND else record["question"]
                choice = Options(engine=engine, budget=Rate(0.25), question=question)
                asked = replace(document, question=question)
                run = partial(compress, asked, choice, runtime)
                if f"ctxc {engine}" not in times:
                    run()  # open what it needs
                times.setdefault(f"ctxc {engine}", []).append(seconds(run))
            for what in ("llmlingua", "longllmlingua"):
                took, _ = package.run(what, texts, record["question"], 0.25)
                times.setdefault(f"0.2.2 {what}", []).append(took)
            print({k: round(v[-1], 5) for k, v in times.items()}, file=sys.stderr, flush=True)
        meeting = (ROOT / "samples" / "meeting.txt").read_text("utf-8")
        ids = scorer.model.encode(meeting)
        for _ in lines:
            took = seconds(partial(scorer.nll, ids))
            times.setdefault("ctxc: score a meeting", []).append(took / len(ids))
            took, count = package.run("losses", [meeting])
            times.setdefault("0.2.2: score a meeting", []).append(took / count)
    return times


def show(times: dict[str, list[float]], options: argparse.Namespace) -> None:
    print(f"\nMedian of {options.n} records, {options.threads} threads, rate 0.25:\n")
    print("| | seconds | compared |\n| --- | --- | --- |")
    for name, took in times.items():
        value = statistics.median(took)
        if "score" in name:
            base = statistics.median(times["0.2.2:" + name.partition(":")[2]])
            print(f"| {name} | {1 / value:.0f} tokens/s | {base / value:.1f}x |")
            continue
        blind = name.partition(" ")[2] in ("llmlingua", *BLIND)
        base = statistics.median(times["0.2.2 llmlingua" if blind else "0.2.2 longllmlingua"])
        print(f"| {name} | {value:.3f} | {base / value:.1f}x |")


if __name__ == "__main__":
    main()
