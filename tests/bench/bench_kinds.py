"""Machine text: how much of what an engineer asks for is still there as whole lines.

::

    python tests/bench/bench_kinds.py [FILE ...] [--half tune|report|all] [--engine NAME ...]
        [--ratio N ... | --tokens N ...] [--peers PYTHON] [--skip-plain] [--by-kind] [--json OUT]

``FILE`` holds records (JSON Lines, may be gzipped): ``question``, ``relevant`` (passages; each of
their lines counts), ``documents`` or ``text``, or ``file`` (the text, beside the records), and
where there are ``failing`` (names of failing tests). Without one, ``tests/bench/machine``:
``--half tune`` is what options are chosen on, ``report`` what is reported. Of a ``FILE``
the first and the second half of its records.

The columns: the share of evidence lines kept as whole lines, mean over the records; the share
of failing names kept; records with all of both; the ratio that came out; CPU seconds a record
(of peers: wall seconds). Beside the engines: the beginning of the text, its end, and a grep for
error words with two lines of context, all cut to the budget at whole lines; and with ``--peers
PYTHON`` the compressors of others that are installed there (tests/bench/peers.py), or a note that
they are not. ``headroom`` and ``rtk`` take no budget: read their lines with what came out.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ctxc
from ctxc.errors import CtxcError

HERE = Path(__file__).parent
ERROR_WORDS = re.compile(
    r"error|fail|fatal|exception|panic|traceback|assert|warn|denied|refused|cannot|could not|abort"
    r"|undefined|not found|no such|timed? ?out|killed|critical|severe|conflict|not ok|[✕✗✘×●]",
    re.IGNORECASE,
)
CONTEXT = 2  # lines kept on either side of a line with an error word
PEERS = ("llmslim", "headroom", "headroom-log", "rtk")


@dataclass(frozen=True, slots=True)
class Case:  # a text, what is asked of it, and what answers it
    id: str
    kind: str
    question: str
    text: str
    evidence: tuple[str, ...]
    failing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """One record at one budget."""

    kind: str
    lines: float | None
    names: float | None
    rate: float
    seconds: float
    empty: bool

    @property
    def whole(self) -> bool:
        return self.lines in (None, 1.0) and self.names in (None, 1.0)


@dataclass(frozen=True, slots=True)
class Budget:
    """``ratio`` of the text's own tokens, or ``tokens`` for every text."""

    ratio: float | None = None
    tokens: int | None = None

    @property
    def name(self) -> str:
        return f"{self.ratio:g}x" if self.ratio else f"{self.tokens} tokens"

    def of(self, total: int) -> int:
        return int(total / self.ratio) if self.ratio else min(total, self.tokens or 0)


Compress = Callable[[Case, Budget, int], tuple[str, float]]
"""A case, its budget, its budget in tokens: the text that is left, and seconds."""


def read(path: Path) -> list[Case]:
    """The cases of one file of records."""
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [_case(json.loads(line), path.parent) for line in raw.splitlines() if line.strip()]


def _case(raw: dict[str, Any], folder: Path) -> Case:
    if "file" in raw:
        text = (folder / raw["file"]).read_text(encoding="utf-8", errors="replace")
    else:
        documents = raw.get("documents") or [{"text": raw["text"]}]
        text = "\n\n".join(d["text"] for d in documents)
    lines = (line.strip() for passage in raw["relevant"] for line in passage.splitlines())
    evidence = tuple(dict.fromkeys(line for line in lines if line))
    kind = raw.get("kind") or re.sub(r"^tool-|-\d+$", "", str(raw["id"]))
    return Case(
        str(raw["id"]), kind, raw["question"], text, evidence, tuple(raw.get("failing", ()))
    )


def half(cases: list[Case], name: str) -> list[Case]:
    """The first (tune) or second (report) half, as the file has them."""
    middle = len(cases) // 2
    return {"tune": cases[:middle], "report": cases[middle:], "all": cases}[name]


