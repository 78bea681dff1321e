"""Who is working on what: of two runs on one folder, the second waits for the first's result.

A claim is a lock on one byte of a file beside the store, at an offset derived
from the key. The system drops it with the process, so a run that is killed
leaves nothing to clean up. Where locks do not work (no ``fcntl``, some network
file systems), there are no claims: work may then be done twice, never wrongly.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..console import note

_POLL = 0.05
_PATIENCE = 2.0  # seconds before the wait is worth a line


class Claims:
    """The claims file at ``path``, created on first use."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._broken = False

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)  # drops what is still held
            self._file = None

    @contextmanager
    def claim(self, key: str, done: Callable[[], bool]) -> Iterator[None]:
        """Hold ``key`` (64 hexadecimal digits) while the body runs.

        While another process holds it, this one waits; ``done`` is asked
        now and then whether waiting has become pointless.
        """
        place = int(key[:15], 16)
        held = self._take(place, done)
        try:
            yield
        finally:
            if held and self._file is not None:
                with suppress(OSError):
                    _lock(self._file, place, take=False)

    def _take(self, place: int, done: Callable[[], bool]) -> bool:
        begun, told = time.monotonic(), False
        while not self._broken:
            try:
                if self._file is None:
                    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)
                    self._file = os.open(self._path, flags, 0o600)
                _lock(self._file, place, take=True)
                return True
            except OSError as error:
                if error.errno not in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
                    self._broken = True
                    break
            if done():
                return False
            if not told and time.monotonic() - begun > _PATIENCE:
                told = True
                note("ctxc: another run is working on the same document; waiting for its result")
            time.sleep(_POLL)
        return False


def _lock(file: int, place: int, *, take: bool) -> None:
    """Lock or unlock one byte, at once. Raises OSError where another process holds it."""
    try:
        import fcntl
    except ImportError:
        raise OSError(errno.ENOTSUP, "no record locks on this system") from None
    command = fcntl.LOCK_EX | fcntl.LOCK_NB if take else fcntl.LOCK_UN
    fcntl.lockf(file, command, 1, place)
