"""Outputs, whole or absent: a temporary file in the same folder, fsync, rename.

A source is never written to, and a mirrored output never leaves the folder it
was asked into. Temporary files begin with ``.ctxc-`` and end in ``.tmp``; one
left by a run that was killed is removed by the next run that writes there.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path

from ..console import plain
from ..errors import InputError
from ..input.media import OUTPUT_SUFFIX

_TEMPORARY = re.compile(r"\.ctxc-(\d+)-[0-9a-f]+\.tmp")
_NAME_MAX = 255

_REASONS = {
    errno.ENOSPC: ("the disk is full", "make room and run again: what is done is kept"),
    errno.EDQUOT: ("the disk quota is used up", "make room and run again: what is done is kept"),
    errno.EROFS: ("the file system is read-only", "write elsewhere with -o"),
    errno.EACCES: ("permission denied", "write elsewhere with -o"),
    errno.EPERM: ("permission denied", "write elsewhere with -o"),
    errno.ENOENT: ("there is no such folder", "make it first"),
    errno.ENOTDIR: ("a part of its path is a file, not a folder", ""),
    errno.EISDIR: ("it is a folder", "end it with a file name"),
    errno.ENAMETOOLONG: ("the name is too long", ""),
    errno.EBADF: ("it is closed", ""),
}


class OutputError(InputError):
    """One document's result cannot be written; a batch goes on."""

    kind = "output"


def write_whole(path: Path, data: bytes | Iterable[bytes], *, sources: Iterable[Path] = ()) -> None:
    """Put ``data`` at ``path``, all of it or none: bytes, or pieces that can be gone through again.

    A link is followed, so that it stays a link; a device or a FIFO
    (``/dev/stdout``) is written to as it is. Raises OutputError, with the old
    file untouched, where that cannot be done or ``path`` is one of ``sources``.
    """
    try:
        target = os.path.realpath(path)
        found = _stat(target)
        if found is not None:
            for source in sources:
                _refuse_source(path, found, source)
            if stat.S_ISDIR(found.st_mode):
                raise IsADirectoryError(errno.EISDIR, "is a folder")
            if not stat.S_ISREG(found.st_mode):
                with open(target, "wb") as stream:
                    stream.writelines(_pieces(data))
                return
        _replace(target, _pieces(data), None if found is None else stat.S_IMODE(found.st_mode))
    except (OSError, ValueError) as error:
        raise _output_error(path, error) from None


def _pieces(data: bytes | Iterable[bytes]) -> Iterable[bytes]:
    return (data,) if isinstance(data, bytes) else data


