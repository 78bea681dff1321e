"""One process at a time: for a file that is read, changed and replaced as a whole.

The lock is on the file's folder, so nothing is left behind, and the system
drops it with the process. Where folders cannot be locked (Windows), it is on a
file beside, ``NAME.lock``.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .console import note, plain

_POLL = 0.05


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Be the only process that holds this for a file in the folder of ``path``.

    Waits for others. Where the system has no locks there, the body runs all
    the same, with a note. Raises OSError where the folder cannot be opened.
    """
    descriptor = _opened(Path(os.path.realpath(path)))
    try:
        try:
            _lock(descriptor)
        except OSError as error:
            note(f"ctxc: {plain(path)} cannot be locked ({error.strerror}): run one at a time")
        yield
    finally:
        os.close(descriptor)  # gives the lock back


if sys.platform == "win32":
    import msvcrt

    def _opened(path: Path) -> int:
        return os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT)

    def _lock(descriptor: int) -> None:
        while True:
            try:
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
                return
            except PermissionError:  # another process has it
                time.sleep(_POLL)

else:
    import fcntl

    def _opened(path: Path) -> int:
        return os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
