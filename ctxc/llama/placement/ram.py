"""Main memory this process can still take before something is killed for it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

PROC = Path("/proc/meminfo")
CGROUP = Path("/sys/fs/cgroup")


def available(meminfo: Path = PROC, cgroup: Path = CGROUP) -> int | None:
    """Bytes: ``MemAvailable``, or what the container's limit leaves if that is less.

    None where the system does not say (then nothing is refused on its account).
    """
    found = [size for size in (_meminfo(meminfo), _cgroup(cgroup)) if size is not None]
    if not found and sys.platform == "win32":
        return _windows()
    return min(found) if found else None


def _meminfo(path: Path) -> int | None:
    try:
        for line in path.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return None


def _cgroup(root: Path) -> int | None:
    """What is left under the limit; file cache counts as free, for the kernel drops it."""
    for limit, used, cache in (
        ("memory.max", "memory.current", "inactive_file"),
        (
            "memory/memory.limit_in_bytes",
            "memory/memory.usage_in_bytes",
            "total_inactive_file",
        ),
    ):
        most = _number(root / limit)
        taken = _number(root / used)
        if most is None or taken is None:
            continue
        if most >= 1 << 60:  # version 1 writes "no limit" as a huge number
            return None
        stat = (root / used).with_name("memory.stat")
        return max(0, most - taken + _field(stat, cache))
    return None


def _number(path: Path) -> int | None:
    try:
        text = path.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdecimal() else None


def _field(path: Path, name: str) -> int:
    try:
        for line in path.read_text().splitlines():
            if line.startswith(name + " "):
                return int(line.split()[1])
    except (OSError, ValueError, IndexError):
        pass
    return 0


def _windows() -> int | None:
    import ctypes

    class Status(ctypes.Structure):
        _fields_ = [
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((name, ctypes.c_ulonglong) for name in ("total", "free", "a", "b", "c", "d", "e")),
        ]

    status = Status()
    status.length = ctypes.sizeof(status)
    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]
    return int(status.free) if kernel.GlobalMemoryStatusEx(ctypes.byref(status)) else None


def total() -> int | None:
    """Bytes of main memory in the machine, or None."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None
