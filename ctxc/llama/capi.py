"""The C library: imported once, quiet, with its log kept for error messages."""

from __future__ import annotations

import ctypes
import os
import re
import sys
from collections import deque
from functools import cache
from importlib import util
from pathlib import Path
from typing import Any

from ..errors import ModelError

_log: deque[str] = deque(maxlen=200)
_keep_alive: list[Any] = []  # ctypes callbacks die with their last reference
_DEBUG = 1  # ggml_log_level

INSTALL_HINT = "install it: pip install llama-cpp-python (needs a C++ compiler), then: ctxc doctor"


@cache
def library() -> Any:
    """The module ``llama_cpp.llama_cpp``, initialised.

    Raises ModelError with the reason where it is missing or does not load.
    """
    # Without this an abort inside llama.cpp forks a debugger and dumps pages of text.
    os.environ.setdefault("GGML_NO_BACKTRACE", "1")
    # Threads that wait must not spin: on busy cores spinning halves the speed or worse.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    _preload_cuda()
    try:
        import llama_cpp.llama_cpp as c
    except ImportError as error:
        raise ModelError("llama-cpp-python is not installed", hint=INSTALL_HINT) from error
    except (OSError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise ModelError(f"llama-cpp-python does not load: {reason}", hint=INSTALL_HINT) from error

    @c.llama_log_callback  # type: ignore[untyped-decorator]
    def on_log(level: int, text: bytes, _user: Any) -> None:
        if level != _DEBUG:  # a thousand lines for one context
            _log.append(text.decode("utf-8", "replace"))

    _keep_alive.append(on_log)
    c.llama_log_set(on_log, ctypes.c_void_p(0))
    c.llama_backend_init()
    return c


def _preload_cuda() -> None:
    """Load the CUDA libraries that pip installed, which the CUDA wheels do not bundle."""
    if sys.platform != "linux":
        return
    spec = util.find_spec("nvidia")
    for root in (spec.submodule_search_locations or ()) if spec else ():
        for name in ("libcudart.so.*", "libcublasLt.so.*", "libcublas.so.*"):
            for path in sorted(Path(root).glob(f"*/lib/{name}")):
                try:
                    ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)
                except OSError:
                    continue  # the import of llama_cpp reports what is really missing


def log_mark() -> int:
    """Forget the log so far; what ``log_tail`` returns later is newer."""
    _log.clear()
    return 0


def log_text() -> str:
    """The last 200 lines of llama.cpp's log."""
    return "".join(_log)


def log_reason() -> str:
    """The line of the log that says why something failed, or an empty string."""
    lines = [line.strip() for line in log_text().splitlines() if line.strip()]
    for word in ("error", "unable", "failed", "invalid", "unknown"):
        for line in reversed(lines):
            if word in line.lower():
                return re.sub(r"^(?:(?:llama|ggml|sched)\w*: )+", "", line)
    return ""


def system_info() -> str:
    """llama.cpp's own line about the CPU features it was built with."""
    info: bytes = library().llama_print_system_info()
    return info.decode("utf-8", "replace")


def usable_cores() -> int:
    """Cores this process may use: affinity, and the container's CPU quota."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:
        cores = os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        if quota != "max":
            cores = min(cores, max(1, int(quota) // int(period)))
    except (OSError, ValueError):
        pass
    return cores
