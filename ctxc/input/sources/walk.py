"""A folder's files in a fixed order, each once; whatever is left out is said, with the reason.

Names are sorted bytewise, a folder's files come before its subfolders, and
symbolic links are followed last, so that a file keeps its own name where it
has one. A link is followed only to what lies inside the folder walked, and no
folder is walked twice, so no knot of links is endless.
"""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from ...errors import InputError
from ..media import (
    ARCHIVES,
    BINARY,
    GZIP,
    MSG,
    OLD_OFFICE,
    OUTPUT_SUFFIX,
    PDF,
    RTF,
    SNIFFED,
    binary_reason,
    media_type,
)
from .ignore import Rules, globs_of, ignored_by, rules_above, rules_of
from .source import (
    Found,
    Selection,
    Skipped,
    Source,
    failure,
    os_failure,
    read_head,
    shown_name,
    special_kind,
)

_WITH_BYTES = frozenset((PDF, MSG, RTF, *ARCHIVES))
"""Documents that hold bytes which are no text."""


class Seen:
    """Which real paths were found already; 16 bytes each."""

    def __init__(self) -> None:
        self._paths: set[bytes] = set()

    def add(self, path: str) -> bool:
        """Whether ``path`` (a real path) is new."""
        key = blake2b(os.fsencode(path), digest_size=16).digest()
        new = key not in self._paths
        self._paths.add(key)
        return new


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder to walk, or a link.

    ``path`` opens it, ``rel`` is its path from the root (``""`` or ``a/b/``),
    ``real`` its real path.
    """

    path: str
    rel: str
    real: str
    rules: Rules


class Walk:
    """Iterates over what is found in the folder ``root``.

    ``name`` begins the names of what is found (``notes`` or ``""``), ``place``
    their places. Raises UsageError for a bad glob.
    """

    def __init__(
        self, root: str, *, name: str, place: str, selection: Selection, seen: Seen
    ) -> None:
        self._root = root
        self._name = name
        self._place = place
        self._selection = selection
        self._seen = seen
        self._globs = globs_of(selection.globs)
        self._exclude = {os.path.realpath(path) for path in selection.exclude}
        self._walked: set[tuple[int, int]] = set()
        self._links: deque[_Folder] = deque()

    def __iter__(self) -> Iterator[Found]:
        real = os.path.realpath(self._root)
        pending = [_Folder(self._root, "", real, rules_above(self._root))]
        while pending or self._links:
            if pending:
                yield from self._entries(pending.pop(), pending)
            else:
                yield from self._follow(self._links.popleft(), real, pending)

    def _entries(self, folder: _Folder, pending: list[_Folder]) -> Iterator[Found]:
        """What the folder's files are; its subfolders are put on ``pending``."""
        name = self._shown(folder.rel)
        try:
            found = os.stat(folder.path)
            if (found.st_dev, found.st_ino) in self._walked:
                yield Skipped(name, "a link to a folder already read")
                return
            self._walked.add((found.st_dev, found.st_ino))
            with os.scandir(folder.path) as listing:
                entries = sorted(listing, key=lambda entry: os.fsencode(entry.name))
        except OSError as error:
            yield failure(name, os_failure(name, error))
            return
        names = (entry.name for entry in entries)
        rules = folder.rules + rules_of(folder.path, names, strip=len(folder.rel))
        below = []
        for entry in entries:
            found_here = self._entry(folder, rules, entry)
            if isinstance(found_here, _Folder):
                below.append(found_here)
            elif found_here is not None:
                yield found_here
        pending.extend(reversed(below))

    def _entry(
        self, folder: _Folder, rules: Rules, entry: os.DirEntry[str]
    ) -> Found | _Folder | None:
        """One entry of a folder; None for a link, which is kept for later."""
        rel = folder.rel + entry.name
        name = self._shown(rel)
        real = os.path.join(folder.real, entry.name)
        try:
            is_folder = entry.is_dir(follow_symlinks=False)
            if entry.name.startswith("."):
                return Skipped(name, "a hidden folder" if is_folder else "hidden")
            if entry.is_symlink():
                self._links.append(_Folder(entry.path, rel, real, rules))
                return None
            if file := ignored_by(rules, rel + "/" if is_folder else rel):
                return Skipped(name, f"ignored by {file}")
            if is_folder:
                return _Folder(entry.path, rel + "/", real, rules)
            return self._file(entry.path, rel, real, entry.stat(follow_symlinks=False))
        except (OSError, ValueError) as error:
            return failure(name, os_failure(name, error))

    def _follow(self, link: _Folder, root: str, pending: list[_Folder]) -> Iterator[Found]:
        """What a symbolic link leads to."""
        name = self._shown(link.rel)
        try:
            real = os.path.realpath(link.path, strict=True)
            found = os.stat(real)
        except OSError:
            yield Skipped(name, "a broken link")
            return
        is_folder = stat.S_ISDIR(found.st_mode)
        if real != root and not real.startswith(root.rstrip(os.sep) + os.sep):
            yield Skipped(name, "a link out of the folder")
        elif file := ignored_by(link.rules, link.rel + "/" if is_folder else link.rel):
            yield Skipped(name, f"ignored by {file}")
        elif is_folder:
            pending.append(_Folder(link.path, link.rel + "/", real, link.rules))
        else:
            yield self._file(link.path, link.rel, real, found, "a link to a file already read")

    def _file(
        self, path: str, rel: str, real: str, found: os.stat_result, again: str = "given twice"
    ) -> Found:
        """The source at ``path``, or why it is left out."""
        name = self._shown(rel)
        if what := special_kind(found.st_mode):
            return Skipped(name, what)
        if rel.endswith(OUTPUT_SUFFIX) or real in self._exclude:
            return Skipped(name, "an output of ctxc")
        if not self._globs.select(rel):
            return Skipped(name, "not selected by --glob")
        if found.st_size > self._selection.max_file_size:
            return Skipped(name, f"larger than {self._selection.max_file_size / 1e6:g} MB")
        try:
            head = read_head(path, name, SNIFFED)
        except InputError as error:
            return failure(name, error)
        if reason := _binary(name, head, self._selection.wide):
            return Skipped(name, reason)
        if not self._seen.add(real):
            return Skipped(name, again)
        return Source(
            name,
            path=Path(path),
            place=os.path.join(self._place, rel),
            root=Path(self._root),
            size=found.st_size,
            mtime_ns=found.st_mtime_ns,
            limit=self._selection.max_file_size,
        )

    def _shown(self, rel: str) -> str:
        return shown_name(os.path.join(self._name, rel) or ".")


def _binary(name: str, head: bytes, wide: bool) -> str | None:
    """``binary`` for what no loader reads, told by its first bytes."""
    kind = media_type(name, head)
    if kind == GZIP and head.startswith(b"\x1f\x8b"):
        name, head = name.removesuffix(".gz"), _unpacked(head)
        kind = media_type(name, head)
    if kind in _WITH_BYTES:
        return None
    reason = binary_reason(head, wide=wide)
    if reason == OLD_OFFICE:
        return reason
    return "binary" if kind == BINARY or reason else None


def _unpacked(head: bytes) -> bytes:
    """The first bytes inside gzip; none where it is broken, which its loader then says."""
    import zlib

    try:
        return zlib.decompressobj(wbits=31).decompress(head, SNIFFED)
    except zlib.error:
        return b""
