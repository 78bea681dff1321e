"""Counting against a bare loop over the same files, and what the ledger costs a run.

    python tests/bench/bench_stats.py [MEGABYTES] [ROUNDS] [FOLDER]

Makes a folder of texts of many sizes (or takes FOLDER as it is), counts it in
turns (0 MEGABYTES: not at all) with ``ctxc stats``' own code and with a bare multi-threaded
``encode_ordinary`` loop, and prints the best of each and their ratio. Then it
times opening the store, adding a run and closing it.
"""

from __future__ import annotations

import os
import random
import resource
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ctxc import tokens
from ctxc.input import sources
from ctxc.input.loaders import load
from ctxc.stats.count import Count, count_all
from ctxc.store import Run, Store


def make(folder: Path, megabytes: int, seed: int = 7) -> None:
    """Text from this project's own files, shuffled by the line: 1 kB to 8 MB a file."""
    root = Path(__file__).resolve().parents[2]
    texts = [path.read_text("utf-8") for path in sorted(root.rglob("*.py"))]
    texts += [path.read_text("utf-8") for path in sorted(root.rglob("*.md"))]
    lines = [line for text in texts for line in text.splitlines(keepends=True)]
    chance = random.Random(seed)
    left, number = megabytes * 1_000_000, 0
    while left > 0:
        size = min(left, int(10 ** chance.uniform(3, 6.9)))
        place = folder / f"{number % 20:02d}" / f"{number:05d}.md"
        place.parent.mkdir(exist_ok=True)
        written = 0
        with place.open("w", encoding="utf-8") as file:
            while written < size:
                written += file.write("".join(chance.choices(lines, k=200)))
        left -= written
        number += 1


def bare(paths: list[Path], threads: int) -> int:
    """The loop to beat: read, encode, count."""
    encoding = tokens._encoding("o200k_base")

    def one(path: Path) -> int:
        return len(encoding.encode_ordinary(path.read_text("utf-8")))

    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(one, paths))


def ours(folder: Path, threads: int) -> int:
    tokenizer = tokens.get("o200k_base")
    counted = count_all(sources.find([folder]), [tokenizer], load, threads=threads)
    return sum(each.tokens["o200k_base"] for each in counted if isinstance(each, Count))


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def count(folder: Path, rounds: int) -> None:
    threads = os.cpu_count() or 1
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    size = sum(path.stat().st_size for path in paths) / 1e6
    tokens.get("o200k_base")
    print(f"{size:.0f} MB in {len(paths)} files, {threads} threads")
    before = peak()
    times: dict[str, list[float]] = {"ctxc": [], "bare": []}
    totals = set()
    for turn in range(rounds):
        for name in ("ctxc", "bare") if turn % 2 == 0 else ("bare", "ctxc"):
            start = time.perf_counter()
            totals.add(ours(folder, threads) if name == "ctxc" else bare(paths, threads))
            times[name].append(time.perf_counter() - start)
            if turn == 0 and name == "ctxc":
                print(f"memory: {before:.0f} MiB before, {peak():.0f} MiB at most while counting")
    assert len(totals) == 1, f"the counts differ: {totals}"
    for name, taken in times.items():
        shown = ", ".join(f"{each:.2f}" for each in taken)
        print(f"{name}: {shown} s; best {size / min(taken):.2f} MB/s")
    ratio = min(times["bare"]) / min(times["ctxc"])
    pairs = [b / c for b, c in zip(times["bare"], times["ctxc"], strict=True)]
    print(f"speed of ctxc over bare: {ratio:.3f} (best of each), per round ", end="")
    print(", ".join(f"{each:.3f}" for each in pairs))


def ledger() -> None:
    run = Run(time.time(), "lingua", "x", None, "o200k_base", 1000, 100, 0.1, 1, "/notes")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.sqlite"
        Store.open(path).close()
        adding, whole = [], []
        busy = time.process_time()
        for _ in range(200):
            start = time.perf_counter()
            store = Store.open(path)
            ready = time.perf_counter()
            store.add_run(run)
            adding.append(time.perf_counter() - ready)
            store.close()
            whole.append(time.perf_counter() - start)
        busy = (time.process_time() - busy) / 200
    for name, taken in (("add_run", adding), ("open, add_run, close", whole)):
        ordered = sorted(1000 * each for each in taken)
        middle = statistics.median(ordered)
        print(f"ledger, {name}: median {middle:.2f} ms, 95 % under {ordered[190]:.2f} ms")
    print(f"ledger, open, add_run, close: {1000 * busy:.2f} ms of processor time")


def main() -> None:
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    if len(sys.argv) > 3:
        count(Path(sys.argv[3]), rounds)
    elif megabytes:
        with tempfile.TemporaryDirectory() as folder:
            make(Path(folder), megabytes)
            count(Path(folder), rounds)
    ledger()


if __name__ == "__main__":
    main()
