"""The library: texts in, ``Compression`` out, with the values the command line prints.

Models are opened on first use and kept for the next call, until ``close``. Calls may come
from several threads: engines without a model run side by side, those with one take turns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Unpack, overload

from .. import tokens as _tokens
from ..answer import Answer
from ..document import Document
from ..messages import Conversation
from ..result import Compression, Outcome
from .asking import Asking
from .compressor import Compressor
from .options import DISTILLING, Fields, Options
from .passages import Passage, PassageLike, PassageSet

__all__ = [
    "DISTILLING",
    "Asking",
    "Compressor",
    "Options",
    "Passage",
    "PassageLike",
    "PassageSet",
    "acompress",
    "ask",
    "close",
    "compress",
    "compress_all",
    "compress_messages",
    "count_tokens",
]

_shared = Compressor()
_runtimes = _shared._runtimes


@overload
def compress(
    text: str | Document, *, options: Options | None = None, **fields: Unpack[Fields]
) -> Compression: ...
@overload
def compress(
    *,
    passages: Iterable[PassageLike],
    options: Options | None = None,
    **fields: Unpack[Fields],
) -> PassageSet: ...
def compress(
    text: str | Document | None = None,
    *,
    passages: Iterable[PassageLike] | None = None,
    options: Options | None = None,
    **fields: Unpack[Fields],
) -> Compression | PassageSet:
    """Shorten one text to a budget, or several passages to one budget over all of them.

    >>> import ctxc
    >>> text = "The pump failed. It was old. The invoice is 4711. Nobody was hurt."
    >>> result = ctxc.compress(text, ratio=3, engine="truncate", level="sentence")
    >>> result.text, result.original, result.target, result.compressed
    ('The pump failed.', 19, 6, 4)

    >>> passages = [{"id": 7, "text": text}, {"id": 9, "text": "It rained on Monday."}]
    >>> asked = ctxc.Options(question="Which invoice?", engine="lexical")
    >>> both = ctxc.compress(passages=passages, tokens=8, options=asked)
    >>> [(p.id, p.text) for p in both.kept]
    [(7, 'The invoice is 4711.')]

    ``options`` and keywords are the fields of ``Options``; keywords win. A passage is a string,
    a mapping with "text" (and "id", "title", "metadata"), or a ``Passage``; results come in
    order, and equal ids are kept apart by their place.

    Raises UsageError, InputError, BudgetError, ModelError, EngineError (all CtxcError).
    """
    merged = _merged(options, fields)
    if passages is not None:
        if text is not None:
            from ..errors import UsageError

            raise UsageError("give a text or passages, one of them")
        return _shared.compress(passages=passages, **merged)
    return _shared.compress(text, **merged)  # type: ignore[arg-type]  # None is refused there


def compress_all(
    texts: Iterable[str | Document],
    *,
    options: Options | None = None,
    jobs: int = 1,
    **fields: Unpack[Fields],
) -> Iterator[Outcome]:
    """``compress`` for many texts: one outcome each, in order, as soon as it is there.

    ``jobs`` processes share the texts, for engines without a language model. A text that
    fails alone is a ``Failure`` among the outcomes. Raises UsageError at once, ModelError
    while iterating.
    """
    if jobs == 1:
        return _shared.compress_all(texts, **_merged(options, fields))
    return _in_processes(Compressor(options, jobs=jobs, **fields), texts)


def _in_processes(compressor: Compressor, texts: Iterable[str | Document]) -> Iterator[Outcome]:
    with compressor:
        yield from compressor.compress_all(texts)


async def acompress(
    text: str | Document | None = None,
    *,
    passages: Iterable[PassageLike] | None = None,
    options: Options | None = None,
    **fields: Unpack[Fields],
) -> Any:
    """``compress`` in a thread: a Compression, or a PassageSet for passages."""
    return await _shared.acompress(text, passages=passages, **_merged(options, fields))


def compress_messages(
    messages: Sequence[Mapping[str, Any]],
    *,
    cached: int | None = None,
    options: Options | None = None,
    **fields: Unpack[Fields],
) -> Conversation:
    """Shorten the tool results of a conversation (OpenAI's or Anthropic's messages).

    ``tokens`` is for all texts of the conversation, ``rate`` or ``ratio`` for each result.
    A result is shortened when it is first sent, from what stands before it alone: the
    messages that are sent again are the same bytes, and a provider's cache holds.
    ``cached`` is how many of the first messages were sent as they stand here; 0 is a cold
    cache, where older words may be shortened too. The system message, the last user
    message, tool calls, images and what is unknown are never touched.

    Raises InputError for what is no list of messages, BudgetError where the budget cannot be
    met without touching those, UsageError without a budget.
    """
    return _shared.compress_messages(messages, cached=cached, **_merged(options, fields))


def ask(
    passages: Iterable[PassageLike | Document],
    *,
    asking: Asking | None = None,
    options: Options | None = None,
    **fields: Unpack[Fields],
) -> Answer:
    """The answer to ``question`` (of ``fields``) from passages, each claim cited: ``ctxc.answer``.

    Without a reader (``asking=Asking(reader="…")``) the passages that answer are quoted.
    Raises InputError for an empty question or no text, ReaderError, ModelError, UsageError.
    """
    return _shared.answer(passages, asking=asking, **_merged(options, fields))


def count_tokens(text: str, tokenizer: str = _tokens.DEFAULT) -> int:
    """Exact tokens of ``text``, offline.

    >>> count_tokens("hello world")
    2
    """
    return _tokens.get(tokenizer).count(text)


def close() -> None:
    """Free the models that were opened; the next call opens them again."""
    _shared.close()


def _merged(options: Options | None, fields: Fields) -> Fields:
    if options is None:
        return fields
    updated = options.updated(fields)
    return {name: getattr(updated, name) for name in Options.__slots__}  # type: ignore[return-value]
