"""On a terminal no C1 and no bidi control gets through, whatever is printed; a pipe keeps bytes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ctxc.console import harmless

pty = pytest.importorskip("pty")

C1 = "".join(map(chr, range(0x80, 0xA0)))
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
LINE = f"The pump\u009b31m moves{BIDI} 340 litres.\u009d0;title\u009c It is red\u202e now.{C1}\n"
TEXT = LINE * 8
COMMANDS = [
    ("lingua", "a.md", "--rate", "0.5", "--json"),
    ("lingua", "a.md", "--rate", "0.5", "--show"),
    ("lingua", "a.md", "--rate", "1"),
    ("lingua", "a.md", "--rate", "0.5", "--dry-run", "--json"),
    ("distill", "a.md", "--engine", "verbatim", "--rate", "0.5", "--json"),
    ("stats", "a.md", "e\u009b31m\u202ex.md", "--json"),
    ("stats", "a.md", "e\u009b31m\u202ex.md"),
    ("check", "e\u009b31m\u202ex.md", "--max-tokens", "5", "--json"),
    ("check", "e\u009b31m\u202ex.md", "--max-tokens", "5"),
]


def printed(folder: Path, command: tuple[str, ...], *, terminal: bool) -> str:
    """What a command writes to its standard output, which is a terminal or a pipe."""
    for name in ("a.md", "e\u009b31m\u202ex.md"):
        (folder / name).write_text(TEXT, "utf-8")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    own, other = pty.openpty() if terminal else os.pipe()
    with subprocess.Popen(
        [sys.executable, "-m", "ctxc", *command],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=other,
        stderr=subprocess.DEVNULL,
    ):
        os.close(other)
        pieces = []
        while piece := _read(own):
            pieces.append(piece)
    os.close(own)
    return b"".join(pieces).decode("utf-8").replace("\r\n", "\n")


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # a terminal whose other side is closed
        return b""


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_terminal_is_spared_every_control(tmp_path: Path, command: tuple[str, ...]) -> None:
    seen = printed(tmp_path, command, terminal=True)
    assert seen.strip() and not set(seen) & set(C1 + BIDI + "\x7f")
    if "--json" in command:
        piped = printed(tmp_path, command, terminal=False)
        # U+0085 within a string is no end of a JSON line.
        lines = (text.rstrip("\n").split("\n") for text in (seen, piped))
        read, kept = ([json.loads(line) for line in each] for each in lines)
        for each in (*read, *kept):
            for key in ("seconds", "reused"):
                each.pop(key, None)
        assert read == kept  # the escapes are JSON's own: the same value


@pytest.mark.parametrize("command", [COMMANDS[0], COMMANDS[1], COMMANDS[2]], ids=" ".join)
def test_a_pipe_keeps_the_bytes(tmp_path: Path, command: tuple[str, ...]) -> None:
    assert "\u009b" in printed(tmp_path, command, terminal=False)
    assert "\u202e" in printed(tmp_path, command, terminal=False)


def test_harmless_text_has_no_bidi_control() -> None:
    assert harmless("a\u202eb\u2066c\u009bd") == "a\\u202eb\\u2066c\\x9bd"
