"""What ggml can compute on: devices with their free and total memory, as the library sees them.

``CTXC_VRAM_LIMIT`` (``4G``, ``3500M``, or bytes) caps what a GPU is taken to have:
for leaving room to other programs, and for trying out a smaller card.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from ...errors import ConfigError
from .. import capi

KINDS = ("cpu", "gpu", "igpu", "accel")  # enum ggml_backend_dev_type
LIMIT = "CTXC_VRAM_LIMIT"
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


@dataclass(frozen=True, slots=True)
class Device:
    """One device.

    ``free`` and ``total`` are bytes; ``display``: a desktop may draw on it and take more;
    ``handle`` is ggml's, 0 for a made-up one.
    """

    name: str
    description: str
    kind: str
    free: int
    total: int
    display: bool = False
    handle: int = 0

    @property
    def is_gpu(self) -> bool:
        return self.kind in ("gpu", "igpu")


@cache
def _ggml() -> Any:
    """The ggml functions, with their types. On Linux and macOS libllama resolves them."""
    lib = capi.library()._lib
    if sys.platform == "win32":
        lib = ctypes.CDLL(str(Path(lib._name).parent / "ggml.dll"))
    base = lib
    if not hasattr(base, "ggml_backend_dev_name"):
        base = ctypes.CDLL(str(Path(lib._name).parent / "ggml-base.dll"))
    size_p = ctypes.POINTER(ctypes.c_size_t)
    found: dict[str, Any] = {}
    for source, name, arguments, result in (
        (lib, "ggml_backend_dev_count", [], ctypes.c_size_t),
        (lib, "ggml_backend_dev_get", [ctypes.c_size_t], ctypes.c_void_p),
        (base, "ggml_backend_dev_name", [ctypes.c_void_p], ctypes.c_char_p),
        (base, "ggml_backend_dev_description", [ctypes.c_void_p], ctypes.c_char_p),
        (base, "ggml_backend_dev_type", [ctypes.c_void_p], ctypes.c_int),
        (base, "ggml_backend_dev_memory", [ctypes.c_void_p, size_p, size_p], None),
    ):
        function = getattr(source, name)
        function.argtypes, function.restype = arguments, result
        found[name.removeprefix("ggml_backend_dev_")] = function
    return found


def _text(raw: bytes | None) -> str:
    return (raw or b"").decode("utf-8", "replace")


def has_gpu() -> bool:
    """Whether a GPU is registered. Asks for no memory, so that none is taken."""
    ggml = _ggml()
    kinds = (ggml["type"](ggml["get"](index)) for index in range(ggml["count"]()))
    return any(kind in (1, 2) for kind in kinds)


def devices() -> tuple[Device, ...]:
    """All devices, in ggml's order, GPUs capped by ``CTXC_VRAM_LIMIT``.

    Asking a CUDA device for its memory takes some hundred MB of it for the
    process that asks; what is returned is free after that.
    Raises ConfigError where the variable is not a size.
    """
    ggml, limit, found = _ggml(), vram_limit(), []
    for index in range(ggml["count"]()):
        handle = ggml["get"](index)
        free, total = ctypes.c_size_t(), ctypes.c_size_t()
        ggml["memory"](handle, ctypes.byref(free), ctypes.byref(total))
        kind = ggml["type"](handle)
        device = Device(
            name=_text(ggml["name"](handle)),
            description=_text(ggml["description"](handle)),
            kind=KINDS[kind] if 0 <= kind < len(KINDS) else "accel",
            free=free.value,
            total=total.value,
            display=kind in (1, 2) and _display(),
            handle=int(handle or 0),
        )
        found.append(_capped(device, limit) if device.is_gpu else device)
    return tuple(found)


def gpus(found: tuple[Device, ...] | None = None) -> tuple[Device, ...]:
    """The devices layers can be offloaded to: discrete cards, else integrated ones."""
    found = devices() if found is None else found
    cards = tuple(device for device in found if device.kind == "gpu")
    return cards or tuple(device for device in found if device.kind == "igpu")


@cache
def _display() -> bool:
    """Whether a desktop draws on a card of this machine; Windows, WSL included, always may."""
    if sys.platform != "linux":
        return True
    if Path("/dev/dxg").exists():
        return True
    for status in Path("/sys/class/drm").glob("card*-*/status"):
        try:
            if status.read_text().strip() == "connected":
                return True
        except OSError:
            continue
    return False


def vram_limit() -> int | None:
    """``CTXC_VRAM_LIMIT`` in bytes, or None where it is not set."""
    raw = os.environ.get(LIMIT, "").strip()
    if not raw:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMG]?)(?:i?B)?", raw, re.IGNORECASE)
    if match is None:
        raise ConfigError(f"{LIMIT}={raw!r} is not a size", hint="for example 4G or 3500M")
    return int(float(match.group(1)) * _UNITS[match.group(2).upper()])


def _capped(device: Device, limit: int | None) -> Device:
    """As a card of ``limit`` bytes on which the same bytes are in use.

    >>> _capped(Device("CUDA0", "", "gpu", free=70, total=80), 40).free
    30
    """
    if limit is None or limit >= device.total:
        return device
    used = device.total - device.free
    return replace(device, free=max(0, limit - used), total=limit)
