"""What ``distill`` keeps and what it invents: the evaluation table of the README.

::

    python tests/bench/bench_distill.py DATA [--model MODEL] [--engine distill|verbatim]
                                        [--limit N] [--half tune|report|all] [--only nq|qmsum]

``DATA`` holds ``nq10_dev.jsonl`` (questions over ten passages: id, question,
answers, documents) and ``qmsum_dev.jsonl`` (meetings: id, text, summary,
queries with answers). With a question at 4x: the share of questions whose
answer is still there. Without one at 8x: the share of the numbers and names of
the reference summaries and answers, and of their content words, that are still
there, beside ``lingua``'s engines at the same budget (``auto`` is ``lexical`` there). In both: what
the output states that its source does not, by a checker that shares no code
with the product (tests/invented.py). Options were chosen on every other
document (``--half tune``); ``report`` is the other half.
"""

from __future__ import annotations

import argparse
import json
import re
import string
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from invented import invented

from ctxc.batch.pipeline import Options, compress
from ctxc.budget import Rate
from ctxc.document import Document
from ctxc.engines.distill_options import DistillOptions
from ctxc.input.records import read_record
from ctxc.llama.runtime import Runtime, RuntimeOptions
from ctxc.result import Compression, Failure
from ctxc.text.facts import facts
from ctxc.text.salience import STOP, stem

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


@dataclass
class Row:
    """One line of the table."""

    name: str
    documents: int = 0
    kept: float = 0.0
    words: float = 0.0
    original: int = 0
    left: int = 0
    seconds: float = 0.0
    invented: Counter[str] = field(default_factory=Counter)
    lines: Counter[str] = field(default_factory=Counter)

    def add(self, result: Compression, source: str, kept: float, words: float = 0.0) -> None:
        self.documents += 1
        self.kept += kept
        self.words += words
        self.original += result.original
        self.left += result.compressed
        self.seconds += result.seconds
        self.invented.update(invented(result.text, source))
        self.lines.update(result.extra.get("lines_by", {}))

    def show(self) -> str:
        n = max(self.documents, 1)
        by = "/".join(str(self.lines[how]) for how in ("model", "repaired", "verbatim"))
        return (
            f"| {self.name} | {self.documents} | {self.original / max(self.left, 1):.1f}x "
            f"| {self.kept / n:.3f} | {self.words / n:.3f} | {sum(self.invented.values())} "
            f"| {by} | {self.seconds / n:.1f} |"
        )


def halves(rows: list[Any], half: str) -> list[Any]:
    """Every other one."""
    return {"tune": rows[::2], "report": rows[1::2], "all": rows}[half]


def normal(text: str) -> str:
    """As SQuAD compares answers: lower case, no punctuation, no articles."""
    text = "".join(" " if c in string.punctuation else c for c in text.lower())
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def with_questions(
    path: Path, engine: str, runtime: Runtime, wanted: argparse.Namespace
) -> Iterator[Row]:
    lines = [x for x in path.read_bytes().splitlines() if x.strip()]
    for ratio in (4, 8):
        row = Row(f"nq10, question, {ratio}x, {engine}")
        for line in halves(lines, wanted.half)[: wanted.limit]:
            document, record = read_record(line, path.name), json.loads(line)
            if isinstance(document, Failure):
                raise SystemExit(document.message)
            if not any(normal(a) in normal(document.text) for a in record["answers"]):
                continue
            options = Options(engine=engine, budget=Rate(1 / ratio), distill=DistillOptions())
            result = compress(document, options, runtime)
            kept = any(normal(a) in normal(result.text) for a in record["answers"])
            row.add(result, document.text, float(kept))
        yield row


def blind(path: Path, engine: str, runtime: Runtime, wanted: argparse.Namespace) -> Iterator[Row]:
    rows = [json.loads(x) for x in path.read_text("utf-8").splitlines() if x.strip()]
    for name in (engine, "lexical", "information", "perplexity"):
        row = Row(f"qmsum, blind, 8x, {name}")
        for record in halves(rows, wanted.half)[: wanted.limit]:
            document = Document(record["text"], str(record["id"]))
            extra = DistillOptions() if name == engine else None
            result = compress(
                document, Options(engine=name, budget=Rate(1 / 8), distill=extra), runtime
            )
            row.add(result, record["text"], *_shares(record, result.text))
        yield row


def _shares(record: dict[str, Any], text: str) -> tuple[float, float]:
    """Of the reference's names and numbers, and of its content words, that the meeting has."""
    reference = "\n".join([record["summary"], *(q["answer"] for q in record["queries"])])
    stated = _stated(reference) & (_stated(record["text"]) | _said(record["text"]))
    words = {w for w in _words(reference) - STOP if w in _words(record["text"])}
    held = _stated(text) | _said(text)
    return len(stated & held) / max(len(stated), 1), len(words & _words(text)) / max(len(words), 1)


def _stated(text: str) -> set[tuple[str, str]]:
    found = facts(text)
    names = {("word", stem(w.lower())) for f in found.names for w in f.value.split()}
    return names | {("number", f.value) for f in found.numbers}


def _said(text: str) -> set[tuple[str, str]]:
    return {("word", w) for w in _words(text)}


def _words(text: str) -> set[str]:
    return {stem(w.lower()) for w in _WORD.findall(text)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--model")
    parser.add_argument("--engine", default="distill", choices=["distill", "verbatim"])
    parser.add_argument("--limit", type=int)
    parser.add_argument("--half", default="report", choices=["tune", "report", "all"])
    parser.add_argument("--only", choices=["nq", "qmsum"])
    parser.add_argument("--threads", type=int, default=0)
    wanted = parser.parse_args()
    print("| data | documents | ratio | kept | words | invented | model/repaired/verbatim | s |")
    print("|---|---|---|---|---|---|---|---|")
    begun = time.perf_counter()
    with Runtime(RuntimeOptions(wanted.model, wanted.threads)) as runtime:
        runs = []
        if wanted.only != "qmsum":
            path = wanted.data / "nq10_dev.jsonl"
            runs.append(with_questions(path, wanted.engine, runtime, wanted))
        if wanted.only != "nq":
            runs.append(blind(wanted.data / "qmsum_dev.jsonl", wanted.engine, runtime, wanted))
        for rows in runs:
            for row in rows:
                print(row.show(), flush=True)
                for what, count in row.invented.most_common(20):
                    print(f"invented: {what!r} ({count})", file=sys.stderr)
    print(f"{time.perf_counter() - begun:.0f} s in all", file=sys.stderr)


if __name__ == "__main__":
    main()
