"""What this machine has, found without loading llama.cpp: CPU features, GPU, driver, Windows."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib import util
from pathlib import Path

FEATURES = {  # /proc/cpuinfo's word: llama.cpp's
    "avx": "AVX",
    "avx2": "AVX2",
    "fma": "FMA",
    "f16c": "F16C",
    "bmi2": "BMI2",
    "avx_vnni": "AVX_VNNI",
    "avx512f": "AVX512",
    "avx512_vbmi": "AVX512_VBMI",
    "avx512vbmi": "AVX512_VBMI",
    "avx512_vnni": "AVX512_VNNI",
    "avx512_bf16": "AVX512_BF16",
    "amx_int8": "AMX_INT8",
    "asimd": "NEON",
    "asimddp": "DOTPROD",
    "i8mm": "MATMUL_INT8",
    "sve": "SVE",
}


@dataclass(frozen=True, slots=True)
class Card:
    """An NVIDIA card as its driver names it; ``compute`` is 8.6 and the like, "" unknown."""

    name: str
    total: int
    free: int
    compute: str = ""


@dataclass(frozen=True, slots=True)
class Nvidia:
    """``driver`` and the newest CUDA it runs, "" where they cannot be told; the cards."""

    driver: str = ""
    cuda: str = ""
    cards: tuple[Card, ...] = ()


def cpu_model() -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", _read("/proc/cpuinfo"), re.MULTILINE)
    return found.group(1) if found else platform.processor() or platform.machine()


def cpu_features(cpuinfo: str | None = None) -> frozenset[str]:
    """Features of this CPU that llama.cpp can be built for, in its words; empty if unknown."""
    text = _read("/proc/cpuinfo") if cpuinfo is None else cpuinfo
    found = re.search(r"^(?:flags|Features)\s*:\s*(.+)$", text, re.MULTILINE)
    words = set(found.group(1).split()) if found else set()
    return frozenset(name for word, name in FEATURES.items() if word in words)


def built_features(system_info: str) -> frozenset[str]:
    """Features of a build, from llama.cpp's line (``CPU : AVX2 = 1 | ...``).

    >>> sorted(built_features("CPU : AVX = 1 | AVX512 = 0 | OPENMP = 1 | "))
    ['AVX', 'OPENMP']
    """
    return frozenset(re.findall(r"(\w+) = 1\b", system_info))


def is_wsl() -> bool:
    return "microsoft" in _read("/proc/version").lower()


def nvidia() -> Nvidia | None:
    """The NVIDIA driver and its cards, or None where there is no sign of either."""
    there = [Path("/proc/driver/nvidia/version"), Path("/dev/nvidia0"), Path("/dev/nvidiactl")]
    program = shutil.which("nvidia-smi") or _wsl_program()
    if program is None and not any(path.exists() for path in there):
        return None
    found = re.search(r"Kernel Module\D+([\d.]+)", _read("/proc/driver/nvidia/version"))
    driver = found.group(1) if found else ""
    return _ask(program, driver) if program else Nvidia(driver)


def _wsl_program() -> str | None:
    path = Path("/usr/lib/wsl/lib/nvidia-smi")
    return str(path) if path.exists() else None


def _ask(program: str, driver: str) -> Nvidia | None:
    head = _run([program])
    fields = "name,memory.total,memory.free,compute_cap,driver_version"
    rows = _run([program, f"--query-gpu={fields}", "--format=csv,noheader,nounits"])
    cards = []
    for line in rows.splitlines():
        parts = [part.strip() for part in line.split(",")]
        if len(parts) == 5 and parts[1].isdecimal() and parts[2].isdecimal():
            cards.append(Card(parts[0], int(parts[1]) << 20, int(parts[2]) << 20, parts[3]))
            driver = driver or parts[4]
    cuda = re.search(r"CUDA Version:\s*([\d.]+)", head)
    if not cards and not driver:
        return None  # the program is installed, the card is not
    return Nvidia(driver, cuda.group(1) if cuda else "", tuple(cards))


def _run(command: list[str]) -> str:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=20, errors="replace", check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def pci_nvidia() -> bool:
    """Whether an NVIDIA display controller is on the PCI bus, driver or not."""
    for device in Path("/sys/bus/pci/devices").glob("*"):
        if _read(device / "vendor").strip() == "0x10de" and _read(device / "class").startswith(
            "0x03"
        ):
            return True
    return False


def library_folder() -> Path | None:
    """Where llama-cpp-python keeps its libraries, found without importing it."""
    if chosen := os.environ.get("LLAMA_CPP_LIB_PATH"):
        return Path(chosen)
    spec = util.find_spec("llama_cpp")
    for root in (spec.submodule_search_locations or ()) if spec else ():
        return Path(root) / "lib"
    return None


def built_for() -> frozenset[str]:
    """The GPU backends beside the library: "cuda", "vulkan", "metal", "hip", "sycl"."""
    folder = library_folder()
    names = [path.name for path in folder.glob("*ggml-*")] if folder else []
    kinds = ("cuda", "vulkan", "metal", "hip", "sycl")
    return frozenset(kind for kind in kinds if any(f"ggml-{kind}" in name for name in names))


def gpu_without_support() -> str | None:
    """Why a GPU that is here cannot be used, or None where there is none. Quick."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if "cuda" in built_for():
        if visible is not None and visible.strip() in ("", "-1"):
            return "CUDA_VISIBLE_DEVICES hides every GPU"
        return "this CUDA build of llama-cpp-python finds no usable NVIDIA GPU and driver"
    here = any(Path(p).exists() for p in ("/dev/nvidia0", "/proc/driver/nvidia/version"))
    if here or _wsl_program() or (sys.platform == "win32" and shutil.which("nvidia-smi")):
        if not built_for():
            return "an NVIDIA GPU is here, but this llama-cpp-python is built for the CPU alone"
    return None


def _read(path: str | Path) -> str:
    try:
        return Path(path).read_text(errors="replace")
    except OSError:
        return ""
