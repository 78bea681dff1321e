"""What each part of the ranking does on every set: support, all, answers, and their intervals.

    python tests/bench/bench_selection.py [--half first|second] [--limit N] [--ratio R]...
        [--encoder NAME|FILE]... [--parts] FILE.jsonl...

Files are records as ``ctxc eval`` reads them, with ``relevant``: supporting sentences, or whole
paragraphs, of which the share kept counts. "support" is the share of them that is kept, "all"
the share of records with every one, "answers" of those whose answer still stands in the text
(yes and no left out). With ``--parts`` each part of the fusion is switched off in turn. The
column behind a mean is half of its 95 % interval (bootstrap over records). Embeddings are kept
in the store, so that only the first variant pays for them; "s" is seconds a record.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ctxc.api import compress
from ctxc.document import Document
from ctxc.engines import fusion
from ctxc.evaluate import answered
from ctxc.input.records import read_record
from ctxc.llama.runtime import Runtime, RuntimeOptions
from ctxc.store import opened

ENGINES = ("lexical",)
PARTS = ("WORDS", "DOCUMENT", "NAMED", "EXPECTED")
SENTENCE = 600  # characters: what is longer is a paragraph, of which a share counts


@dataclass(frozen=True, slots=True)
class Record:
    document: Document
    answers: tuple[str, ...]
    relevant: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """Of one record; None where the set says nothing about it."""

    support: float | None
    every: float | None
    answer: float | None


def flat(text: str) -> str:
    return " ".join(text.split())


def records(path: Path, half: str, limit: int) -> list[Record]:
    lines = [line for line in path.read_text("utf-8").splitlines() if line.strip()]
    middle = len(lines) // 2
    lines = {"first": lines[:middle], "second": lines[middle:]}.get(half, lines)[:limit]
    out = []
    for number, line in enumerate(lines):
        raw: dict[str, Any] = json.loads(line)
        document = read_record(line.encode(), f"{path.name}:{number}")
        answers = tuple(str(a) for a in raw.get("answers") or ())
        out.append(Record(document, answers, tuple(raw.get("relevant") or ())))
    return out


def score(record: Record, text: str) -> Score:
    kept = flat(text)
    shares = [share(flat(each), kept) for each in record.relevant]
    named = record.answers and record.answers[0].lower() not in ("yes", "no")
    return Score(
        float(np.mean(shares)) if shares else None,
        float(min(shares) > 0.99) if shares else None,
        float(answered(text, list(record.answers))) if named else None,
    )


def share(wanted: str, kept: str) -> float:
    if wanted in kept or len(wanted) < SENTENCE:
        return float(wanted in kept)
    pieces = [piece for piece in wanted.split(". ") if len(piece) > 20]
    return float(np.mean([piece in kept for piece in pieces])) if pieces else 0.0


def interval(values: Sequence[float]) -> float:
    """Half of the 95 % interval of the mean."""
    random = np.random.default_rng(1)
    draws = random.choice(np.array(values), (500, len(values))).mean(axis=1)
    low, high = np.percentile(draws, (2.5, 97.5))
    return float(high - low) / 2


def compressing(engine: str, runtime: Runtime | None) -> Callable[[Record, float], str]:
    def make(record: Record, ratio: float) -> str:
        return compress(record.document, ratio=ratio, engine=engine, runtime=runtime).text

    return make


@contextmanager
def without(part: str) -> Iterator[None]:
    whole = getattr(fusion, part) if part else 0.0
    if part:
        setattr(fusion, part, 0.0)
    try:
        yield
    finally:
        if part:
            setattr(fusion, part, whole)


def cell(values: list[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{np.mean(known):5.2f} ±{interval(known):.2f}" if known else "    -     "


def row(name: str, some: list[Record], ratio: float, make: Callable[[Record, float], str]) -> str:
    begun = time.perf_counter()
    scores = [score(record, make(record, ratio)) for record in some]
    seconds = (time.perf_counter() - begun) / max(1, len(some))
    cells = [cell([getattr(s, what) for s in scores]) for what in ("support", "every", "answer")]
    return f"  {name:32} {ratio:4.0f}x  {'  '.join(cells)}  {seconds:6.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--half", default="", choices=("", "first", "second"))
    parser.add_argument("--limit", type=int, default=10**9)
    parser.add_argument("--ratio", type=float, action="append")
    parser.add_argument("--encoder", action="append")
    parser.add_argument("--parts", action="store_true")
    parser.add_argument("--threads", type=int, default=0)
    given = parser.parse_args()
    encoders = given.encoder or ["all-MiniLM-L6-v2", "multilingual-e5-small"]
    store = opened()
    for path in given.files:
        some = records(path, given.half, given.limit)
        print(f"{path.stem}, {len(some)} records: support, all, answers, s", flush=True)
        for ratio in given.ratio or (4.0, 8.0):
            print(row("lexical", some, ratio, compressing("lexical", None)), flush=True)
            for encoder in encoders:
                options = RuntimeOptions(threads=given.threads, encoder=encoder)
                with Runtime(options, lambda: store) as runtime:
                    for part in ("", *(PARTS if given.parts else ())):
                        name = f"{encoder} - {part.lower()}" if part else encoder
                        with without(part):
                            made = compressing("encoder", runtime)
                            print(row(name, some, ratio, made), flush=True)


if __name__ == "__main__":
    main()
