"""A model as the user names it -> the file to load.

>>> resolve("models/my.gguf").origin          # doctest: +SKIP
'path'
"""

from __future__ import annotations

import difflib
import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ctxc.console import Progress, plain
from ctxc.console import progress as shown
from ctxc.errors import ModelError
from ctxc.models import catalogue, folders, hub
from ctxc.models.catalogue import DEFAULT, Entry
from ctxc.models.fetch import fetch_wheel
from ctxc.models.folders import cache_folder

__all__ = ["ModelFile", "cache_folder", "locate", "pull", "resolve"]

Origin = Literal["path", "cache", "package"]


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A GGUF file that is there. ``name`` is what reports call it.

    ``origin``: a path the user gave, ctxc's cache, or an installed package.
    """

    path: Path
    name: str
    origin: Origin
    entry: Entry | None = None


def resolve(name: str | None = None, *, default: Entry = DEFAULT, fetch: bool = True) -> ModelFile:
    """The file for ``name`` (a path, a catalogue name, ``hf:owner/repo/file.gguf``).

    Without a name ``CTXC_MODEL`` is asked, then it is ``default``: from the cache, else
    from its installed package where it lies, else fetched once from the user's package
    index unless ``fetch`` is false. Nothing else is fetched here: a catalogue or hub name
    that is not present raises ModelError with the command that pulls it.
    """
    wanted = name or os.environ.get("CTXC_MODEL", "").strip()
    entry = _entry(wanted, default) if wanted else default
    if wanted and entry is None:
        return _named(wanted)
    assert entry is not None
    if found := locate(entry):
        return found
    if entry != default or not entry.wheel or not fetch:
        raise _absent(entry.name, f"{entry.bytes / 1e6:.0f} MB, {entry.licence}")
    with shown() as progress:
        return ModelFile(fetch_wheel(entry, progress), entry.name, "cache", entry)


def _entry(name: str, default: Entry) -> Entry | None:
    if Path(name).is_file():
        return None  # a file of that name was meant
    return default if name.lower() == default.name else catalogue.find(name)


def _named(name: str) -> ModelFile:
    if name.startswith("hf:"):
        file = hub.parse(name)
        if file.path.is_file():
            return ModelFile(file.path, file.name, "cache")
        raise _absent(file.name, "from a model hub")
    path = Path(name).expanduser()
    if path.is_file():
        return ModelFile(path, path.name.removesuffix(".gguf"), "path")
    if path.is_dir():
        inside = sorted(path.glob("*.gguf"))
        hint = f"it holds {inside[0].name}" if inside else "it holds no GGUF file"
        raise ModelError(f"{path}: a folder, where a model file is meant", hint=hint)
    names = [entry.name for entry in catalogue.CATALOGUE if not entry.is_encoder]
    near = difflib.get_close_matches(name.lower(), names, n=1)
    if near or not (os.sep in name or "/" in name or name.endswith(".gguf")):
        hint = f"did you mean {near[0]}? " if near else ""
        raise ModelError(
            f"no model is called {plain(name)!r}",
            hint=f"{hint}known: {', '.join(names)}; or a path, or hf:owner/repo/file.gguf",
        )
    raise ModelError(f"{path}: no such model file", hint="see `ctxc models` for known models")


def _absent(name: str, facts: str) -> ModelError:
    return ModelError(f"the model {name} is not here ({facts})", hint=f"ctxc models pull {name}")


def locate(entry: Entry) -> ModelFile | None:
    """Where ``entry`` already is: the cache, or its installed package. Fetches nothing."""
    path = folders.models_folder() / entry.file if entry.wheel else hub.of_entry(entry).path
    if folders.present(path, entry.bytes):
        return ModelFile(path, entry.name, "cache", entry)
    if entry.wheel:
        spec = importlib.util.find_spec(entry.package)  # found, not imported: nothing of it runs
        for folder in (spec.submodule_search_locations if spec else None) or ():
            inside = Path(folder) / entry.file
            if folders.present(inside, entry.bytes):
                return ModelFile(inside, entry.name, "package", entry)
    return None


def pull(name: str, progress: Progress) -> ModelFile:
    """Fetches a catalogue name or ``hf:owner/repo/file.gguf`` that is not here yet."""
    if name.startswith("hf:"):
        file = hub.parse(name)
        return ModelFile(hub.pull(file, progress), file.name, "cache")
    entry = catalogue.find(name)
    if entry is None:
        return _named(name)  # a file that is there, or the list of names
    if found := locate(entry):
        return found
    if entry.wheel:
        return ModelFile(fetch_wheel(entry, progress), entry.name, "cache", entry)
    return ModelFile(hub.pull(hub.of_entry(entry), progress, entry), entry.name, "cache", entry)
