"""Many inputs through one engine: looked up, or computed by one run and kept.

Results come in the order of the inputs, each as soon as it is there; what is
finished is in the store, so a run that is killed is resumed by running again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial

from ..console import Progress, Silent
from ..document import Document
from ..errors import CtxcError, ModelError, UsageError
from ..input.sources import Found, Skipped, Source
from ..llama.runtime import Runtime
from ..result import Compression, Failure, Outcome
from ..selection.ranking import Ranking, Watch
from ..store import Store
from ..store.originals import Originals
from . import stored
from .cache import key
from .pipeline import compress
from .reading import Loaded, Read, Reader, Unread

_SILENT = Silent()


@dataclass(frozen=True, slots=True)
class Finished:
    """One input's end. ``reused``: the result was kept from before.

    ``document`` is there where it was computed, or asked for (``Reader.whole``), ``ranking`` where
    one was asked for (``Reader.ranked``) and made.
    """

    outcome: Outcome | Skipped
    reused: bool = False
    source: Source | None = None
    document: Document | None = None
    sha256: str = ""
    key: str = ""
    ranking: Ranking | None = None

    def with_outcome(self, outcome: Outcome) -> Finished:
        """The same input with another end: its result could not be written."""
        return replace(self, outcome=outcome)


def run(
    reader: Reader,
    runtime: Runtime,
    progress: Progress = _SILENT,
    inner: Progress = _SILENT,
    found: Iterator[Found] | None = None,
) -> Iterator[Finished]:
    """One ``Finished`` for each input, in order.

    ``progress`` advances by one an input, ``inner`` within one. ``found``
    replaces what the reader's inputs name. Raises ModelError and UsageError,
    which concern the whole run.
    """
    inputs = reader.read(found)
    with closing(inputs):  # type: ignore[type-var]  # a generator, closed with this one
        for read in inputs:
            yield _finish(read, reader, runtime, inner)
            progress.advance()


def _finish(read: Read, reader: Reader, runtime: Runtime, inner: Progress) -> Finished:
    if isinstance(read, Unread):
        return Finished(read.failure, source=read.source)
    if not isinstance(read, Loaded):
        return Finished(read)
    begun = time.perf_counter()
    hit, reused, where = read.hit, read.hit is not None, read.key
    rankings: list[Ranking] = []
    if hit is None:
        with reader.results.claim(None if reader.ranked else where):
            if not reader.ranked:
                hit = reader.results.get(where)  # another run may have been first
            reused = hit is not None
            if hit is None:
                watch = rankings.append if reader.ranked else None
                outcome = _compress(read, reader.results.store, runtime, inner, watch)
                if isinstance(outcome, Failure):
                    return Finished(outcome, source=read.source)
                # A model may have been fetched only now.
                where = key(read.content, read.options, reader.models)
                reader.results.put(where, outcome)
                hit = outcome
    if reused:
        seconds = time.perf_counter() - begun
        hit = replace(hit, source=read.name, id=read.id, seconds=seconds)
    sha256 = read.content.sha256
    ranking = rankings[-1] if rankings else None
    return Finished(hit, reused, read.source, read.document, sha256, where or "", ranking)


def _keeper(read: Loaded, document: Document, store: Store | None) -> Callable[[], str] | None:
    """Keeps what was read, as bytes where they are text, and returns its handle."""
    if store is None:
        return None
    data = read.data or document.text.encode("utf-8", "surrogatepass")
    return partial(Originals(store).put_bytes, data)


def _compress(
    read: Loaded,
    store: Store | None,
    runtime: Runtime,
    inner: Progress,
    watch: Watch | None,
) -> Compression | Failure:
    document, options = read.document, read.options
    assert document is not None, "what has no kept result was loaded"
    distill = options.distill
    if store is not None and distill is not None and not distill.force:
        again = stored.known(store, document.text)
        options = replace(options, distill=replace(distill, known=again))
    try:
        keep = _keeper(read, document, store)
        result = compress(document, options, runtime, inner, keep, watch)
    except (ModelError, UsageError):
        raise
    except CtxcError as error:
        return Failure(read.name, error.kind, error.message, error.hint, read.id)
    if store is not None and distill is not None and result.engine != "none":
        stored.mark(store, result.text)
    return result