def score(case: Case, text: str, total: int, seconds: float) -> Score:
    """A line counts where it stands as a whole line, a part of one (JSON) where it stands."""
    left = {line.strip() for line in text.splitlines()}
    there = {line.strip() for line in case.text.splitlines()}
    kept = [line in left if line in there else line in text for line in case.evidence]
    names = [_named(name, text) for name in case.failing]
    return Score(
        case.kind,
        sum(kept) / len(kept) if kept else None,
        sum(names) / len(names) if names else None,
        ctxc.count_tokens(text) / max(total, 1),
        seconds,
        not text.strip(),
    )


def _named(name: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def engine(name: str) -> Compress:
    """An engine of ``ctxc``; a text that it refuses counts as nothing kept."""

    def compress(case: Case, budget: Budget, tokens: int) -> tuple[str, float]:
        begin = time.process_time()
        try:
            text = ctxc.compress(
                case.text,
                question=case.question,
                engine=name,
                ratio=budget.ratio,
                tokens=budget.tokens,
            ).text
        except CtxcError as error:
            print(f"{case.id}: {name}: {error}", file=sys.stderr)
            text = ""
        return text, time.process_time() - begin

    return compress


def plain(name: str) -> Compress:
    """What needs no program of its own: ``head``, ``tail``, ``grep``."""
    pick = {"head": _head, "tail": _tail, "grep": _grep}[name]

    def compress(case: Case, budget: Budget, tokens: int) -> tuple[str, float]:
        begin = time.process_time()
        return "\n".join(pick(case.text.splitlines(), tokens)), time.process_time() - begin

    return compress


def _head(lines: Sequence[str], tokens: int) -> list[str]:
    left, kept = tokens, []
    for line in lines:
        left -= ctxc.count_tokens(line + "\n")
        if left < 0:
            break
        kept.append(line)
    return kept


def _tail(lines: Sequence[str], tokens: int) -> list[str]:
    return _head(list(lines)[::-1], tokens)[::-1]


def _grep(lines: Sequence[str], tokens: int) -> list[str]:
    near: set[int] = set()
    for at, line in enumerate(lines):
        if ERROR_WORDS.search(line):
            near.update(range(max(0, at - CONTEXT), min(len(lines), at + CONTEXT + 1)))
    return _head([lines[at] for at in sorted(near)], tokens)


class Peer:
    """A compressor of others in a Python of its own; asked again at lower rates till it fits."""

    def __init__(self, name: str, python: str) -> None:
        command = [python, str(HERE / "peers.py"), name]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self.process.stdout is not None
        opened = json.loads(self.process.stdout.readline() or '{"missing": "it did not start"}')
        self.version, self.missing = opened.get("version"), opened.get("missing")

    def __call__(self, case: Case, budget: Budget, tokens: int) -> tuple[str, float]:
        total, seconds, text = ctxc.count_tokens(case.text), 0.0, ""
        for share in (1.0, 0.9, 0.75):
            rate = min(1.0, share * tokens / max(total, 1))
            again, more = self._ask(case, rate)
            if again == text:
                break
            text, seconds = again, seconds + more
            if ctxc.count_tokens(text) <= tokens:
                break
        return text, seconds

    def _ask(self, case: Case, rate: float) -> tuple[str, float]:
        assert self.process.stdin is not None and self.process.stdout is not None
        asked = {"text": case.text, "question": case.question, "rate": rate, "kind": case.kind}
        self.process.stdin.write(json.dumps(asked).encode() + b"\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        return answer["text"], answer["seconds"]

    def close(self) -> None:
        self.process.communicate(timeout=30)


def measure(
    cases: Sequence[Case], budgets: Sequence[Budget], compress: Compress
) -> list[tuple[str, Score]]:
    """A score for each case at each budget, with the budget's name."""
    scores = []
    for case in cases:
        total = ctxc.count_tokens(case.text)
        for budget in budgets:
            text, seconds = compress(case, budget, budget.of(total))
            scores.append((budget.name, score(case, text, total, seconds)))
    return scores


def row(name: str, budget: str, scores: Sequence[Score]) -> dict[str, Any]:
    return {
        "engine": name,
        "budget": budget,
        "records": len(scores),
        "lines": _mean([s.lines for s in scores if s.lines is not None]),
        "names": _mean([s.names for s in scores if s.names is not None]),
        "whole": _mean([float(s.whole) for s in scores]),
        "ratio": len(scores) / max(sum(s.rate for s in scores), 1e-9),
        "empty": sum(s.empty for s in scores),
        "seconds": _mean([s.seconds for s in scores]),
    }


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _cells(cells: dict[str, Any]) -> str:
    def number(value: float | None) -> str:
        return "–" if value is None else f"{value:.2f}"

    return (
        f"| {cells['engine']} | {cells['budget']} | {cells['records']} | {number(cells['lines'])} "
        f"| {number(cells['names'])} | {number(cells['whole'])} | {cells['ratio']:.1f}x "
        f"| {cells['empty']} | {cells['seconds']:.2f} |"
    )


HEAD = (
    "| engine | budget | records | lines | names | all | came out | empty | s |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


def _compressors(asked: argparse.Namespace) -> Iterator[tuple[str, Compress]]:
    for name in asked.engine:
        yield name, engine(name)
    for name in () if asked.skip_plain else ("head", "tail", "grep"):
        yield name, plain(name)
    for name in PEERS if asked.peers else ():
        peer = Peer(name, asked.peers)
        if peer.missing:
            print(f"{name}: not measured: {peer.missing}", file=sys.stderr)
            continue
        yield f"{name} {peer.version}", peer
        peer.close()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--half", choices=("tune", "report", "all"), default="tune")
    parser.add_argument("--engine", nargs="*", default=["auto", "lexical"])
    parser.add_argument("--ratio", nargs="*", type=float, default=[4.0, 8.0, 10.0])
    parser.add_argument("--tokens", nargs="*", type=int, default=[])
    parser.add_argument("--peers", metavar="PYTHON", help="a Python that has the peers installed")
    parser.add_argument("--skip-plain", action="store_true", help="without head, tail and grep")
    parser.add_argument("--by-kind", action="store_true", help="a table for each kind as well")
    parser.add_argument("--limit", type=int, help="the first N records")
    parser.add_argument("--json", type=Path, help="write the rows to this file as well")
    return parser.parse_args()


def _cases(asked: argparse.Namespace) -> list[Case]:
    if asked.files:
        cases = [case for path in asked.files for case in half(read(path), asked.half)]
    else:
        names = ("tune", "report") if asked.half == "all" else (asked.half,)
        cases = [case for name in names for case in read(HERE / "machine" / f"{name}.jsonl.gz")]
    return cases[: asked.limit]


def _table(
    name: str, scores: Sequence[tuple[str, Score]], kind: str = ""
) -> Iterator[dict[str, Any]]:
    chosen: dict[str, list[Score]] = defaultdict(list)
    for budget, one in scores:
        if kind in ("", one.kind):
            chosen[budget].append(one)
    for budget, some in chosen.items():
        yield row(name, budget, some) | {"kind": kind}


def main() -> None:
    asked = _arguments()
    cases = _cases(asked)
    budgets = [Budget(tokens=n) for n in asked.tokens] or [Budget(ratio=r) for r in asked.ratio]
    rows: list[dict[str, Any]] = []
    print(HEAD, flush=True)
    for name, compress in _compressors(asked):
        scores = measure(cases, budgets, compress)
        for cells in _table(name, scores):
            print(_cells(cells), flush=True)
            rows.append(cells)
        for kind in sorted({case.kind for case in cases}):
            rows.extend(_table(name, scores, kind))
    for kind in sorted({case.kind for case in cases}) if asked.by_kind else ():
        print(f"\n## {kind}\n{HEAD}")
        print("\n".join(_cells(cells) for cells in rows if cells["kind"] == kind))
    if asked.json:
        asked.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
