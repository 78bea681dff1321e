"""The commands that install llama-cpp-python for a given machine.

PyPI has the source alone; the project's own index has wheels for the CPU (AVX2)
and for CUDA versions. The CUDA wheels do not bring CUDA's runtime libraries.
"""

from __future__ import annotations

import sys

from ..llama.machine import Nvidia

REQUIREMENT = '"llama-cpp-python>=0.3.36,<0.4"'
INDEX = "https://abetlen.github.io/llama-cpp-python/whl/"
_LINUX = ("11.8", "12.1", "12.2", "12.3", "12.4", "12.5", "13.0", "13.2")
_WINDOWS = ("11.8", "12.4", "12.5", "13.0", "13.2")
_OLDEST_CARD = {13: 7.5, 12: 6.0, 11: 6.0}  # compute capability in the wheels, by CUDA's major


def wheel_version(nvidia: Nvidia, platform: str = sys.platform) -> str:
    """The newest CUDA version with a wheel that the driver and every card run, or "".

    >>> wheel_version(Nvidia("560.1", "12.6"), "linux")
    '12.5'
    """
    driver = _number(nvidia.cuda)
    oldest = min((_number(card.compute) or (9, 9) for card in nvidia.cards), default=(9, 9))
    best = ""
    for version in _WINDOWS if platform == "win32" else _LINUX:
        number = _number(version)
        needs = _number(str(_OLDEST_CARD[number[0]]))
        if driver and number <= driver and oldest >= needs:
            best = version
    return best


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())


def pip() -> str:
    """pip of this very interpreter, so that it lands where ctxc looks."""
    return (
        f'"{sys.executable}" -m pip install'
        if " " in sys.executable
        else (f"{sys.executable} -m pip install")
    )


def cuda_wheel(version: str) -> tuple[str, str]:
    """The wheel, and the runtime libraries it needs where no CUDA toolkit is installed."""
    tag = "cu" + version.replace(".", "")
    return (
        f"{pip()} --upgrade --force-reinstall --no-cache-dir --only-binary llama-cpp-python "
        f"--extra-index-url {INDEX}{tag} {REQUIREMENT}",
        runtime(version),
    )


def runtime(version: str) -> str:
    """CUDA's runtime libraries from PyPI, which ctxc loads by itself.

    >>> runtime("12.5").split()[-2:]
    ['nvidia-cuda-runtime-cu12', 'nvidia-cublas-cu12']
    """
    major = _number(version)[0] if _number(version) else 12
    suffix = "" if major >= 13 else f"-cu{major}"
    bounds = f'"nvidia-cuda-runtime=={major}.*" "nvidia-cublas=={major}.*"'
    names = bounds if major >= 13 else f"nvidia-cuda-runtime{suffix} nvidia-cublas{suffix}"
    return f"{pip()} {names}"


def cpu_wheel() -> str:
    return (
        f"{pip()} --upgrade --force-reinstall --no-cache-dir --only-binary llama-cpp-python "
        f"--extra-index-url {INDEX}cpu {REQUIREMENT}"
    )


def source(flags: str = "", platform: str = sys.platform) -> str:
    """A build for exactly this machine; without ``--no-cache-dir`` pip reuses an older one."""
    command = (
        f"{pip()} --upgrade --force-reinstall --no-cache-dir --no-binary llama-cpp-python "
        f"{REQUIREMENT}"
    )
    if not flags:
        return command
    if platform == "win32":  # PowerShell
        return f'$env:CMAKE_ARGS="{flags}"; {command}'
    return f'CMAKE_ARGS="{flags}" {command}'


def cuda_source(platform: str = sys.platform) -> str:
    """Needs CUDA's toolkit (nvcc) and a C++ compiler; 10 to 40 minutes."""
    return source("-DGGML_CUDA=on -DCMAKE_CUDA_ARCHITECTURES=native", platform)
