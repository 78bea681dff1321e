"""The copy of a model that a CPU scores fastest, made once and kept in the cache.

Some quantisations have no fast CPU kernels. The same weights requantised by
llama.cpp's own quantiser score about three times as fast as BF16 where the
build has AVX512_BF16 (at equal NLL: 2.59 either way for the default model),
and 1.6 times as fast as Q8_0 elsewhere. The choice follows from the build's
CPU features and the file's tensor types alone, never from a timing, so that
the same machine always gives the same scores.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..console import note
from . import capi

# ggml tensor types without repacked or tiled kernels on x86: Q4_1, Q5_1, Q5_K, Q6_K, Q3_K.
_SLOW = frozenset({3, 7, 13, 14, 11})
_FLOATS = frozenset({0, 1, 30})  # F32, F16, BF16
_MOST_BYTES = 2 << 30  # a copy larger than this costs more disk than it is worth


@dataclass(frozen=True, slots=True)
class Format:
    """A target of llama.cpp's quantiser: its ftype number and bytes per weight."""

    name: str
    ftype: int
    bytes_per_weight: float


BF16 = Format("bf16", 32, 2.0)
Q8_0 = Format("q8_0", 7, 34 / 32)


def choose(types: frozenset[int], parameters: int, cpu: str) -> Format | None:
    """The format to score in, or None for the file as it is.

    ``types`` are the ggml types of the weight matrices, ``cpu`` is
    llama.cpp's system information line.
    """
    matrices = types - {0}
    if not matrices or matrices <= _FLOATS:
        return None
    if "AVX512_BF16 = 1" in cpu:
        wanted = BF16
    elif matrices & _SLOW:
        wanted = Q8_0
    else:
        return None
    return wanted if parameters * wanted.bytes_per_weight <= _MOST_BYTES else None


def scoring_copy(
    path: Path,
    types: frozenset[int],
    parameters: int,
    cache: Path,
    say: Callable[[str], None] = note,
) -> Path:
    """``path`` itself, or its faster copy under ``cache``, made now if it is not there.

    Anything that goes wrong (no space, a read-only cache, a type the quantiser
    refuses) leaves the original in use: a copy is only ever an advantage.
    """
    wanted = choose(types, parameters, capi.system_info())
    if wanted is None:
        return path
    target = cache / "scoring" / f"{path.stem}-{_fingerprint(path)}.{wanted.name}.gguf"
    if target.is_file():
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(target.parent).free < 2 * parameters * wanted.bytes_per_weight:
            return path
        _requantise(path, target, wanted)
    except OSError:
        return path
    if not target.is_file():
        return path
    say(f"made a {wanted.name.upper()} copy of {path.name} for faster scoring (once): {target}")
    return target


def _requantise(path: Path, target: Path, wanted: Format) -> None:
    c = capi.library()
    params = c.llama_model_quantize_default_params()
    params.ftype = wanted.ftype
    params.allow_requantize = True
    params.nthread = capi.usable_cores()
    handle, name = tempfile.mkstemp(prefix=".making-", suffix=".gguf", dir=target.parent)
    os.close(handle)
    try:
        code = c.llama_model_quantize(str(path).encode(), name.encode(), ctypes.byref(params))
        if code == 0:
            os.replace(name, target)
    finally:
        Path(name).unlink(missing_ok=True)


def _fingerprint(path: Path) -> str:
    """Changes when the file does: its size, and the hash of its first and last 64 KB."""
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        digest.update(file.read(65536))
        file.seek(max(0, size - 65536))
        digest.update(file.read())
    return digest.hexdigest()[:16]
