"""Questions to learn from: escalated and unsupported ones, appended to a file line by line.

One line is one JSON object, written in one call under a lock and synced, so
that several runs may share a file and a crash leaves whole lines behind it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ..console import plain
from ..output.atomic import OutputError
from ..result import SCHEMA
from .format import rung_json
from .types import Answer


def reason(answer: Answer) -> str:
    """Why an answer belongs in the queue; "" where it does not."""
    if "escalated" in answer.route:
        return "escalated"
    if answer.abstained:
        return "abstained"
    return "" if answer.supported or answer.extractive else "unsupported"


def entry(answer: Answer, context: str) -> dict[str, Any]:
    """The object of one line; ``context`` is the original text."""
    name = {"id": answer.id} if answer.id is not None else {"source": answer.source}
    return {
        "schema": SCHEMA,
        **name,
        "reason": reason(answer),
        "question": answer.standalone or answer.question,
        "context": context,
        "answer": answer.text,
        "rung": answer.rung,
        "rungs": [rung_json(rung) for rung in answer.rungs],
    }


def append(path: Path, value: dict[str, Any]) -> None:
    """Add one line to ``path``. Raises OutputError."""
    line = json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace") + b"\n"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            with _locked(descriptor):
                line = _after(descriptor) + line
                while line:
                    line = line[os.write(descriptor, line) :]
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        reason = (error.strerror or "it cannot be written").lower()
        raise OutputError(f"cannot write the queue {plain(path)}: {reason}") from None


def _after(descriptor: int) -> bytes:
    """A line end, where a run that was killed left half a line."""
    size = os.fstat(descriptor).st_size
    if not size:
        return b""
    os.lseek(descriptor, size - 1, os.SEEK_SET)
    return b"" if os.read(descriptor, 1) == b"\n" else b"\n"


class _locked:
    """The file is this process's alone, where the system has such locks."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def __enter__(self) -> None:
        try:
            import fcntl
        except ImportError:  # Windows: one write call a line is what there is
            return
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        """Closing the descriptor, which follows, gives the lock back."""