def _stat(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _refuse_source(path: Path, found: os.stat_result, source: Path) -> None:
    read = _stat(os.fspath(source))
    if read is not None and os.path.samestat(found, read):
        raise OutputError(
            f"{plain(path)} is the source itself and is not overwritten",
            hint="give -o another name",
        )


def _replace(target: str, data: Iterable[bytes], mode: int | None) -> None:
    """Temporary file, fsync, rename, fsync of the folder. Raises OSError."""
    folder = os.path.dirname(target) or "."
    for attempt in (1, 2):
        temporary = os.path.join(folder, f".ctxc-{os.getpid()}-{os.urandom(6).hex()}.tmp")
        try:
            _write(temporary, data, mode)
            os.replace(temporary, target)
            break
        except FileNotFoundError:
            # Another machine's run on the same folder may have tidied it away: it cannot see
            # that this process lives. Once more, then it is something else.
            if attempt == 2 or not os.path.isdir(folder):
                raise
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
    _sync_folder(folder)


def _write(path: str, data: Iterable[bytes], mode: int | None) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, 0o666), "wb") as file:
        if mode is not None and hasattr(os, "fchmod"):
            os.fchmod(file.fileno(), mode)
        file.writelines(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: str) -> None:
    """Make the rename itself last through a power cut, where the system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def reason_of(error: OSError | ValueError) -> tuple[str, str]:
    """Why the system would not write, and what to do about it (or "")."""
    number = error.errno if isinstance(error, OSError) else None
    return _REASONS.get(number or 0, (getattr(error, "strerror", None) or str(error), ""))


def _output_error(path: Path, error: OSError | ValueError) -> OutputError:
    reason, hint = reason_of(error)
    return OutputError(f"cannot write {plain(path)}: {reason}", hint=hint)


def tidy(folder: Path) -> None:
    """Remove the temporary files in ``folder`` of runs that are gone."""
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):
            match = _TEMPORARY.fullmatch(name)
            if match and not _alive(int(match[1])):
                with contextlib.suppress(OSError):
                    os.unlink(os.path.join(folder, name))


def _alive(process: int) -> bool:
    if os.name == "nt":
        return True  # there, asking after a process can end it
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        pass  # it lives and is somebody else's
    return True


class Mirror:
    """The tree of outputs under a folder: ``notes/a.pdf`` -> ``FOLDER/notes/a.pdf.ctx.md``.

    Remembers what was claimed in this run, so that two sources never share
    one output.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._claimed: dict[str, str] = {}
        self._tidied: set[Path] = set()

    def path(self, place: str, name: str) -> Path:
        """Where the output of the source at ``place`` goes (``sources.Source.place``).

        ``name`` is what the source is called in messages. Raises OutputError
        where another source was given the same output.
        """
        parts = [_safe(part) for part in place.split(os.sep) if part not in ("", ".", "..")]
        *folders, last = parts or ["stdin"]
        path = self._folder.joinpath(*folders, _fitting(last))
        other = self._claimed.setdefault(os.fspath(path), name)
        if other != name:
            raise OutputError(
                f"{plain(name)} and {plain(other)} would both be written to {plain(path)}",
                hint="give them in two runs with two output folders",
            )
        return path

    def claimed(self, path: Path) -> bool:
        """Whether ``path`` is the output of a source of this run, written or not."""
        return os.fspath(path) in self._claimed

    def write(self, path: Path, data: bytes) -> None:
        """Write an output whole, making its folders. Raises OutputError."""
        parent = path.parent
        try:
            parent.mkdir(parents=True, exist_ok=True)
            inside = os.path.realpath(parent)
            top = os.path.realpath(self._folder)
        except (OSError, ValueError) as error:
            raise _output_error(path, error) from None
        if inside != top and not inside.startswith(top.rstrip(os.sep) + os.sep):
            raise OutputError(f"{plain(path)} leads out of {plain(self._folder)} by a link")
        if parent not in self._tidied:
            self._tidied.add(parent)
            tidy(parent)
        try:
            if path.is_dir() and not path.is_symlink():
                raise IsADirectoryError(errno.EISDIR, "is a folder")
            # A link at the output's own place is replaced, never written through.
            _replace(os.fspath(path), (data,), None)
        except (OSError, ValueError) as error:
            raise _output_error(path, error) from None


def _safe(part: str) -> str:
    """A path's part without control characters, which become ``%XX``.

    >>> _safe("a\\nb")
    'a%0Ab'
    """
    unsafe = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029/]")
    return unsafe.sub(lambda m: "".join(f"%{b:02X}" for b in m[0].encode()), part)


def _fitting(name: str) -> str:
    """``name`` + the suffix, shortened with a hash where file systems would refuse it."""
    full = os.fsencode(name + OUTPUT_SUFFIX)
    if len(full) <= _NAME_MAX:
        return name + OUTPUT_SUFFIX
    from hashlib import sha256

    mark = "~" + sha256(full).hexdigest()[:12] + OUTPUT_SUFFIX
    kept = os.fsencode(name)[: _NAME_MAX - len(mark)]
    # Cut between characters: half of one would be no UTF-8.
    return kept.decode("utf-8", "ignore") + mark
