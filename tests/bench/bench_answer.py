"""Right answers from the whole context and through stage one, and what routing would cost.

::

    python tests/bench/bench_answer.py nq10.jsonl --reader qwen2.5-0.5b.gguf --half second
    python tests/bench/bench_answer.py nq10.jsonl --limit 20 --json > rows.jsonl
    python tests/bench/bench_answer.py rows.jsonl --show

Each question is answered twice by the same reader: from all its documents and
from a selection at ``--ratio``. An answer is right where a normalised gold
answer stands in the normalised reply (best-subspan exact match, the measure of
"Lost in the Middle"). The gold document's position is what the record calls
``gold``, else the first document that holds an answer. The routing curve asks
a second reader (``--second``; without one the whole context stands for it)
where confidence is under a threshold. Seconds include selection.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ctxc import tokens
from ctxc.answer.context import Context, whole
from ctxc.answer.corpus import Corpus
from ctxc.answer.escalation import Ladder, Selecting
from ctxc.answer.judge import judge
from ctxc.answer.readers import Reader, Readers, ReaderSettings
from ctxc.budget import Rate
from ctxc.document import Document
from ctxc.evaluate import answered, bootstrap
from ctxc.input.records import read_record
from ctxc.llama.runtime import Runtime, RuntimeOptions


@dataclass(frozen=True)
class Read:
    """One question by one reader from one context."""

    id: object
    arm: str  # full, stage one, second
    gold: int
    right: bool
    confidence: float
    abstained: bool
    context_tokens: int
    prompt_tokens: int
    seconds: float
    select_seconds: float
    reply: str


def main() -> None:
    options = _options()
    if options.show:
        rows = options.records.read_text("utf-8").splitlines()
        reads = [Read(**json.loads(row)) for row in rows]
        print(table(reads))
        print(curve(reads))
        return
    lines = [x for x in options.records.read_bytes().splitlines() if x.strip()]
    middle = len(lines) // 2
    halves = {"first": lines[:middle], "second": lines[middle:], "all": lines}
    chosen = halves[options.half][: options.limit]
    settings = ReaderSettings(max_tokens=options.max_tokens, threads=options.threads)
    models = RuntimeOptions(options.model, options.threads)
    reads = []
    with Runtime(models) as runtime, Readers(settings, runtime) as readers:
        for number, line in enumerate(chosen, 1):
            for read in _question(line, options, readers, runtime):
                reads.append(read)
                if options.json:
                    print(json.dumps(asdict(read), ensure_ascii=False), flush=True)
            print(f"\r{number}/{len(chosen)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    if not options.json:
        print(table(reads))
        print(curve(reads))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("records", type=Path)
    parser.add_argument("--reader", default="")
    parser.add_argument("--second", help="a stronger reader, for the routing curve")
    parser.add_argument("--model", help="stage one's language model, where its engine has one")
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--ratio", type=float, default=4.0)
    parser.add_argument("--half", choices=("first", "second", "all"), default="second")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--max-tokens", type=int, default=48)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--show", action="store_true", help="the tables of a run with --json")
    return parser.parse_args()


def _question(
    line: bytes, options: argparse.Namespace, readers: Readers, runtime: Runtime
) -> list[Read]:
    raw = json.loads(line)
    document = read_record(line, str(options.records))
    assert isinstance(document, Document), document
    corpus = Corpus.of([document])
    question = str(document.question)
    # "auto" is a word of --compress and an engine's name: here it is the engine.
    engine = "lingua" if options.engine == "auto" else options.engine
    selecting = Selecting(engine, Rate(1 / options.ratio))
    ladder = Ladder(corpus, selecting, question, question, runtime)
    original = sum(map(tokens.get().count, document.originals))
    small = ladder.context("compressed", original)
    full = whole(corpus, ladder.options)
    reader = readers.get(options.reader)
    arms = [("full", reader, full), ("stage one", reader, small)]
    if options.second:
        arms.append(("second", readers.get(options.second), small))
    return [_read(raw, ladder, *arm) for arm in arms]


def _read(raw: dict[str, Any], ladder: Ladder, arm: str, reader: Reader, context: Context) -> Read:
    begun = time.perf_counter()
    reply = reader.answer(ladder.ask(context, reader))
    seconds = time.perf_counter() - begun
    judged = judge(reply, ladder.question, context, ladder.corpus)
    return Read(
        id=raw.get("id"),
        arm=arm,
        gold=_gold(raw),
        right=answered(reply.text, raw["answers"]),
        confidence=judged.confidence,
        abstained=judged.abstained,
        context_tokens=context.tokens,
        prompt_tokens=reply.prompt_tokens,
        seconds=seconds + context.seconds,
        select_seconds=context.seconds,
        reply=reply.text,
    )


def _gold(raw: dict[str, Any]) -> int:
    """Which document holds the answer, from 0; -1 where none does word for word."""
    for name in ("gold", "gold_index", "gold_position"):
        if isinstance(raw.get(name), int):
            return int(raw[name])
    for index, document in enumerate(raw["documents"]):
        if answered(document["text"], raw["answers"]):
            return index
    return -1


def table(reads: Sequence[Read]) -> str:
    """Arms against each other, and by thirds of the gold document's position."""
    lines = ["arm        questions  right   95 % interval    prompt  seconds  abstained"]
    arms = list(dict.fromkeys(r.arm for r in reads))
    for arm in arms:
        mine = [r for r in reads if r.arm == arm]
        right = [float(r.right) for r in mine]
        low, high = bootstrap(right)
        lines.append(
            f"{arm:<10} {len(mine):>9}  {_mean(right):.3f}  {low:.3f} to {high:.3f} "
            f"{_mean([r.prompt_tokens for r in mine]):>9.0f} "
            f"{_mean([r.seconds for r in mine]):>8.2f} {sum(r.abstained for r in mine):>10}"
        )
    lines += ["", "gold document       " + "".join(f"{arm:>12}" for arm in arms) + "   questions"]
    last = max(r.gold for r in reads)
    third = max(1, -(-(last + 1) // 3))
    for start in range(0, last + 1, third):
        places = range(start, start + third)
        cells = [[float(r.right) for r in reads if r.arm == a and r.gold in places] for a in arms]
        shown = "".join(f"{_mean(c):>12.3f}" if c else f"{'-':>12}" for c in cells)
        end = min(start + third, last + 1)
        lines.append(f"{start + 1:>3} to {end:<3}          {shown}{len(cells[0]):>12}")
    return "\n".join(lines) + "\n"


def curve(reads: Sequence[Read]) -> str:
    """Accuracy and cost where replies under a threshold of confidence go on to the second arm."""
    first = {r.id: r for r in reads if r.arm == "stage one"}
    named = "second" if any(r.arm == "second" for r in reads) else "full"
    onto = {r.id: r for r in reads if r.arm == named}
    lines = [f"threshold  stays  right   prompt tokens   (below it: {named})"]
    for threshold in (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.01):
        stays = [i for i, r in first.items() if not r.abstained and r.confidence >= threshold]
        gone = [i for i in first if i not in set(stays)]
        right = sum(first[i].right for i in stays) + sum(onto[i].right for i in gone)
        tokens = sum(r.prompt_tokens for r in first.values()) + sum(
            onto[i].prompt_tokens for i in gone
        )
        share = len(stays) / len(first)
        right_share, mean = right / len(first), tokens / len(first)
        lines.append(f"{threshold:>9.2f} {share:>6.2f}  {right_share:.3f} {mean:>15.0f}")
    return "\n".join(lines) + "\n"


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


if __name__ == "__main__":
    main()
