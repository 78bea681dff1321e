"""Real services for the tests: ``ctxc serve`` in a process of its own, on loopback or a socket."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
TIMEOUT = 120


def ctxc(*arguments: object) -> list[str]:
    return [sys.executable, "-P", "-m", "ctxc", *map(str, arguments)]


def environment(**more: str) -> dict[str, str]:
    return dict(os.environ, PYTHONPATH=str(PACKAGE), **more)


class Server:
    """``process`` is ``ctxc serve`` or ``ctxc mcp``, ``url`` where it listens."""

    def __init__(self, *arguments: object, **more: str) -> None:
        self.process = subprocess.Popen(
            ctxc(*arguments), stderr=subprocess.PIPE, text=True, env=environment(**more)
        )
        assert self.process.stderr is not None
        line = self.process.stderr.readline()
        self.errors = line
        address = re.search(r"listening on (\S+)", line)
        assert address is not None, line + self.process.stderr.read()
        self.url = address[1]

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def stop(self) -> int:
        self.process.terminate()
        return self.end()

    def end(self) -> int:
        code = self.process.wait(TIMEOUT)
        if self.process.stderr is not None and not self.process.stderr.closed:
            self.errors += self.process.stderr.read()
            self.process.stderr.close()
        return code


@contextmanager
def serving(*arguments: object, **more: str) -> Iterator[Server]:
    """A service that is stopped at the end, if it has not ended by itself."""
    server = Server("serve", "--port", 0, *arguments, **more)
    try:
        yield server
    finally:
        server.stop()


def until(reached: object, seconds: float = TIMEOUT) -> None:
    """Wait for a condition, given as a function without arguments."""
    assert callable(reached)
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)
