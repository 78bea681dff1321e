"""Kill a folder run at a random moment, look at what it left, run it again, compare."""

from __future__ import annotations

import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

_TEMPORARY = re.compile(r"\.ctxc-\d+-[0-9a-f]+\.tmp")


@dataclass
class Folder:
    """``docs`` compressed into ``out`` with a store of its own, under ``top``."""

    top: Path
    options: tuple[str, ...] = ("--engine", "random", "--ratio", "3")

    def make(self, documents: int, seed: int) -> None:
        """Texts of different lengths in nested folders."""
        chance = random.Random(seed)
        words = "valve pump report 4711 pressure failed on Monday in hall B under load"
        for index in range(documents):
            place = self.top / "docs" / f"part{index % 5}" / f"note{index}.md"
            place.parent.mkdir(parents=True, exist_ok=True)
            lines = [
                " ".join(chance.choices(words.split(), k=12)).capitalize() + f" {index}."
                for _ in range(chance.randint(3, 120))
            ]
            place.write_text(f"# Note {index}\n\n" + " ".join(lines) + "\n", "utf-8")

    def command(self, out: str) -> list[str]:
        ctxc = [sys.executable, "-m", "ctxc", "lingua", "docs", "-o", out, "--quiet"]
        return [*ctxc, *self.options]

    def environment(self, store: str) -> dict[str, str]:
        return os.environ | {"CTXC_STORE": str(self.top / store), "CTXC_CONFIG": os.devnull}

    def start(self, out: str, store: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self.command(out), cwd=self.top, env=self.environment(store), stderr=subprocess.PIPE
        )

    def finish(self, out: str, store: str) -> None:
        """An undisturbed run. Raises AssertionError where it fails or says anything."""
        with self.start(out, store) as run:
            _, said = run.communicate(timeout=300)
        assert run.returncode == 0, said.decode()
        assert not said, said.decode()

    def tree(self, out: str) -> dict[str, bytes]:
        """Every file under ``out``."""
        top = self.top / out
        return {
            path.relative_to(top).as_posix(): path.read_bytes()
            for path in sorted(top.rglob("*"))
            if path.is_file()
        }


def one_round(
    folder: Folder, expected: dict[str, bytes], name: str, after: float, sent: int = signal.SIGKILL
) -> int:
    """Kill a run ``after`` seconds, check what is there, resume it; returns outputs it had left.

    Raises AssertionError where an output is neither absent nor right, the
    store is damaged, or the resumed run ends with anything but ``expected``.
    """
    out, store = f"out-{name}", f"store-{name}.sqlite"
    with folder.start(out, store) as run:
        time.sleep(after)
        run.send_signal(sent)
        run.communicate(timeout=60)
    left = folder.tree(out)
    outputs = {path: data for path, data in left.items() if not _is_temporary(path)}
    for path, data in outputs.items():
        assert data == expected[path], f"{path} is neither absent nor whole"
    _check_store(folder.top / store)
    folder.finish(out, store)
    assert folder.tree(out) == expected, "the resumed run ended differently"
    return len(outputs)


def _is_temporary(path: str) -> bool:
    return _TEMPORARY.fullmatch(os.path.basename(path)) is not None


def _check_store(path: Path) -> None:
    if not path.exists() or not path.stat().st_size:
        return
    db = sqlite3.connect(path)
    try:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    finally:
        db.close()
