"""Arguments -> sources: files, folders, ``-`` and lists of paths, in a fixed order, each once.

What cannot be read is a ``Failure`` in the stream and what is left out a
``Skipped``; neither ends the batch. Nothing is read here but the first bytes
of a folder's files; ``Source.read`` does the rest.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from ...console import plain
from ...errors import InputError, UsageError
from .ignore import globs_of
from .source import (
    MAX_FILE_SIZE,
    Found,
    Selection,
    Skipped,
    Source,
    check_regular,
    failure,
    os_failure,
    shown_name,
    too_large,
)
from .walk import Seen, Walk

__all__ = [
    "MAX_FILE_SIZE",
    "Found",
    "Selection",
    "Skipped",
    "Source",
    "find",
    "place_of",
    "read_list",
]

_LONGEST_PATH = 1 << 15
"""Bytes; no system allows a longer path, so a longer line is no path."""


_EVERYTHING = Selection()


def find(
    arguments: Sequence[str | Path],
    *,
    selection: Selection = _EVERYTHING,
    files_from: str | None = None,
    nul: bool = False,
    stdin_name: str = "",
    stdin: BinaryIO | None = None,
    listed: Sequence[str] | None = None,
) -> Iterator[Found]:
    """What the arguments name, then what the list ``files_from`` names.

    An argument is a file, a folder or ``-``; a list holds one path a line, or
    separated by NUL bytes with ``nul``. ``stdin_name`` stands for the name of
    ``-`` and so for its type; ``stdin`` replaces the process's own, and
    ``listed`` the list, where it was read before (``read_list``).

    Raises UsageError, at once, for stdin asked for twice and for a bad glob;
    while iterating, for a list that cannot be read.
    """
    given = [os.fspath(argument) for argument in arguments]
    if files_from == "-" and "-" in given:
        raise UsageError("standard input cannot be both a document and the list of files")
    globs_of(selection.globs)
    paths: Iterable[str] = listed or ()
    if files_from is not None and listed is None:
        paths = _listed(files_from, b"\0" if nul else b"\n", stdin)
    return _find(given, paths, selection, stdin_name, stdin)


def read_list(files_from: str, nul: bool) -> tuple[str, ...]:
    """All paths of a list, for a run that must know them before it writes. Raises UsageError."""
    return tuple(_listed(files_from, b"\0" if nul else b"\n", None))


def _find(
    given: list[str],
    listed: Iterable[str],
    selection: Selection,
    stdin_name: str,
    stdin: BinaryIO | None,
) -> Iterator[Found]:
    seen = Seen()
    for argument in given:
        if argument == "-":
            yield _standard_input(stdin_name, selection, stdin, seen)
        else:
            yield from _argument(argument, selection, seen)
    for path in listed:
        yield from _argument(path, selection, seen)


def _standard_input(
    name: str, selection: Selection, stdin: BinaryIO | None, seen: Seen
) -> Source | Skipped:
    if not seen.add("-"):
        return Skipped("-", "given twice")
    place = _place(os.path.basename(name)) or "stdin"
    return Source(shown_name(name) or "-", place=place, limit=selection.max_file_size, stream=stdin)


def _argument(path: str, selection: Selection, seen: Seen) -> Iterator[Found]:
    """What one path names: itself, or what is in it."""
    name = shown_name(path)
    try:
        if not path:
            raise InputError("an empty name is no file")
        found = os.stat(path)
        if selection.folders and stat.S_ISDIR(found.st_mode):
            start = "" if path in (".", "./") else path
            yield from Walk(path, name=start, place=place_of(path), selection=selection, seen=seen)
            return
        yield _file(path, name, found, selection, seen)
    except InputError as error:
        yield failure(name, error)
    except (OSError, ValueError) as error:
        yield failure(name, os_failure(name, error))


def _file(
    path: str, name: str, found: os.stat_result, selection: Selection, seen: Seen
) -> Source | Skipped:
    check_regular(name, found)
    if found.st_size > selection.max_file_size:
        raise too_large(name, selection.max_file_size)
    if not seen.add(os.path.realpath(path)):
        return Skipped(name, "given twice")
    return Source(
        name,
        path=Path(path),
        place=_place(path),
        size=found.st_size,
        mtime_ns=found.st_mtime_ns,
        limit=selection.max_file_size,
    )


def _place(path: str) -> str:
    """Where a mirrored output of ``path`` lies: its relative path, never upward.

    A path under the current folder is taken from there, any other from the
    root of the file system, so that two files never share a place.

    >>> _place("notes/a.pdf"), _place("/srv/x/../a.pdf"), _place("../a.pdf")
    ('notes/a.pdf', 'srv/a.pdf', 'a.pdf')
    """
    path = os.path.normpath(path) if path else ""
    if os.path.isabs(path):
        inside = os.path.relpath(path)
        path = path if inside.startswith("..") else inside
    parts = os.path.splitdrive(path)[1].split(os.sep)
    return os.path.join("", *(part for part in parts if part not in ("", ".", "..")))


def place_of(path: str) -> str:
    """Where a folder's outputs are mirrored: its relative path, never upward.

    A folder from elsewhere keeps its own name only (``/srv/x`` -> ``x``).
    """
    place = _place(path)
    elsewhere = os.path.isabs(path) and os.path.relpath(path).startswith("..")
    return os.path.basename(place) if elsewhere else place


def _listed(files_from: str, separator: bytes, stdin: BinaryIO | None) -> Iterator[str]:
    """The paths of a list, as it is read. Raises UsageError."""
    name = shown_name(files_from)
    source = Source(name, path=None if files_from == "-" else Path(files_from), stream=stdin)
    try:
        with source.open() as stream:
            for path in _split(stream, separator):
                if separator == b"\n":
                    path = path.removesuffix(b"\r")
                if len(path) > _LONGEST_PATH:
                    raise UsageError(f"{plain(name)} is no list of paths (a line is too long)")
                if path:
                    yield os.fsdecode(path)
    except InputError as error:
        raise UsageError(f"--files-from: {error.message}", hint=error.hint) from None
    except OSError as error:
        raise UsageError(f"--files-from: {os_failure(name, error).message}") from None


def _some(stream: BinaryIO) -> bytes:
    """What is there already, so that a list is worked on while it is being made."""
    read = getattr(stream, "read1", stream.read)
    chunk: bytes = read(1 << 16)
    return chunk


def _split(stream: BinaryIO, separator: bytes) -> Iterator[bytes]:
    """The stream's pieces between separators; a piece too long for a path comes cut."""
    rest = b""
    while chunk := _some(stream):
        *pieces, rest = (rest + chunk).split(separator)
        yield from pieces
        if len(rest) > _LONGEST_PATH:
            break
    yield rest
