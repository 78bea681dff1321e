"""A source found, a source skipped, and how a source's bytes are read."""

from __future__ import annotations

import errno
import io
import os
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from ...console import plain
from ...errors import InputError
from ...result import Failure

MAX_FILE_SIZE = 200_000_000
"""Bytes read from one source unless the user says otherwise."""

_CHUNK = 1 << 20

_REASONS = {
    errno.ENOENT: "no such file",
    errno.ENOTDIR: "no such file (a part of its path is not a folder)",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.ELOOP: "its symbolic links form a loop",
    errno.ENAMETOOLONG: "its name is too long",
    errno.EIO: "the disk reported a read error",
}


@dataclass(frozen=True, slots=True)
class Selection:
    """Which files of a folder are read, and how much of one.

    ``globs`` are patterns as in ``.gitignore`` (``*.md``, ``docs/**``,
    ``!drafts/``); none selects all. ``exclude`` are files never read (where
    output goes). ``folders=False`` refuses folders. ``wide``: the user said
    that the encoding is UTF-16 or UTF-32, so NUL bytes do not mean binary.
    """

    globs: tuple[str, ...] = ()
    max_file_size: int = MAX_FILE_SIZE
    folders: bool = True
    wide: bool = False
    exclude: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """Something to read: a file, standard input, or bytes at hand.

    ``name`` is what the user would call it (the path as given, ``-``); bytes
    of a file name that are not UTF-8 show as ``\\xNN``, so it is always valid
    text. It may hold control characters: print it through ``console.plain``.
    ``place`` is where a mirrored output lies, relative and without ``..``.
    ``size`` in bytes and ``mtime_ns`` are as found; None for streams.
    """

    name: str
    path: Path | None = None
    data: bytes | None = None
    place: str = ""
    root: Path | None = None
    size: int | None = None
    mtime_ns: int | None = None
    limit: int = MAX_FILE_SIZE
    stream: BinaryIO | None = field(default=None, compare=False, repr=False)

    def read(self) -> bytes:
        """All its bytes, at most ``limit``. A stream (stdin) can be read once.

        Raises InputError where it is missing, unreadable, no regular file,
        larger than ``limit``, or changes while it is read.
        """
        if self.path is not None:
            return _read_file(self.path, self.name, self.limit)
        with self.open() as stream:
            return _read_stream(stream, self.name, self.limit)

    def open(self) -> BinaryIO:
        """A binary stream of its bytes, for what is read line by line (no limit).

        Closing standard input's stream leaves standard input open. Raises InputError.
        """
        if self.path is not None:
            return os.fdopen(open_regular(self.path, self.name), "rb")
        if self.data is not None:
            return io.BytesIO(self.data)
        return cast(BinaryIO, _Borrowed(self.stream or _standard_input()))


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file or folder met on the way and left out; ``reason`` is a short phrase to count by."""

    name: str
    reason: str


Found = Source | Skipped | Failure


class _Borrowed(io.BufferedIOBase):
    """A stream that belongs to somebody else: closing it does nothing to the original."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        return self._stream.read(-1 if size is None else size)

    def read1(self, size: int = -1, /) -> bytes:
        read: Callable[[int], bytes] = getattr(self._stream, "read1", self._stream.read)
        return read(size)

    def readline(self, size: int | None = -1, /) -> bytes:
        return self._stream.readline(-1 if size is None else size)


def _standard_input() -> BinaryIO:
    if sys.stdin is None:
        raise InputError("standard input is closed")
    return sys.stdin.buffer


def shown_name(path: str) -> str:
    """A path as valid text: undecodable bytes become ``\\xNN``."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def failure(name: str, error: InputError) -> Failure:
    """The error as a value, for a batch that goes on."""
    return Failure(name, error.kind, error.message, error.hint)


def os_failure(name: str, error: OSError | ValueError) -> InputError:
    """What the operating system said about a file, in one line."""
    if isinstance(error, OSError):
        reason = _REASONS.get(error.errno or 0) or (error.strerror or "cannot be read").lower()
    else:
        reason = "its name holds a NUL byte"
    return InputError(f"{plain(name)}: {reason}")


def special_kind(mode: int) -> str | None:
    """What a file that is neither a regular file nor a folder is, or None."""
    for test, what in (
        (stat.S_ISFIFO, "a FIFO"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    ):
        if test(mode):
            return what
    return None


def check_regular(name: str, found: os.stat_result) -> None:
    """Raise InputError for anything that is no regular file."""
    if stat.S_ISDIR(found.st_mode):
        raise InputError(f"{plain(name)} is a folder, and a file is needed here")
    if what := special_kind(found.st_mode):
        raise InputError(
            f"{plain(name)} is {what}, not a file",
            hint="to read a stream, pipe it in and give - as the input",
        )


def too_large(name: str, limit: int) -> InputError:
    return InputError(
        f"{plain(name)} is larger than {limit / 1e6:g} MB",
        hint="--max-file-size raises the limit",
    )


def open_regular(path: Path | str, name: str) -> int:
    """A descriptor of a regular file, opened without ever blocking. Raises InputError."""
    flags = os.O_RDONLY
    for extra in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY"):
        flags |= getattr(os, extra, 0)
    try:
        # Looked at before opening: opening a FIFO or a device has effects of its own.
        check_regular(name, os.stat(path))
        descriptor = os.open(path, flags)
    except (OSError, ValueError) as error:
        raise os_failure(name, error) from None
    try:
        check_regular(name, os.fstat(descriptor))
    except InputError:
        os.close(descriptor)
        raise
    return descriptor


def read_head(path: str, name: str, size: int) -> bytes:
    """The first ``size`` bytes of a file. Raises InputError."""
    descriptor = open_regular(path, name)
    try:
        return os.read(descriptor, size)
    except OSError as error:
        raise os_failure(name, error) from None
    finally:
        os.close(descriptor)


def _read_file(path: Path, name: str, limit: int) -> bytes:
    descriptor = open_regular(path, name)
    try:
        before = os.fstat(descriptor)
        if before.st_size > limit:
            raise too_large(name, limit)
        chunks, left = [], limit + 1
        while left and (chunk := os.read(descriptor, min(_CHUNK, left))):
            chunks.append(chunk)
            left -= len(chunk)
        after = os.fstat(descriptor)
    except OSError as error:
        raise os_failure(name, error) from None
    finally:
        os.close(descriptor)
    if not left:
        raise too_large(name, limit)
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise InputError(f"{plain(name)} changed while it was read", hint="run again")
    return b"".join(chunks)


def _read_stream(stream: BinaryIO, name: str, limit: int) -> bytes:
    chunks, left = [], limit + 1
    try:
        while left and (chunk := stream.read(min(_CHUNK, left))):
            chunks.append(chunk)
            left -= len(chunk)
    except (OSError, ValueError) as error:
        raise InputError(f"{plain(name)} cannot be read: {error}") from None
    if not left:
        raise too_large(name, limit)
    return b"".join(chunks)
