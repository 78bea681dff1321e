"""Sources -> token counts, on all cores, in bounded memory, in the order given.

tiktoken releases the interpreter while it works, so threads are enough. A
large text is cut where its parts' counts add up (``ctxc.pieces``), and only so
many bytes are in flight at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ..console import Progress, Silent
from ..document import Document
from ..errors import EngineError, InputError
from ..input.sources import Found, Skipped, Source
from ..llama.capi import usable_cores
from ..pieces import Piece, pieces
from ..result import Failure
from ..tokens import Tokenizer

# Bytes of sources being read or counted at a time (one larger source still passes).
IN_FLIGHT = 64 * 2**20
# A text this long (characters) is counted by several threads.
_LARGE = 4 * 2**20

Load = Callable[[Source], Document]


@dataclass(frozen=True, slots=True)
class Count:
    """What one source holds: ``tokens`` by tokenizer name (measured), its text's characters.

    ``bytes`` is the size of the source as it lies there (None for a stream),
    ``place`` its relative path under the folder that was given (or its name),
    ``notes`` what its loader reported.
    """

    source: str
    tokens: dict[str, int]
    characters: int
    bytes: int | None = None
    place: str = ""
    notes: tuple[str, ...] = ()


Counted = Count | Failure | Skipped


def count_all(
    found: Iterable[Found],
    tokenizers: list[Tokenizer],
    load: Load,
    *,
    threads: int = 0,
    progress: Progress | None = None,
) -> Iterator[Counted]:
    """A ``Count`` for each source, in order; failures and skipped sources pass through.

    ``load`` makes a document of a source (``loaders.load``); what it raises as
    InputError becomes a ``Failure``. ``threads`` 0 means one per core that this
    process may use.
    """
    threads = threads or usable_cores()
    progress = progress or Silent()
    progress.start("counting")
    with ThreadPoolExecutor(threads) as pool:
        window: deque[tuple[int, Future[Counted | _Large]]] = deque()
        flying = 0
        try:
            for each in found:
                weight = (each.size or 0) if isinstance(each, Source) else 0
                while window and (flying + weight > IN_FLIGHT or len(window) > 64 * threads):
                    flying -= window[0][0]
                    yield _finish(window.popleft()[1], tokenizers, pool, threads)
                    progress.advance()
                window.append((weight, pool.submit(_start, each, tokenizers, load)))
                flying += weight
            while window:
                yield _finish(window.popleft()[1], tokenizers, pool, threads)
                progress.advance()
        finally:
            for _, future in window:
                future.cancel()


@dataclass(frozen=True, slots=True)
class _Large:
    """A document that several threads are to count."""

    source: Source
    document: Document


def _start(each: Found, tokenizers: list[Tokenizer], load: Load) -> Counted | _Large:
    """In a worker: read a source and count it, unless it is so large that others can help."""
    if not isinstance(each, Source):
        return each
    try:
        document = load(each)
        if len(document.text) > _LARGE:
            return _Large(each, document)
        counts = {
            tokenizer.name: sum(tokenizer.count(text) for text in document.originals)
            for tokenizer in tokenizers
        }
    except (InputError, EngineError) as error:
        return Failure(each.name, error.kind, error.message, error.hint)
    return _count(each, document, counts)


def _finish(
    future: Future[Counted | _Large],
    tokenizers: list[Tokenizer],
    pool: ThreadPoolExecutor,
    threads: int,
) -> Counted:
    result = future.result()
    if not isinstance(result, _Large):
        return result
    counts = {
        tokenizer.name: sum(
            _count_large(text, tokenizer, pool, threads) for text in result.document.originals
        )
        for tokenizer in tokenizers
    }
    return _count(result.source, result.document, counts)


def _count_large(text: str, tokenizer: Tokenizer, pool: ThreadPoolExecutor, threads: int) -> int:
    """The pieces of one text on all threads, a few at a time."""
    encoding = getattr(tokenizer, "_encoding", None)
    if encoding is None:
        return tokenizer.count(text)
    total = 0
    window: deque[Future[int]] = deque()
    for piece in pieces(text):
        if len(window) >= 2 * threads:
            total += window.popleft().result()
        window.append(pool.submit(_count_piece, piece, encoding))
    return total + sum(future.result() for future in window)


def _count_piece(piece: Piece, encoding: Any) -> int:
    if piece.whole:
        return len(encoding._encode_single_piece(piece.text))
    return len(encoding.encode_ordinary(piece.text))


def _count(source: Source, document: Document, counts: dict[str, int]) -> Count:
    characters = sum(len(text) for text in document.originals)
    return Count(source.name, counts, characters, source.size, source.place, document.notes)
