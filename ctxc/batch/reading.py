"""What a run reads: arguments -> found sources -> loaded inputs, each with its result's key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

from ..document import Document
from ..errors import InputError
from ..input.ahead import ahead
from ..input.inputs import Inputs, records_of
from ..input.loaders import load_bytes
from ..input.media import DOCX, GZIP, HTML, PDF
from ..input.sources import Found, Skipped, Source
from ..llama.runtime import RuntimeOptions
from ..result import Compression, Failure
from .cache import Content, key, of_bytes, of_document
from .pipeline import Options
from .results import Results

_EXTRACTED = (DOCX, GZIP, HTML, PDF)  # line numbers in marks are those of the text in them


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

    ``whole``: the document is wanted even where its result is kept (``--map``).
    ``targets`` overrides the options, by the source's name (``--total-tokens``).
    ``recall`` is asked where the store has no result: for what was written before.
    """

    inputs: Inputs
    options: Options
    models: RuntimeOptions
    results: Results
    whole: bool = False
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
                yield from map(self._record, records_of(each))
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
            hit = self.results.get(where)
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

    def _record(self, record: Document | Failure) -> Read:
        if isinstance(record, Failure):
            return record
        content = of_document(record, self.options)
        where = key(content, self.options, self.models)
        hit = self.results.get(where)
        loaded = Loaded(record.source, content, self.options, where, None, record, hit, record.id)
        return loaded


def at_hand(source: Source) -> Source:
    """The same source with its bytes in it: standard input can be read only once."""
    return source if source.path is not None else replace(source, data=source.read())
