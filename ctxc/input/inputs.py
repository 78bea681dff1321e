"""What a command reads: paths, a list of paths, or records, opened one way for every command."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..document import Document
from ..errors import InputError
from ..result import Failure
from .ahead import ahead
from .loaders import load
from .media import OUTPUT_SUFFIX
from .records import read_records
from .sources import Found, Selection, Skipped, Source, find, place_of


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How bytes are read: ``--encoding`` and ``--password``."""

    encoding: str | None = None
    password: str | None = None


_EVERYTHING, _AS_IT_IS = Selection(), ReadOptions()


@dataclass(frozen=True, slots=True)
class Inputs:
    """Where documents come from: paths, a list of paths, or records on those paths.

    ``jobs`` is how many are read at a time, ahead of the one being compressed.
    ``skip_outputs``: a file named like an output of ctxc is left out though it is named.
    ``listed``: the paths of the list, where it was read before the run (``sources.read_list``).
    """

    paths: tuple[str, ...]
    records: bool = False
    selection: Selection = _EVERYTHING
    files_from: str | None = None
    nul: bool = False
    stdin_name: str = ""
    reading: ReadOptions = _AS_IT_IS
    jobs: int = 2
    skip_outputs: bool = False
    listed: tuple[str, ...] | None = None

    @property
    def many(self) -> bool:
        """Whether there may be more than one document."""
        return (
            self.records
            or len(self.paths) > 1
            or self.files_from is not None
            or any(os.path.isdir(path) for path in self.paths)
        )

    def find(self) -> Iterator[Found]:
        """The sources, in order. Raises UsageError."""
        found = find(
            self.paths,
            selection=self.selection,
            files_from=self.files_from,
            nul=self.nul,
            stdin_name=self.stdin_name,
            listed=self.listed,
        )
        return map(_without_outputs, found) if self.skip_outputs else found

    def load(self, source: Source) -> Document:
        """What a source holds. Raises InputError."""
        return load(source, encoding=self.reading.encoding, password=self.reading.password)

    def documents(self) -> Iterator[Document | Failure | Skipped]:
        """What there is to read, in order, a few ahead. Raises UsageError."""
        if not self.records:
            yield from ahead(self._opened, self.find(), self.jobs)
            return
        for each in self.find():
            if isinstance(each, Source):
                yield from records_of(each)
            else:
                yield each

    def _opened(self, found: Found) -> Document | Failure | Skipped:
        if not isinstance(found, Source):
            return found
        try:
            return self.load(found)
        except InputError as error:
            return Failure(found.name, error.kind, error.message, error.hint)

    def roots(self) -> dict[str, Path]:
        """The folders given, by their place in a tree of outputs."""
        return {place_of(path): Path(path) for path in self.paths if os.path.isdir(path)}


def _without_outputs(found: Found) -> Found:
    if isinstance(found, Source) and found.name.endswith(OUTPUT_SUFFIX):
        return Skipped(found.name, "an output of ctxc")
    return found


def records_of(source: Source) -> Iterator[Document | Failure]:
    """The records of a file of JSON Lines."""
    try:
        with source.open() as stream:
            yield from read_records(stream, source.name)
    except InputError as error:
        yield Failure(source.name, error.kind, error.message, error.hint)
