"""What a run reads: arguments -> found sources -> loaded inputs, each with its result's key."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from ..document import Document
from ..errors import InputError
from ..input.loaders import load_bytes
from ..input.media import DOCX, GZIP, HTML, OUTPUT_SUFFIX, PDF
from ..input.records import read_records
from ..input.sources import Found, Selection, Skipped, Source, find, place_of
from ..llama.runtime import RuntimeOptions
from ..result import Compression, Failure
from .ahead import ahead
from .cache import Content, Reading, key, of_bytes, of_document
from .pipeline import Options
from .results import Results

_EXTRACTED = (DOCX, GZIP, HTML, PDF)  # line numbers in marks are those of the text in them
_EVERYTHING, _AS_IT_IS = Selection(), Reading()


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
    reading: Reading = _AS_IT_IS
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

    def roots(self) -> dict[str, Path]:
        """The folders given, by their place in a tree of outputs."""
        return {place_of(path): Path(path) for path in self.paths if os.path.isdir(path)}


def _without_outputs(found: Found) -> Found:
    if isinstance(found, Source) and found.name.endswith(OUTPUT_SUFFIX):
        return Skipped(found.name, "an output of ctxc")
    return found


@dataclass(frozen=True, slots=True)
class Loaded:
    """One input, read. ``hit`` is a kept result; where there is one ``document`` may be None.

    ``data`` is what was read, where that is text and the original is to be kept.
    """

    name: str
    content: Content
    options: Options
    key: str | None
    source: Source | None = None
    document: Document | None = None
    hit: Compression | None = None
    id: object = None
    data: bytes | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """A source that is there and cannot be read: its output, from before, is no orphan."""

    source: Source
    failure: Failure


Read = Loaded | Unread | Failure | Skipped


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads inputs and looks their results up.

    ``whole``: the document is wanted even where its result is kept (``--map``). ``ranked``: its
    ranking is wanted too (``--html``), which is not kept: it is made anew.
    ``targets`` overrides the options, by the source's name (``--total-tokens``).
    ``recall`` is asked where the store has no result: for what was written before.
    """

    inputs: Inputs
    options: Options
    models: RuntimeOptions
    results: Results
    whole: bool = False
    ranked: bool = False
    targets: dict[str, Options] = field(default_factory=dict)
    recall: Callable[[Source, str], Compression | None] | None = None

    def read(self, found: Iterator[Found] | None = None) -> Iterator[Read]:
        """All inputs, in order, a few ahead of the one that is taken."""
        found = self.inputs.find() if found is None else found
        if not self.inputs.records:
            yield from ahead(self.load, found, self.inputs.jobs)
            return
        for each in found:
            if isinstance(each, Source):
                yield from map(self._record, self._records(each))
            else:
                yield each

    def load(self, found: Found) -> Read:
        """One file or stream."""
        if not isinstance(found, Source):
            return found
        try:
            data = found.read()
            options = self.targets.get(found.name, self.options)
            content = of_bytes(data, found.name, self.inputs.reading, options)
            where = key(content, options, self.models)
            make = partial(Loaded, found.name, content, options, where, found)
            hit = None if self.ranked else self.results.get(where)
            if hit is None and where is not None and self.recall is not None:
                hit = self.recall(found, where)
            if hit is not None and not self.whole:
                return make(None, hit)
            raw = data if options.markers and content.kinds[0] not in _EXTRACTED else None
            return make(self.document(found, data), hit, data=raw)
        except InputError as error:
            return Unread(found, Failure(found.name, error.kind, error.message, error.hint))

    def document(self, source: Source, data: bytes) -> Document:
        """The document in ``data``. Raises InputError."""
        reading = self.inputs.reading
        return load_bytes(
            data,
            source.name,
            encoding=reading.encoding,
            password=reading.password,
            limit=source.limit,
        )

    def _records(self, source: Source) -> Iterator[Document | Failure]:
        try:
            with source.open() as stream:
                yield from read_records(stream, source.name)
        except InputError as error:
            yield Failure(source.name, error.kind, error.message, error.hint)

    def _record(self, record: Document | Failure) -> Read:
        if isinstance(record, Failure):
            return record
        content = of_document(record, self.options)
        where = key(content, self.options, self.models)
        hit = None if self.ranked else self.results.get(where)
        loaded = Loaded(record.source, content, self.options, where, None, record, hit, record.id)
        return loaded


def at_hand(source: Source) -> Source:
    """The same source with its bytes in it: standard input can be read only once."""
    return source if source.path is not None else replace(source, data=source.read())
