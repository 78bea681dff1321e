"""What a result depends on beside text and options: this program's code, a model's weights."""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path

from .. import __version__
from ..models.fingerprint import of_file as of_file


@lru_cache(maxsize=1)
def code() -> str:
    """The version and a digest of the package's own sources and prompts.

    The version alone would let an installation that is being worked on
    answer with what its code said yesterday.
    """
    package = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for folder, folders, names in os.walk(package):
        folders[:] = sorted(name for name in folders if name not in ("__pycache__", "data"))
        for name in sorted(names):
            if name.endswith((".py", ".txt")):
                path = Path(folder, name)
                digest.update(f"{path.relative_to(package).as_posix()}\0".encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return f"{__version__}+{digest.hexdigest()[:16]}"
