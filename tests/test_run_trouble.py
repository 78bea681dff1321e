"""``ctxc run`` in trouble of its own: no output is lost, the exit code stays the command's."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from ctxc.budget import Tokens
from ctxc.capture import view
from ctxc.capture.runner import Wiring, run_command
from ctxc.capture.showing import Showing
from ctxc.capture.spool import Spool
from ctxc.cli.run_output import Run
from ctxc.errors import EngineError

MANY = "for i in range(2000): print(i, 'step')\nraise SystemExit(3)"
WHOLE = b"".join(b"%d step\n" % i for i in range(2000))
COMMAND = (sys.executable, "-c", MANY)
Captured = pytest.CaptureFixture[bytes]


def run(command: Sequence[str] = COMMAND, **options: bool) -> int:
    return Run(tuple(command), Showing(Tokens(200)), **options).run()


@pytest.mark.parametrize("error", [EngineError("the engine broke"), ValueError("unforeseen")])
def test_output_that_cannot_be_shortened_is_not_lost(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: Captured, error: Exception
) -> None:
    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(view, "compress", broken)
    assert run(store=False) == 3
    out, err = capfdbinary.readouterr()
    assert out == WHOLE and str(error).encode() in err and b"Traceback" not in err
    assert run() == 3
    out, err = capfdbinary.readouterr()
    assert out == WHOLE or (out.startswith(b"[ctxc: ") and b"ctxc expand " in out)


@pytest.mark.parametrize("trouble", ["newer", "foreign", "text", "folder"])
def test_a_store_that_cannot_be_used_is_said_and_changes_nothing_else(
    own_store: Path, capfdbinary: Captured, trouble: str
) -> None:
    if trouble == "text":
        own_store.write_text("somebody's notes\n")
    elif trouble == "folder":
        own_store.mkdir()
    else:
        with sqlite3.connect(own_store) as db:
            if trouble == "newer":
                db.execute(f"PRAGMA application_id = {0x63747863}")
                db.execute("PRAGMA user_version = 999")
            db.execute("CREATE TABLE theirs (a)")
        db.close()
    assert run() == 3
    out, err = capfdbinary.readouterr()
    assert out.endswith(b"; the whole output was not kept]\n") and str(own_store).encode() in err


def test_a_disk_that_is_full_loses_output_and_says_so_while_the_command_goes_on(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: Captured
) -> None:
    write = Spool.write

    def full(self: Spool, data: bytes) -> bool:
        if self.lines:
            raise OSError(28, "No space left on device")
        return write(self, data)

    monkeypatch.setattr(Spool, "write", full)
    code = "import time\nprint('a', flush=True); time.sleep(0.3); print('b' * 10**6); exit(4)"
    assert run((sys.executable, "-c", code)) == 4
    out, err = capfdbinary.readouterr()
    assert out == b"a\n" and b"not all of the output was caught: No space left" in err


def test_a_command_may_run_outside_the_main_thread() -> None:
    from threading import Thread

    spool = Spool(1000)
    ends = []

    def work() -> None:
        ends.append(run_command([sys.executable, "-c", "print('a'); exit(2)"], spool, Wiring()))

    thread = Thread(target=work)
    thread.start()
    thread.join()
    assert [end.code for end in ends] == [2] and spool.read() == b"a\n"
    spool.close()
