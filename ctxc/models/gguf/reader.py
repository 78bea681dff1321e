"""A path -> ``Header``: opens the file, or all files of a split model, and joins them."""

from __future__ import annotations

import mmap
import os
import re
import stat
from pathlib import Path

from ctxc.errors import ModelError
from ctxc.models.gguf.header import Header
from ctxc.models.gguf.parser import Cursor, refuse_magic

MAX_PARTS = 1_000
_PART = re.compile(r"^(?P<stem>.*)-(?P<no>\d{5})-of-(?P<count>\d{5})\.gguf$")


def read(path: str | os.PathLike[str]) -> Header:
    """The header of the GGUF file at ``path``, all parts of a split model joined.

    Raises ModelError that names the file and the check that failed: no such file,
    not GGUF, a version or byte order that llama.cpp does not read, damaged or
    absurd metadata, tensors that overlap or lie outside the file (a download that
    was cut off), a missing part.
    """
    path = Path(path)
    header = _read_one(path)
    count = header.metadata.get("split.count", 0)
    if not isinstance(count, int) or count <= 1:
        return header
    return _join(path, header, count)


def _read_one(path: Path) -> Header:
    try:
        # A FIFO or a device would block or never end: only plain files are opened.
        mode = os.stat(path).st_mode
        if not stat.S_ISREG(mode):
            what = "a folder" if stat.S_ISDIR(mode) else "no plain file"
            raise ModelError(f"{path}: {what}, where a GGUF file is meant")
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size < 24:
                refuse_magic(path, file.read(4), size)
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return Cursor(path, data, size).header()
    except FileNotFoundError as error:
        raise ModelError(
            f"{path}: no such model file", hint="see `ctxc models` for what is present"
        ) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ModelError(f"{path}: cannot be read ({reason})") from error


def _join(path: Path, first: Header, count: int) -> Header:
    """All parts of a split model (``NAME-00001-of-00003.gguf`` and so on) as one header."""
    match = _PART.match(path.name)
    if match is None or int(match["count"]) != count or count > MAX_PARTS:
        raise ModelError(
            f"{path}: one of {count} parts, but its name is not NAME-00001-of-{count:05d}.gguf",
            hint="keep the names the parts were published under",
        )
    parts = [
        path.with_name(f"{match['stem']}-{n:05d}-of-{count:05d}.gguf") for n in range(1, count + 1)
    ]
    if int(match["no"]) != 1:
        raise ModelError(
            f"{path}: part {match['no']} of a split model", hint=f"name its first part: {parts[0]}"
        )
    missing = [part.name for part in parts if not part.is_file()]
    if missing:
        raise ModelError(
            f"{path}: {len(missing)} of {count} parts missing: {', '.join(missing[:3])}",
            hint="put all parts in one folder",
        )
    headers = [first, *(_read_one(part) for part in parts[1:])]
    for number, part in enumerate(headers):
        if part.metadata.get("split.no") != number or part.metadata.get("split.count") != count:
            raise ModelError(f"{part.path}: not part {number + 1} of {count} of this model")
    tensors = tuple(tensor for part in headers for tensor in part.tensors)
    if len({tensor.name for tensor in tensors}) < len(tensors):
        raise ModelError(f"{path}: its parts hold the same tensor twice")
    total = sum(part.file_bytes for part in headers)
    return Header(path, first.version, first.metadata, tensors, total, tuple(parts))
