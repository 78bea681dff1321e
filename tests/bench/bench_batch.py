"""Folder runs in figures: ``python tests/bench/bench_batch.py --files 1000``.

Times (wall and CPU seconds, peak memory) of the first run over a folder, of
the second over the unchanged folder, and of single invocations; prints JSON.
The engine is model-free, so that ctxc's own work is what is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

CTXC = [sys.executable, "-m", "ctxc", "lingua", "--engine", "truncate", "--ratio", "4", "--quiet"]
WORDS = "valve pump report pressure failed on Monday in hall B under load"


def measured(arguments: list[str], top: Path) -> dict[str, Any]:
    """Run ctxc in a child and say what it took."""
    program = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True)\n"
    program += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)"
    environment = os.environ | {"CTXC_STORE": str(top / "store.sqlite"), "CTXC_CONFIG": os.devnull}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    ran = subprocess.run(
        [sys.executable, "-c", program, *CTXC, *arguments],
        cwd=top,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=True,
    )
    wall = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "wall_s": round(wall, 2),
        "cpu_s": round(cpu, 2),
        "peak_MB": round(int(ran.stderr.split()[-1]) / 1024),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--words", type=int, default=400)
    parser.add_argument("--single", type=int, default=10)
    given = parser.parse_args()
    chance = random.Random(1)
    with tempfile.TemporaryDirectory(prefix="ctxc-bench-") as name:
        top = Path(name)
        for index in range(given.files):
            place = top / "docs" / f"part{index % 20}" / f"{index}.txt"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(
                f"{index} " + " ".join(chance.choices(WORDS.split(), k=given.words)) + ".\n"
            )
        figures: dict[str, Any] = {"files": given.files, "words_each": given.words}
        figures["first_run"] = measured(["docs", "-o", "out"], top)
        figures["second_run"] = measured(["docs", "-o", "out"], top)
        singles = [
            measured([f"docs/part{i % 20}/{i}.txt", "--no-store"], top) for i in range(given.single)
        ]
        each = sum(one["cpu_s"] for one in singles) / max(1, len(singles))
        figures["one_invocation_cpu_s"] = round(each, 3)
        figures["times_faster_by_cpu"] = round(each * given.files / figures["first_run"]["cpu_s"])
        print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
