"""Whether the time grows with the text and no faster, whatever its lines look like.

    python tests/bench/bench_linear.py [--from 64k] [--to 512k] [--kinds a,b]
                                       [--jobs lexical-q,verbatim] [--limit SECONDS]

For every kind of text (``texts.py``) and every job: doubles the length and
prints seconds of CPU, their growth per doubling (2.0 is linear) and the peak of
resident memory. Each measurement is a process of its own, so that its peak is
its own; inside it the product's functions run as they do for ``ctxc lingua``.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parent)]

from texts import KINDS, text  # noqa: E402

QUESTION = "Which valve does the pump in hall 7 need, and when was it built?"
# job: (engine, whether a question is asked); "segments" cuts only
JOBS = {
    "segments": ("", False),
    "lexical": ("lexical", False),
    "lexical-q": ("lexical", True),
    "auto-q": ("auto", True),
    "verbatim": ("verbatim", False),
    "verbatim-q": ("verbatim", True),
}
MEDIA = {"json_lines": "application/jsonl", "csv": "text/csv", "code": "text/x-python"}


def one(kind: str, job: str, size: int) -> dict[str, float]:
    """Seconds of CPU, of the clock, and megabytes at the peak, of one text through one job."""
    from ctxc import compress, count_tokens
    from ctxc.document import Document
    from ctxc.text.segment import segments

    engine, asks = JOBS[job]
    document = Document(text(kind, size), "bench", media_type=MEDIA.get(kind, "text/plain"))
    count_tokens("the table is loaded")
    wall, cpu = time.perf_counter(), time.process_time()
    if engine:
        compress(document, engine=engine, question=QUESTION if asks else None)
    else:
        segments(document)
    return {
        "cpu": time.process_time() - cpu,
        "wall": time.perf_counter() - wall,
        "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def measured(kind: str, job: str, size: int, limit: float) -> dict[str, float] | str:
    """``one`` in a process of its own, or what stopped it."""
    command = [sys.executable, __file__, "--one", kind, job, str(size)]
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        return f"over {limit:g} s"
    if run.returncode:
        return (run.stderr.strip().splitlines() or [f"exit {run.returncode}"])[-1][:60]
    result: dict[str, float] = json.loads(run.stdout)
    return result


def sizes(first: str, last: str) -> list[int]:
    """From ``first`` by doubling to ``last``; "64k" is 64,000 characters, "4m" 4,000,000."""
    at, end = (_characters(word) for word in (first, last))
    out = [at]
    while out[-1] * 2 <= end:
        out.append(out[-1] * 2)
    return out


def _characters(word: str) -> int:
    scale = {"k": 1_000, "m": 1_000_000}.get(word[-1].lower(), 1)
    return int(word[:-1]) * scale if scale > 1 else int(word)


def table(kind: str, job: str, lengths: list[int], limit: float) -> float:
    """Print one row; the worst growth per doubling where it took more than half a second."""
    cells, before, worst = [], 0.0, 0.0
    for size in lengths:
        result = measured(kind, job, size, limit)
        if isinstance(result, str):
            cells.append(result)
            worst = float("inf")
            break
        growth = result["cpu"] / before if before else 0.0
        if before > 0.25:
            worst = max(worst, growth)
        factor = f" x{growth:.1f}" if growth else ""
        cells.append(f"{result['cpu']:.2f}s{factor} {result['rss']:.0f}M")
        before = result["cpu"]
    print(f"{kind:16s} {job:10s} " + " | ".join(f"{cell:>18s}" for cell in cells), flush=True)
    return worst


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--one", nargs=3, metavar=("KIND", "JOB", "SIZE"), help=argparse.SUPPRESS)
    parser.add_argument("--from", dest="first", default="64k")
    parser.add_argument("--to", dest="last", default="512k")
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--jobs", default="lexical,lexical-q,verbatim")
    parser.add_argument("--limit", type=float, default=120)
    args = parser.parse_args()
    if args.one:
        kind, job, size = args.one
        print(json.dumps(one(kind, job, int(size))))
        return
    lengths = sizes(args.first, args.last)
    print(" " * 27 + " | ".join(f"{size:>18,}" for size in lengths))
    worst = {
        (kind, job): table(kind, job, lengths, args.limit)
        for job in args.jobs.split(",")
        for kind in args.kinds.split(",")
    }
    (kind, job), most = max(worst.items(), key=lambda item: item[1])
    print(f"worst growth per doubling: {most:.1f} ({kind}, {job})")


if __name__ == "__main__":
    main()
