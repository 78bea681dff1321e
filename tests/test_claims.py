"""Claims: one process at a time works on a key; a dead one holds nothing."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ctxc.store.claims import Claims

KEY, OTHER = "a" * 64, "b" * 64

HOLD = """
import sys
from pathlib import Path
from ctxc.store.claims import Claims
with Claims(Path(sys.argv[1])).claim(sys.argv[2], lambda: False):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held_elsewhere(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds ``KEY`` until its stdin closes."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path), KEY],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_claim_waits_for_the_other_process_to_end(tmp_path: Path) -> None:
    claims, asked, entered = Claims(tmp_path / "c"), threading.Event(), threading.Event()

    def done() -> bool:
        asked.set()
        return False

    def work() -> None:
        with claims.claim(KEY, done):
            entered.set()

    with held_elsewhere(tmp_path / "c") as process:
        worker = threading.Thread(target=work)
        worker.start()
        assert asked.wait(30) and not entered.is_set()
        process.kill()  # no chance to let go: the system does
        assert entered.wait(30)
        worker.join()
    claims.close()


def test_waiting_ends_when_the_result_is_there(tmp_path: Path) -> None:
    with held_elsewhere(tmp_path / "c"), Claims(tmp_path / "c").claim(KEY, lambda: True):
        pass


def test_another_key_is_free(tmp_path: Path) -> None:
    def never() -> bool:
        raise AssertionError("nobody holds it")

    with held_elsewhere(tmp_path / "c"), Claims(tmp_path / "c").claim(OTHER, never):
        pass


def test_where_locks_do_not_work_the_work_goes_on(tmp_path: Path) -> None:
    with Claims(tmp_path / "no" / "folder").claim(KEY, lambda: False):
        pass
