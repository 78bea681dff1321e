"""A folder of sources whose content is known, and the real program run in it, counted."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import shlex
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DEADLINE = 60.0
TEXT = "The pump failed on Monday. It was old. Nobody was hurt. The invoice is 4711.\n"
RECORD = {"id": 1, "question": "What failed?", "text": TEXT, "answers": ["pump"]}


@dataclass
class Count:
    tried: int = 0
    lost: int = 0
    hung: int = 0
    crashed: int = 0

    @property
    def bad(self) -> int:
        return self.lost + self.hung + self.crashed


@dataclass(frozen=True)
class Place:
    """A folder with sources, and a store beside it."""

    top: Path

    @property
    def work(self) -> Path:
        return self.top / "work"

    def fill(self) -> None:
        (self.work / "docs").mkdir(parents=True)
        for name in ("a.md", "b.svg", "docs/c.md", "docs/d.md"):
            (self.work / name).write_text(TEXT)
        (self.work / "big.md").write_text(TEXT * 200)
        (self.work / "broken.pdf").write_bytes(b"%PDF-1.4 nothing in it")
        (self.work / "r.jsonl").write_text(json.dumps(RECORD) + "\n")
        (self.work / "list.txt").write_text("a.md\nbig.md\n")
        (self.work / "turns.jsonl").write_text('{"question": "Why?", "answer": "So."}\n')
        (self.work / "prompt.txt").write_text("Shorten. {question}\n")
        os.link(self.work / "a.md", self.work / "hard.md")
        os.symlink("a.md", self.work / "soft.md")

    def hashes(self) -> dict[str, str]:
        return {
            path.relative_to(self.work).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in self.work.rglob("*")
            if path.is_file()
        }

    def environment(self) -> dict[str, str]:
        own = {"CTXC_STORE": str(self.top / "store.sqlite"), "CTXC_CONFIG": os.devnull}
        return os.environ | own | {"PYTHONPATH": str(ROOT)}


def run(
    place: Place,
    line: str,
    count: Count,
    *,
    deadline: float = DEADLINE,
    largest: int | None = None,
    **more: str,
) -> int | None:
    """Run a line of shell in which CTXC is the program; None where it hung.

    ``largest`` is the size in bytes that no file may outgrow; ``more`` are variables.
    """
    count.tried += 1
    command = line.replace("CTXC", f"{shlex.quote(sys.executable)} -m ctxc")

    def limited() -> None:
        if largest is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))

    with subprocess.Popen(
        ["sh", "-c", command],
        cwd=place.work,
        env=place.environment() | more,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=limited,
    ) as process:
        try:
            _, said = process.communicate(timeout=deadline)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            count.hung += 1
            print(f"hung: {line}")
            return None
    if process.returncode not in (0, 1, 2) or b"Traceback" in said:
        count.crashed += 1
        print(f"crashed ({process.returncode}): {line}\n{said.decode('utf-8', 'replace')[-2000:]}")
    return process.returncode


def compare(place: Place, before: dict[str, str], line: str, count: Count) -> None:
    """Count the files of ``before`` that are gone or changed."""
    after = place.hashes()
    for name, content in before.items():
        if after.get(name) != content:
            count.lost += 1
            print(f"lost: {name} by {line}")
