"""The process's standard streams: there whatever the shell closed, and given up in one place.

A descriptor that is closed at the start (``>&-``) would be handed to the next
file that is opened, and whatever is meant for the stream would be written into
that file. So each of the three is taken before anything else is opened.
"""

from __future__ import annotations

import os
import sys
from typing import TextIO


def open_standard_streams() -> None:
    """Stand-ins for the streams that are closed.

    Writing to the stand-in of standard output raises OSError: the product has
    nowhere to go. That of standard error takes everything: nobody listens.
    """
    for descriptor, flags in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        _take(descriptor, flags)
    if sys.stdout is None:
        sys.stdout = _text(1)
    if sys.stderr is None:
        sys.stderr = _text(2)


def _take(descriptor: int, flags: int) -> None:
    """Open the null device as ``descriptor``, where nothing is open there."""
    try:
        os.fstat(descriptor)
    except OSError:
        null = os.open(os.devnull, flags)
        if null != descriptor:
            os.dup2(null, descriptor)
            os.close(null)


def _text(descriptor: int) -> TextIO:
    return open(descriptor, "w", encoding="utf-8", errors="replace", closefd=False)


def discard_stdout() -> None:
    """Python flushes stdout once more at exit, and would complain of what it cannot write."""
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
    except (OSError, ValueError):
        pass  # no descriptor behind it: nothing will be flushed
