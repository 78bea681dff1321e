"""Where model files lie, and how one gets there: whole and checked, or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ctxc.console import Progress
from ctxc.errors import ModelError

BLOCK = 1 << 20
STALE = 24 * 3600  # seconds after which a temporary folder belongs to nobody
MB = 1_000_000


def cache_folder() -> Path:
    """``CTXC_CACHE_DIR``, or the platform's place for caches. Not created here."""
    if chosen := os.environ.get("CTXC_CACHE_DIR", "").strip():
        return Path(chosen).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("ctxc")


def models_folder() -> Path:
    return cache_folder() / "models"


@contextmanager
def workspace(folder: Path) -> Iterator[Path]:
    """A temporary folder inside ``folder`` (so that a rename suffices), gone afterwards.

    What a killed process left there is swept once it is a day old. Raises ModelError
    where ``folder`` cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob(".fetch-*"):
            if time.time() - old.stat().st_mtime > STALE:
                shutil.rmtree(old, ignore_errors=True)
        place = Path(tempfile.mkdtemp(prefix=".fetch-", dir=folder))
    except OSError as error:
        raise cannot_write(folder, error) from error
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def need_room(folder: Path, size: int) -> None:
    """ModelError, with the numbers, where the disk under ``folder`` has less than ``size`` free."""
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < size:
        raise ModelError(
            f"{folder}: {free / 1e9:.1f} GB free, {size / 1e9:.1f} GB needed",
            hint="free some space, or set CTXC_CACHE_DIR to a folder on another disk",
        )


def cannot_write(folder: Path, error: OSError) -> ModelError:
    return ModelError(
        f"the model cache {folder} cannot be written ({error.strerror or error})",
        hint="set CTXC_CACHE_DIR to a folder you can write, or name a model file with -m PATH",
    )


def copy_checked(source: IO[bytes], part: Path, size: int, sha256: str, what: str) -> None:
    """Streams ``source`` into ``part`` and onto the disk; ModelError unless size and hash hold."""
    digest, written = hashlib.sha256(), 0
    try:
        with open(part, "wb") as file:
            while block := source.read(BLOCK):
                written += len(block)
                if written > size:
                    break  # whatever it is, it is not the file that was pinned
                digest.update(block)
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise cannot_write(part.parent, error) from error
    _compare(what, written, size, digest.hexdigest(), sha256)


def check(path: Path, size: int, sha256: str, what: str) -> None:
    """ModelError unless the file has this size and hash ("": not known)."""
    found = path.stat().st_size
    digest = ""
    if sha256:
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
    _compare(what, found, size, digest, sha256)


def _compare(what: str, found: int, size: int, digest: str, sha256: str) -> None:
    if found != size:
        raise ModelError(
            f"{what}: {'more than ' if found > size else ''}{min(found, size)} bytes, not {size}",
            hint="the source does not hold the file that was pinned; nothing was kept",
        )
    if digest != sha256:
        raise ModelError(
            f"{what}: SHA-256 is {digest[:12]}…, not {sha256[:12]}…",
            hint="the source does not hold the file that was pinned; nothing was kept",
        )


def put(part: Path, target: Path, size: int) -> Path:
    """Moves a checked file to its place in one step; a twin that got there first is as good."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(part, target)
        _sync_folder(target.parent)
    except OSError as error:
        if present(target, size):  # Windows: another process has it open already
            return target
        raise cannot_write(target.parent, error) from error
    return target


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def present(path: Path, size: int) -> bool:
    """Whether the file is there in full length (its hash was checked when it came)."""
    try:
        return path.is_file() and path.stat().st_size == size
    except OSError:
        return False


@contextmanager
def watched(folder: Path, label: str, size: int, progress: Progress) -> Iterator[None]:
    """Shows in ``progress``, in MB, how much of ``size`` bytes has arrived under ``folder``."""
    done = threading.Event()

    def look() -> None:
        shown = 0
        while not done.wait(0.2):
            arrived = min(bytes_under(folder), size) // MB
            progress.advance(max(0, arrived - shown))
            shown = max(shown, arrived)

    progress.start(f"{label} (MB)", size // MB)
    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def bytes_under(folder: Path) -> int:
    """Bytes of all files in and below ``folder``."""
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(os.path.join(root, name)).st_size
            except OSError:
                pass  # renamed or removed since it was listed
    return total
