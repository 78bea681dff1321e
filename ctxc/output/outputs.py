"""Outputs without front matter, known again by what the store holds of them."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

from ..batch.results import Results


class Outputs:
    """Files that an earlier run wrote, each by its place and its bytes; None knows none."""

    def __init__(self, results: Results | None) -> None:
        self._results = results

    def remember(self, path: Path, data: bytes, source: str) -> None:
        if self._results is not None:
            self._results.put_value(_key(path, data), source)

    def source(self, path: Path) -> str | None:
        """What ``path`` was made of, where it is as an earlier run of ctxc wrote it there."""
        if self._results is None:
            return None
        try:
            name = self._results.value(_key(path, path.read_bytes()))
        except (OSError, ValueError):
            return None
        return name if isinstance(name, str) else None


def _key(path: Path, data: bytes) -> str:
    place = os.fsencode(os.path.realpath(path))
    return sha256(b"output\0" + place + b"\0" + sha256(data).digest()).hexdigest()
