"""``ctxc run`` at a terminal: Ctrl-C is the command's, progress is seen, nothing is obeyed."""

from __future__ import annotations

import os
import re
import select
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

pty = pytest.importorskip("pty")
DEADLINE = 60.0


def session(arguments: Sequence[str], after: bytes = b"", keys: bytes = b"") -> tuple[int, bytes]:
    """The command at a terminal of its own, ``keys`` typed once ``after`` is on the screen.

    Returns the exit code and what the terminal received.
    """
    child, screen = pty.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, "-m", "ctxc", *arguments])
    received, begun, typed = b"", time.monotonic(), not keys
    while time.monotonic() - begun < DEADLINE:
        if not typed and after in received:
            os.write(screen, keys)
            typed = True
        if select.select([screen], [], [], 0.1)[0]:
            try:
                data = os.read(screen, 65536)
            except OSError:
                break
            if not data:
                break
            received += data
    else:
        os.kill(child, 9)
    os.close(screen)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), received


@pytest.fixture(autouse=True)
def package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    monkeypatch.setenv("TERM", "xterm")


def test_ctrl_c_reaches_the_command_once_and_its_end_is_waited_for() -> None:
    code = (
        "import signal, sys, time\n"
        "count = []\n"
        "signal.signal(signal.SIGINT, lambda *_: count.append(1))\n"
        "print('ready', flush=True)\n"
        "while not count: time.sleep(0.01)\n"
        "time.sleep(1)\n"
        "print('interrupts:', len(count)); sys.exit(9)"
    )
    code_of_it, screen = session(
        ["run", "--tee", "--", sys.executable, "-c", code], b"ready", b"\x03"
    )
    assert code_of_it == 9
    # As it came, on stderr, and at the end, on stdout: both are this terminal.
    assert screen.count(b"interrupts: 1\r\n") == 2


def test_lines_are_counted_while_it_runs() -> None:
    code = "import time\nfor i in range(30): print('a', flush=True); time.sleep(0.05)"
    status, screen = session(["run", "--", sys.executable, "-c", code])
    assert status == 0 and b": lines" in screen
    counts = [int(n) for n in re.findall(rb"(\d+)/\?", screen)]
    assert counts == sorted(counts) and counts[-1] > 0
    assert screen.endswith(b"a\r\n" * 30)


def test_quiet_shows_no_count() -> None:
    status, screen = session(["run", "--quiet", "--", "echo", "hello"])
    assert (status, screen) == (0, b"hello\r\n")


def test_a_terminal_obeys_nothing_of_an_expanded_original() -> None:
    code = "for i in range(900): print('\\x1b[31m', i, '\\x07')"
    screen = session(["run", "--quiet", "--", sys.executable, "-c", code])[1]
    assert b"\x1b" not in screen and b"\x07" not in screen
    handle = re.findall(rb"ctxc expand ([0-9a-f]+)", screen)[-1].decode()
    status, screen = session(["expand", handle, "--lines", "7"])
    assert status == 0 and screen.startswith(b"\\x1b[31m 6 \\x07")
