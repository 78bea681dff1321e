"""What goes between the service and its workers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Setup:
    """What the service was started with; a request can change none of it.

    ``models`` is whether this worker may open any.
    """

    model: str | None = None
    threads: int = 0
    gpu_layers: str = "auto"
    reader: str = ""
    store: bool = True
    models: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """``body`` is what is sent; ``original`` and ``compressed`` are tokens, for the metrics."""

    body: bytes
    original: int = 0
    compressed: int = 0
