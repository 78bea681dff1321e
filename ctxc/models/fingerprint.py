"""What tells one model file from another: the same wherever it lies and whenever it was written."""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path

from ctxc.errors import ModelError

# A changed model differs nearly everywhere (fine-tuned, requantised), so samples tell, and
# gigabytes need not be read before a result can be looked up.
_SAMPLES = 64
_SAMPLE_BYTES = 1 << 16


def of_file(path: Path) -> str:
    """A fingerprint of a model file: its size, both ends and samples in between.

    Raises ModelError where it cannot be read.
    """
    try:
        found = os.stat(path)
        return _of_file(os.path.realpath(path), found.st_size, found.st_mtime_ns)
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read: {error}") from None


@lru_cache(maxsize=16)
def _of_file(path: str, size: int, changed: int) -> str:
    """``changed`` (nanoseconds) is there so that a file replaced meanwhile is read again."""
    digest = hashlib.sha256(f"{size}\0".encode())
    last = max(0, size - _SAMPLE_BYTES)
    places = sorted({last * step // (_SAMPLES - 1) for step in range(_SAMPLES)})
    with open(path, "rb") as file:
        for place in places:
            file.seek(place)
            digest.update(file.read(_SAMPLE_BYTES))
    return digest.hexdigest()
