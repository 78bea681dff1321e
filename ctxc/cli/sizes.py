"""Sizes as people write them -> bytes."""

from __future__ import annotations

import re

from ..errors import UsageError

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "ki": 2**10, "mi": 2**20, "gi": 2**30}


def size(text: str, option: str) -> int:
    """Bytes: ``500``, ``50MB``, ``1.5 GiB``. Raises UsageError that names ``option``.

    >>> size("50MB", "--max-file-size"), size("1 GiB", "--max-store")
    (50000000, 1073741824)
    """
    match = re.fullmatch(r"\s*(\d{1,15}(?:\.\d{1,6})?)\s*([kmg]i?)?b?\s*", text.lower())
    if not match:
        raise UsageError(f"{option} {text!r} is no size", hint="as in 500kB, 50MB or 1GiB")
    bytes_ = int(float(match[1]) * _UNITS[match[2] or ""])
    if bytes_ < 1:
        raise UsageError(f"{option} must be at least 1 byte")
    return bytes_
