"""``ctxc hook run``, replayed on recorded tool results: what changes, what is lost, how long.

::

    python tests/bench/bench_hook.py [PATH ...] [--number N] [--tokens N] [--min-tokens N]

A ``PATH`` is a file of records (JSON Lines, may be gzipped: ``command``, ``documents`` or
``text``, and where there are ``relevant`` passages) or a folder of outputs, one a file, as many
of each folder below it. Without one, ``tests/bench/machine`` (the half ``report``). Each result is
given to the real hook, in a process of its own, as Claude Code does; what comes back is compared
with it, and the original is asked back by its handle. One service, on a socket of its own.

Counted are: exit codes that are not 0, originals that do not come back byte for byte, answers
after more than two seconds, results changed at or below the threshold, other fields that
changed, texts over the budget. Of records with ``relevant``: evidence lines kept as whole lines.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import ctxc

HERE = Path(__file__).parent
MARK = re.compile(r"whole output: ctxc expand ([0-9a-f]{6,})\]")
LATEST = 2.0
LONGEST = 30_000  # characters: of a longer output, the agent saves all and shows the beginning


@dataclass(frozen=True, slots=True)
class Result:  # what a tool printed
    name: str
    command: str
    text: str
    evidence: tuple[str, ...] = ()


def records(path: Path) -> Iterator[Result]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            value = json.loads(line)
            text = value.get("text") or "\n".join(d["text"] for d in value["documents"])
            command = value.get("command") or value.get("action") or value.get("question", "")
            relevant = value.get("relevant", [])
            evidence = tuple(x.strip() for p in relevant for x in p.splitlines() if x.strip())
            yield Result(str(value.get("id")), command.strip(), text, evidence)


def files(folder: Path) -> Iterator[Result]:
    """One of each folder in turn."""
    groups = [
        sorted(each for each in sub.iterdir() if each.is_file())
        for sub in sorted([folder, *folder.rglob("*")])
        if sub.is_dir()
    ]
    for place in range(max(map(len, groups))):
        for group in groups:
            if place < len(group):
                raw = group[place].read_bytes()
                text = raw.decode("utf-8", "replace")
                name = f"{group[place].parent.name}/{group[place].name}"
                yield Result(name, f"show {group[place].stem.replace('_', ' ')}", text)


class Hook:
    """The hook with a service of its own."""

    def __init__(self, arguments: list[str]) -> None:
        self.folder = tempfile.mkdtemp(prefix="ctxc-")
        self.arguments = arguments
        self.env = dict(
            os.environ,
            XDG_RUNTIME_DIR=self.folder,
            CTXC_STORE=f"{self.folder}/store.sqlite",
            PYTHONPATH=str(HERE.parents[1]),
        )
        self.env.pop("CTXC_VERBOSE", None)
        self.service = subprocess.Popen(
            self._ctxc("serve", "--socket"), stderr=subprocess.PIPE, text=True, env=self.env
        )
        assert self.service.stderr is not None
        self.service.stderr.readline()

    def _ctxc(self, *arguments: str) -> list[str]:
        return [sys.executable, "-P", "-m", "ctxc", *arguments]

    def run(self, call: bytes) -> tuple[subprocess.CompletedProcess[bytes], float]:
        begun = time.perf_counter()
        ran = subprocess.run(
            self._ctxc("hook", "run", "claude-code", *self.arguments),
            input=call,
            capture_output=True,
            env=self.env,
        )
        return ran, time.perf_counter() - begun

    def expand(self, handle: str) -> bytes:
        ran = subprocess.run(self._ctxc("expand", handle), capture_output=True, env=self.env)
        return ran.stdout

    def close(self) -> None:
        self.service.terminate()
        self.service.wait()
        shutil.rmtree(self.folder)


def call_of(result: Result, saved: Path) -> bytes:
    """What Claude Code gives a hook: a long output is in a file, and its beginning here."""
    response = {"stdout": result.text, "stderr": "a warning", "interrupted": False}
    if len(result.text) > LONGEST:
        saved.write_text(result.text, encoding="utf-8", newline="")
        response |= {"stdout": result.text[:LONGEST], "persistedOutputPath": str(saved)}
    call = {
        "hook_event_name": "PostToolUse",
        "tool_name": "Bash",
        "tool_input": {"command": result.command},
        "tool_response": response,
    }
    return json.dumps(call).encode()


@dataclass(slots=True)
class Tally:
    faults: Counter[str]
    seconds: list[float]
    kept: list[float]
    changed: int = 0
    before: int = 0
    after: int = 0

    def look(self, hook: Hook, result: Result, sizes: tuple[int, int]) -> None:
        call = call_of(result, Path(hook.folder, "saved.txt"))
        ran, seconds = hook.run(call)
        tokens = ctxc.count_tokens(result.text)
        self.seconds.append(seconds)
        self.faults["exit code"] += ran.returncode != 0
        self.faults["over 2 s"] += seconds > LATEST
        if not ran.stdout:
            self.faults["long, and left alone"] += tokens > sizes[1]
            return
        self.changed += 1
        self.faults["touched below the threshold"] += tokens <= sizes[1]
        made = json.loads(ran.stdout)["hookSpecificOutput"]["updatedToolOutput"]
        expected = {"stdout": made["stdout"], "stderr": "a warning", "interrupted": False}
        self.faults["another field changed"] += made != expected
        left = ctxc.count_tokens(made["stdout"])
        self.faults["over the budget"] += left > sizes[0]
        mark = MARK.search(made["stdout"])
        whole = hook.expand(mark[1]) if mark else b""
        self.faults["original lost"] += whole != result.text.encode()
        self.before, self.after = self.before + tokens, self.after + left
        if result.evidence:
            lines = {line.strip() for line in made["stdout"].splitlines()}
            self.kept.append(sum(x in lines for x in result.evidence) / len(result.evidence))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--number", type=int, default=200)
    parser.add_argument("--tokens", type=int, default=2000)
    parser.add_argument("--min-tokens", type=int, default=3000)
    wanted = parser.parse_args()
    paths = wanted.paths or [HERE / "machine" / "report.jsonl.gz"]
    results = [r for p in paths for r in (files(p) if p.is_dir() else records(p))]
    sizes = (wanted.tokens, wanted.min_tokens)
    hook = Hook(["--tokens", str(sizes[0]), "--min-tokens", str(sizes[1])])
    tally = Tally(Counter(), [], [])
    try:
        warm = Result("warm", "make", "a line of text\n" * 4000)
        while not hook.run(call_of(warm, Path(hook.folder, "saved.txt")))[0].stdout:
            time.sleep(0.1)
        for result in results[: wanted.number]:
            if result.text.strip():
                tally.look(hook, result, sizes)
    finally:
        hook.close()
    report(tally)


def report(tally: Tally) -> None:
    times = sorted(tally.seconds)
    tokens = f"{tally.before:,} -> {tally.after:,} tokens"
    print(f"{len(times)} results, {tally.changed} changed: {tokens}")
    for name, number in tally.faults.items():
        print(f"{name:<30}{number:>6}")
    p99 = times[min(len(times) - 1, int(len(times) * 0.99))]
    print(f"seconds: p50 {statistics.median(times):.3f}, p99 {p99:.3f}, max {times[-1]:.3f}")
    if tally.kept:
        whole = sum(share == 1 for share in tally.kept)
        mean = statistics.mean(tally.kept)
        print(f"evidence lines kept: {mean:.3f} of {len(tally.kept)} records, {whole} with all")


if __name__ == "__main__":
    main()
