"""All findings of one machine, as a frozen value and as JSON."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import CtxcError
from ..llama import machine
from ..llama.capi import usable_cores
from ..llama.placement import ram
from ..llama.runtime import RuntimeOptions
from ..models.encoders import BUILTIN
from .advice import Advice, advise, unused
from .library import Library, look
from .probe import probe


@dataclass(frozen=True, slots=True)
class Folder:
    """A place ctxc writes to; ``writable`` also where it can still be made."""

    what: str
    path: str
    exists: bool
    writable: bool


@dataclass(frozen=True, slots=True)
class Findings:
    """What ``ctxc doctor`` found. Sizes are bytes; ``probe`` is {} where none was taken."""

    library: Library
    nvidia: machine.Nvidia | None
    cpu: str
    cores: int
    features: frozenset[str]
    memory: tuple[int | None, int | None]
    model: dict[str, Any]
    folders: tuple[Folder, ...]
    advice: tuple[Advice, ...]
    probe: dict[str, Any] = field(default_factory=dict)

    @property
    def sound(self) -> bool:
        """Whether models can be run here."""
        problem = any(advice.problem for advice in self.advice)
        return not problem and "error" not in self.probe and "error" not in self.model

    def as_json(self) -> dict[str, Any]:
        """The object of ``--json``; its keys are documented in the README."""
        built = machine.built_features(self.library.system_info)
        library = asdict(self.library)
        for device in library["devices"]:
            device.pop("handle")
        return {
            "schema": 1,
            "ctxc": __version__,
            "sound": self.sound,
            "python": {
                "version": platform.python_version(),
                "executable": sys.executable,
                "platform": platform.platform(),
                "wsl": machine.is_wsl(),
            },
            "llama_cpp": {**library, "loads": self.library.loads},
            "cpu": {
                "model": self.cpu,
                "cores": self.cores,
                "used": sorted(self.features & built),
                "unused": list(unused(self.library, self.features)) if self.library.loads else [],
            },
            "memory": {"available": self.memory[0], "total": self.memory[1]},
            "nvidia": asdict(self.nvidia) if self.nvidia else None,
            "model": self.model,
            "folders": [asdict(folder) for folder in self.folders],
            "probe": self.probe,
            "advice": [asdict(advice) for advice in self.advice],
        }


def examine(
    options: RuntimeOptions | None = None,
    *,
    time_it: bool = True,
    say: Callable[[str], None] = lambda _: None,
) -> Findings:
    """Look at everything. Nothing is fetched, and nothing here raises for what it finds."""
    options = options or RuntimeOptions()
    say("asking llama.cpp")
    library, nvidia = look(), machine.nvidia()
    features = machine.cpu_features()
    model = _model(options.model)
    timed: dict[str, Any] = {}
    if time_it and library.loads and model.get("path"):
        say("timing the model")
        timed = probe(model["path"], options.threads, options.gpu_layers, options.gpu)
    advice = advise(
        library,
        nvidia,
        features,
        pci=machine.pci_nvidia(),
        wsl=machine.is_wsl(),
        visible=os.environ.get("CUDA_VISIBLE_DEVICES"),
    )
    return Findings(
        library=library,
        nvidia=nvidia,
        cpu=machine.cpu_model(),
        cores=usable_cores(),
        features=features,
        memory=(ram.available(), ram.total()),
        model=model,
        folders=_folders(),
        advice=advice,
        probe=timed,
    )


def _model(wanted: str | None) -> dict[str, Any]:
    """The language model's name and file, if it is here, and whether the encoder is."""
    from importlib import resources

    from ..models.catalogue import DEFAULT
    from ..models.resolve import locate, resolve

    encoder = (resources.files("ctxc") / "data" / f"{BUILTIN}.Q8_0.gguf").is_file()
    found: dict[str, Any] = {"name": DEFAULT.name, "path": None, "bytes": None, "encoder": encoder}
    try:
        asked = wanted or os.environ.get("CTXC_MODEL", "").strip()
        file = resolve(asked) if asked and asked != DEFAULT.name else locate(DEFAULT)
    except CtxcError as error:
        return {**found, "name": wanted, "error": error.message}
    if file is None:
        return {**found, "fetch": f"ctxc models pull {DEFAULT.name}"}
    return {**found, "name": file.name, "path": str(file.path), "bytes": file.path.stat().st_size}


def _folders() -> tuple[Folder, ...]:
    from ..models.folders import cache_folder
    from ..store import default_path

    return (_folder("cache", cache_folder()), _folder("store", default_path().parent))


def _folder(what: str, path: Path) -> Folder:
    nearest = path
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    writable = nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
    return Folder(what, str(path), path.exists(), writable)
