"""Parsers that a file may keep busy without end: run in a process that can be killed.

pypdf follows what a file says about itself, and no limit of its own holds inside
a page: forms called by forms, a string of a million brackets. So it works where
the system bounds its time and memory, and a file that wants more is one failure.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ...confined import Limits, Stopped, run
from ...document import Document
from ..media import ARCHIVES, HTML, ORG, PDF, ROFF, RTF, TEX
from .raw import Raw

SECONDS = 20.0
SECONDS_PER_BYTE = 30e-6
"""CPU time a file may take: this, and 30 s more for each megabyte."""

MEMORY = 768 << 20
MEMORY_PER_BYTE = 30
"""Address space a file may take: this, and as many bytes more for each of its own."""

_FROM = {PDF: 0, **dict.fromkeys(ARCHIVES, 0)} | dict.fromkeys((HTML, RTF, ORG, ROFF, TEX), 64_000)
"""Media type -> the size from which a file is read apart; a smaller one cannot take long."""


def wanted(raw: Raw) -> bool:
    """Whether this file is to be parsed in a process of its own."""
    return raw.media_type in _FROM and len(raw.data) >= _FROM[raw.media_type]


def read(module: str, raw: Raw) -> Document:
    """What ``module``'s ``load`` makes of a file, within its bounds. Raises InputError.

    The module is imported before the bounds hold: what libraries take is not the file's.
    """
    document: Document = bounded(raw, f"{__package__}.{module}", "load", raw)
    return document


def bounded(raw: Raw, module: str, function: str, *arguments: Any) -> Any:
    """``module.function(*arguments)`` within the bounds for ``raw``. Raises InputError."""
    size = len(raw.data)
    limits = Limits(SECONDS + SECONDS_PER_BYTE * size, MEMORY + MEMORY_PER_BYTE * size)
    try:
        return run(module, function, *arguments, limits=limits)
    except Stopped as stopped:
        reason = {
            "time": f"takes too much work to read (over {limits.seconds:.0f} s)",
            "memory": f"takes too much memory to read (over {limits.memory >> 20} MB)",
            "end": "was not read: the run was ended",
        }.get(stopped.why, f"cannot be read: its parser {stopped.words}")
        raise raw.refuse(reason) from None


def parse(module: str, raw: Raw) -> Document:
    """What ``module``'s ``load`` makes of a file, in this process. Raises InputError."""
    document: Document = import_module(f".{module}", __package__).load(raw)
    return document
