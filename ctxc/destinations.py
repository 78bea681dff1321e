"""Where a run writes against all that it reads: decided once, before it begins.

Every command calls ``check`` with all of its destinations and all that it was
told to open. A destination that is one of those (by its path, through links,
or by device and inode) ends the run before anything is written, whether that
file could be read or not; so do two destinations that are one file. In a
folder that is read, a file that is there already is written only where it is
empty or an earlier run of ctxc wrote it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .config import project_file, user_file
from .console import plain
from .errors import ConfigError, UsageError
from .input.media import OUTPUT_SUFFIX
from .input.sources import Found, Source, read_list
from .models import folders
from .output.atomic import OutputError
from .products import is_product
from .store import default_path

Key = tuple[int, int] | str
"""What two names of one file have in common: device and inode, or the real path."""

_STORE_PARTS = ("", "-wal", "-shm", "-claims")


@dataclass(frozen=True, slots=True)
class Destination:
    """A file that a run writes, or with ``tree`` the folder of its outputs.

    ``option`` is what messages call it by. ``standing``: it may be there, a
    file of ctxc's own that is written again (the store, the baseline).
    """

    option: str
    path: Path
    tree: bool = False
    standing: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """What a run is told to read: arguments, a list's paths, and other files by their names.

    ``files`` are a list, instructions, prices, models, ``gguf:`` tokenizers; a
    name that is no file (a model of the catalogue) is none. ``-`` is standard input.
    """

    paths: Sequence[str] = ()
    listed: Sequence[str] = ()
    files: Sequence[str | Path | None] = ()

    def names(self) -> Iterator[str]:
        """Every name but that of standard input."""
        yield from (path for path in self.paths if path != "-")
        yield from self.listed
        files = (_file(os.fspath(name)) for name in self.files if name is not None)
        yield from filter(os.path.exists, files)
        yield from map(os.fspath, _configuration())

    def identities(self) -> Iterator[tuple[str, Key | None]]:
        """Every name and what it names; standard input by its descriptor."""
        yield from ((name, key_of(name)) for name in self.names())
        if "-" in self.paths or "-" in map(str, self.files):
            yield "standard input", _regular(0)

    def folders(self) -> Iterator[str]:
        yield from filter(os.path.isdir, (*self.paths, *self.listed))
        yield os.fspath(folders.cache_folder())


@dataclass(frozen=True, slots=True)
class Mirrored:
    """The outputs of a tree: ``sources`` lists its sources, ``target`` says where one's goes.

    ``skips_outputs``: what is named like an output is no source of this run.
    """

    sources: Callable[[], Iterable[Found]]
    target: Callable[[Source], Path | None]
    skips_outputs: bool = False


def store_files() -> tuple[Destination, ...]:
    """The store and the files beside it: never a source, nor another destination."""
    path = default_path()
    parts = [path.with_name(path.name + part) for part in _STORE_PARTS]
    return tuple(Destination("the store", part, standing=True) for part in parts)


def check(
    destinations: Sequence[Destination], opened: Opened, mirrored: Mirrored | None = None
) -> None:
    """Refuse destinations that are sources, or each other.

    Raises OutputError for a source, UsageError for two destinations in one file.
    """
    by_key = _by_key(destinations)
    printed = _regular(1)
    for name, key in opened.identities():
        if key is not None and key == printed:
            raise _printed(name)
        destination = by_key.get(key) if key is not None else None
        if destination is not None and not (destination.tree and os.path.isdir(name)):
            raise _refused(destination, name)
    for folder in opened.folders():
        for destination in destinations:
            _check_inside(destination, folder)
    if mirrored is not None:
        _check_mirrored(mirrored, destinations, opened)


def list_before(
    files_from: str | None, nul: bool, destinations: Sequence[Destination]
) -> tuple[str, ...] | None:
    """A list's paths, where a run writes more than the store: it must know them before.

    None leaves the list to be read as it is made. Raises UsageError.
    """
    return read_list(files_from, nul) if files_from is not None and destinations else None


def key_of(path: str | Path) -> Key | None:
    """What names the file: its device and inode, or its real path where it does not exist."""
    try:
        status = os.stat(path)
    except OSError:
        return os.path.realpath(path)
    except ValueError:
        return None  # a NUL byte: no name of a file
    return (status.st_dev, status.st_ino) if status.st_ino else os.path.realpath(path)


def _by_key(destinations: Sequence[Destination]) -> dict[Key, Destination]:
    """Raises UsageError for two destinations that are one file."""
    by_key: dict[Key, Destination] = {}
    for destination in destinations:
        if _is_device(destination.path):
            continue  # /dev/null takes any number of outputs
        key = key_of(destination.path)
        other = by_key.setdefault(key, destination) if key is not None else destination
        if other != destination:
            raise UsageError(
                f"{other.option} and {destination.option} are both {plain(destination.path)}",
                hint="give each a file of its own",
            )
    return by_key


def _is_device(path: Path) -> bool:
    try:
        return stat.S_ISCHR(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


def _refused(destination: Destination, name: str) -> OutputError:
    return OutputError(
        f"{destination.option}: {plain(destination.path)} is the source itself and is not"
        f" overwritten ({plain(name)} is read)",
        hint="write to another file",
    )


def _file(name: str) -> str:
    return os.path.expanduser(name.removeprefix("gguf:"))


def _configuration() -> Iterator[Path]:
    """The configuration files that are read."""
    try:
        yield from filter(None, (project_file(Path.cwd()), user_file()))
    except ConfigError:
        return  # said where the configuration is loaded


def _regular(descriptor: int) -> Key | None:
    """Device and inode of a regular file behind a descriptor."""
    try:
        status = os.fstat(descriptor)
    except OSError:
        return None
    if not stat.S_ISREG(status.st_mode) or not status.st_ino:
        return None
    return status.st_dev, status.st_ino


def _printed(name: str) -> OutputError:
    return OutputError(
        f"standard output goes into a file that is read ({plain(name)})",
        hint="redirect it to another file, or write with -o",
    )


def _check_inside(destination: Destination, folder: str) -> None:
    """Raises OutputError for a file of a folder that is read, unless ctxc wrote it."""
    path = destination.path
    if destination.tree or destination.standing or not os.path.isfile(path):
        return
    real, top = os.path.realpath(path), os.path.realpath(folder)
    inside = real.startswith(top.rstrip(os.sep) + os.sep) or _linked(path, top)
    if inside and not is_product(path):
        raise OutputError(
            f"{destination.option}: {plain(path)} lies in {plain(folder)}, which is read, and was"
            " not written by ctxc: it is not overwritten",
            hint="write to another file",
        )


def _linked(path: Path, folder: str) -> bool:
    """Whether a file in ``folder`` is the same by a hard link."""
    status = os.stat(path)
    if status.st_nlink < 2:
        return False
    return any(
        key_of(os.path.join(top, name)) == (status.st_dev, status.st_ino)
        for top, _, names in os.walk(folder)
        for name in names
    )


def _check_mirrored(
    mirrored: Mirrored, destinations: Sequence[Destination], opened: Opened
) -> None:
    """Raises OutputError where an output of a tree is a source or another destination."""
    named = [] if mirrored.skips_outputs else list(opened.names())
    named += [os.fspath(each.path) for each in destinations if not each.tree]
    # Outputs' names have an end of their own: hardly ever is one named.
    taken = {key_of(name): name for name in named if _may_be_output(name)}
    if not taken:
        return
    for source in mirrored.sources():
        if not isinstance(source, Source):
            continue
        target = mirrored.target(source)
        name = taken.get(key_of(target)) if target is not None else None
        if name is not None:
            raise OutputError(
                f"the output of {plain(source.name)} would be {plain(name)}, which is read or"
                " written in this run as well: it is not overwritten",
                hint="name another folder with -o, or leave one of the two out",
            )


def _may_be_output(path: str | Path) -> bool:
    name = os.fspath(path)
    if os.path.islink(name):
        name = os.path.realpath(name)
    return name.lower().endswith(OUTPUT_SUFFIX)
