"""From facts to what to do: each piece of advice has a reason and commands to paste."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass

from ..llama import machine
from . import install
from .library import Library

# What scoring gains from; measured for AVX512_BF16 (three times as fast), known for the rest.
_WORTH_A_BUILD = ("AVX512_BF16", "AVX512", "AVX2", "FMA", "F16C", "AVX", "AMX_INT8", "MATMUL_INT8")


@dataclass(frozen=True, slots=True)
class Advice:
    """``problem``: nothing that needs a model works until it is followed."""

    text: str
    commands: tuple[str, ...] = ()
    problem: bool = False


def advise(
    library: Library,
    nvidia: machine.Nvidia | None,
    features: frozenset[str],
    *,
    pci: bool = False,
    wsl: bool = False,
    visible: str | None = None,
) -> tuple[Advice, ...]:
    """What would make this machine better at it; empty where nothing would.

    ``visible`` is ``CUDA_VISIBLE_DEVICES``, ``pci`` whether an NVIDIA card is on
    the bus, driver or not.
    """
    if not library.loads:
        return (_broken(library, nvidia, features),)
    found = []
    if not library.gpus:
        found += _no_gpu(library, nvidia, pci, wsl, visible)
    if (missing := unused(library, features)) and not library.gpus:
        found.append(_rebuild(missing))
    return tuple(found)


def unused(library: Library, features: frozenset[str]) -> tuple[str, ...]:
    """CPU features that would speed scoring up, and that the build leaves out."""
    built = machine.built_features(library.system_info)
    return tuple(f for f in _WORTH_A_BUILD if f in features and f not in built)


def _fresh(nvidia: machine.Nvidia | None, features: frozenset[str]) -> tuple[str, ...]:
    """How to install it on this machine, from nothing."""
    if nvidia is not None and (version := install.wheel_version(nvidia)):
        return install.cuda_wheel(version)
    if sys.platform == "darwin" or "AVX512_BF16" in features or "AVX2" not in features:
        return (install.source(),)
    return (install.cpu_wheel(),)


def _broken(library: Library, nvidia: machine.Nvidia | None, features: frozenset[str]) -> Advice:
    error = library.error
    if not library.version:
        return Advice("install llama-cpp-python", _fresh(nvidia, features), True)
    if missing := re.search(r"lib(?:cudart|cublas(?:Lt)?)\.so\.(\d+)", error):
        return Advice(
            f"CUDA's runtime ({missing.group()}) is not installed; the wheel does not bring it",
            (install.runtime(f"{missing.group(1)}.0"),),
            True,
        )
    if "libcuda.so" in error:
        return Advice(
            "this build needs an NVIDIA driver, and there is none; install the driver, or a build "
            "for the CPU",
            (install.cpu_wheel(),),
            True,
        )
    if "illegal instruction" in error:
        return Advice(
            "the library was built for another CPU; build it on this one",
            (install.source(),),
            True,
        )
    if "GLIBC" in error:
        return Advice(
            "the wheel needs a newer C library than this system has; build from source",
            (install.source(),),
            True,
        )
    return Advice("install llama-cpp-python again", _fresh(nvidia, features), True)


def _no_gpu(
    library: Library,
    nvidia: machine.Nvidia | None,
    pci: bool,
    wsl: bool,
    visible: str | None,
) -> list[Advice]:
    if visible is not None and visible.strip() in ("", "-1"):
        if "cuda" in library.backends:
            text = "CUDA_VISIBLE_DEVICES hides every GPU from this shell"
            undo = (
                "unset CUDA_VISIBLE_DEVICES"
                if os.name != "nt"
                else ("Remove-Item Env:CUDA_VISIBLE_DEVICES")
            )
            return [Advice(text, (undo,))]
        return []
    if nvidia is None:
        if not pci:
            return []
        where = "in Windows, not inside WSL" if wsl else "from your distribution"
        return [Advice(f"an NVIDIA card is here without its driver: install the driver {where}")]
    if "cuda" in library.backends:
        return [Advice(_mismatch(library, nvidia), _fresh(nvidia, frozenset()))]
    version = install.wheel_version(nvidia)
    if not version:
        return [
            Advice(
                f"a GPU is here, but no ready-made build fits its driver (CUDA "
                f"{nvidia.cuda or 'unknown'}): update the driver, or build with CUDA's toolkit",
                (install.cuda_source(),),
            )
        ]
    return [
        Advice(
            "a GPU is here, and this llama-cpp-python is built for the CPU alone; a build for "
            f"CUDA {version} (the second line is only needed without CUDA's toolkit):",
            install.cuda_wheel(version),
        )
    ]


def _mismatch(library: Library, nvidia: machine.Nvidia) -> str:
    log = library.log.lower()
    if "driver version is insufficient" in log:
        runs = f", which runs CUDA {nvidia.cuda} at most" if nvidia.cuda else ""
        return (
            f"the driver {nvidia.driver} is older than this build of llama-cpp-python needs"
            f"{runs}: update the driver, or install a build for it"
        )
    return (
        "this CUDA build of llama-cpp-python finds no GPU although a driver is here "
        f"({nvidia.driver or 'version unknown'}): a reboot after a driver update, or another build"
    )


def _rebuild(missing: tuple[str, ...]) -> Advice:
    gain = ": scoring then takes about a third of the time" if "AVX512_BF16" in missing else ""
    return Advice(
        f"this CPU has {', '.join(missing)}, and the build does not use it; building on this "
        f"machine does (needs a C++ compiler and CMake){gain}",
        (install.source("-DGGML_NATIVE=on"),),
    )
