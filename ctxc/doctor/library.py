"""llama-cpp-python as it is installed: asked in a child, for importing it may crash."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from ..llama import machine
from ..llama.placement.devices import Device

_SCRIPT = """
import json
from ctxc.errors import CtxcError
try:
    from ctxc.llama import capi
    from ctxc.llama.placement import devices
    c = capi.library()
    keys = ("name", "description", "kind", "free", "total")
    print(json.dumps({
        "system_info": capi.system_info(),
        "offload": bool(c.llama_supports_gpu_offload()),
        "log": capi.log_text()[-2000:],
        "devices": [{k: getattr(d, k) for k in keys} for d in devices.devices()],
    }))
except CtxcError as error:
    print(json.dumps({"error": error.message}))
"""
_CRASHES = {"SIGILL": "illegal instruction", "SIGSEGV": "segmentation fault", "SIGABRT": "abort"}
_ILLEGAL_ON_WINDOWS = 0xC000001D


@dataclass(frozen=True, slots=True)
class Library:
    """``version`` is "" where nothing is installed, ``error`` why it does not load."""

    version: str = ""
    folder: str = ""
    backends: tuple[str, ...] = ()
    error: str = ""
    system_info: str = ""
    offload: bool = False
    devices: tuple[Device, ...] = ()
    log: str = ""

    @property
    def loads(self) -> bool:
        return bool(self.version) and not self.error

    @property
    def gpus(self) -> tuple[Device, ...]:
        return tuple(device for device in self.devices if device.is_gpu)


def look(command: tuple[str, ...] = (sys.executable,)) -> Library:
    """What the installed library says of itself; never raises, whatever it does."""
    try:
        version = metadata.version("llama-cpp-python")
    except metadata.PackageNotFoundError:
        return Library(error="llama-cpp-python is not installed")
    folder = machine.library_folder()
    said = ask(_SCRIPT, command)
    return Library(
        version=version,
        folder=str(folder or Path()),
        backends=tuple(sorted(machine.built_for())),
        error=said.get("error", "").removeprefix("llama-cpp-python does not load: "),
        system_info=said.get("system_info", "").strip(),
        offload=said.get("offload", False),
        devices=tuple(Device(**device) for device in said.get("devices", ())),
        log=said.get("log", ""),
    )


def ask(
    script: str, command: tuple[str, ...] = (sys.executable,), *arguments: str, timeout: int = 120
) -> dict[str, Any]:
    """The JSON object that ``script`` prints last, or ``{"error": why}``."""
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(filter(None, sys.path)))
    try:
        done = subprocess.run(
            [*command, "-P", "-c", script, *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            env=environment,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"error": f"it does not answer within {timeout} s"}
    except OSError as error:
        return {"error": f"Python does not start: {error}"}
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        return {"error": _crash(done.returncode, done.stderr)}
    try:
        found = json.loads(lines[-1])
    except json.JSONDecodeError:
        found = None
    return found if isinstance(found, dict) else {"error": "its answer cannot be read"}


def _crash(code: int, stderr: str) -> str:
    if code == _ILLEGAL_ON_WINDOWS:
        return "importing it crashes: illegal instruction"
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        return f"importing it crashes: {_CRASHES.get(name, name)} ({name})"
    lines = stderr.strip().splitlines()
    return lines[-1][:300] if lines else f"it ends with code {code}"
