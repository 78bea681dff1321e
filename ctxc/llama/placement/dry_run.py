"""What llama.cpp itself would allocate: a model and a context opened without memory.

With ``no_alloc`` llama.cpp goes through the motions and logs each buffer's
size; that takes 0.1 to 0.4 s and under 100 MB, whatever the model's size.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import CtxcError
from .. import capi
from ..context import Context
from ..model import Model, Placement
from .shape import Shape

MIB = 1 << 20
_CACHE = re.compile(r"(?:kv_cache|memory_recurrent)\S*: size = +([\d.]+) MiB \(")
_BUFFER = re.compile(r"([\w\[\]:.-]+) +(model|KV|RS|compute|output) buffer size = +([\d.]+) MiB")


@dataclass(frozen=True, slots=True)
class Buffers:
    """Bytes by device name, as llama.cpp names it (``CUDA0``, ``CUDA_Host``, ``CPU``).

    A dry run knows ``compute`` and ``cache_size``; ``model``, ``cache`` and
    ``output`` are what a real one allocated.
    """

    model: Mapping[str, int] = field(default_factory=dict)
    cache: Mapping[str, int] = field(default_factory=dict)
    compute: Mapping[str, int] = field(default_factory=dict)
    output: Mapping[str, int] = field(default_factory=dict)
    cache_size: int = 0

    def total(self, kind: str, names: frozenset[str] | None = None) -> int:
        """Bytes of one kind, on the devices named or on all."""
        sizes: Mapping[str, int] = getattr(self, kind)
        return sum(size for name, size in sizes.items() if names is None or name in names)


def parse(log: str) -> Buffers:
    """The buffers that a log names.

    >>> parse("sched_reserve:  CUDA0 compute buffer size =  2.00 MiB").compute
    {'CUDA0': 2097152}
    """
    found: dict[str, Counter[str]] = {
        "model": Counter(),
        "cache": Counter(),
        "compute": Counter(),
        "output": Counter(),
    }
    for name, kind, size in _BUFFER.findall(log):
        kind = "cache" if kind in ("KV", "RS") else kind
        found[kind][name.partition("[")[0]] += round(float(size) * MIB)
    sizes = {kind: dict(by_device) for kind, by_device in found.items()}
    cache_size = sum(round(float(size) * MIB) for size in _CACHE.findall(log))
    return Buffers(**sizes, cache_size=cache_size)


class DryRun:
    """Measures contexts over one file; the last model opened stays for the next shape."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._model: Model | None = None
        self._placement: Placement | None = None

    def measure(self, placement: Placement, shape: Shape) -> Buffers:
        """The buffers of one context of ``shape`` (not of ``shape.contexts``).

        Raises ModelError where llama.cpp refuses.
        """
        if self._model is None or self._placement != placement:
            self.close()
            self._model = Model(self.path, placement=placement, no_alloc=True)
            self._placement = placement
        with Context.of(self._model, shape):
            return parse(capi.log_text())

    def close(self) -> None:
        if self._model is not None:
            self._model.close()
            self._model = None

    def __enter__(self) -> DryRun:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def measured(path: Path, placement: Placement, shape: Shape) -> Buffers | None:
    """One measurement, or None where llama.cpp cannot take it."""
    try:
        with DryRun(path) as run:
            return run.measure(placement, shape)
    except CtxcError:
        return None
