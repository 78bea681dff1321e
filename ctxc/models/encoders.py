"""Encoders of sentences: which file a name means, what is put before a text, how it is pooled.

Any GGUF file of the BERT family serves. What a model wants before questions and before texts
stands in no header, so families that want something are known by their names.
"""

from __future__ import annotations

import re
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

from ctxc.console import plain
from ctxc.errors import ModelError, UsageError
from ctxc.models.catalogue import MULTILINGUAL
from ctxc.models.fingerprint import of_file
from ctxc.models.folders import cache_folder
from ctxc.models.gguf.header import Header
from ctxc.models.gguf.reader import read
from ctxc.models.gguf.vocabulary import check as check_vocabulary
from ctxc.models.resolve import locate, resolve

BUILTIN = "all-MiniLM-L6-v2"
"""The encoder inside this package (22M parameters, 384 dimensions), trained on English."""

_REFUSED_FOR = 24 * 3600  # seconds
_LONGEST_REASON = 300
_MOST_DIMENSIONS = 4096
_MEAN, _CLS, _LAST = 1, 2, 3  # llama.cpp's pooling types that give one vector a text
# t5encoder needs a decoder's start, gemma-embedding and eurobert other markers around a text.
_FAMILY = ("bert", "modern-bert", "nomic-bert", "nomic-bert-moe", "neo-bert", "jina-bert-v2")
_SEARCH = ("Represent this sentence for searching relevant passages: ", "")
_PREFIXES = (
    (r"\be5\b", MULTILINGUAL.prefixes),
    (r"nomic-embed", ("search_query: ", "search_document: ")),
    (r"arctic-embed.*v2", ("query: ", "")),
    (r"arctic-embed|mxbai-embed|bge-(?:small|base|large)-en", _SEARCH),
)
"""What a name says is put before questions and before texts, as the models' cards have it."""


@dataclass(frozen=True, slots=True)
class EncoderFile:
    """A file that is there; ``prefixes`` go before a question and before a text.

    ``pooling`` is llama.cpp's number; ``digest`` tells the file from any other.
    """

    path: Path
    name: str
    prefixes: tuple[str, str]
    pooling: int
    digest: str


def encoder_file(name: str, prefixes: str = "", *, fetch: bool = True) -> EncoderFile:
    """The encoder called ``name``: one of the two that are known, or a path of a GGUF file.

    ``prefixes`` ("question|text") replaces what is known of it. Raises ModelError for a file
    that is missing or is no encoder, UsageError for prefixes that are not two.
    """
    if name.lower() == BUILTIN.lower():
        file = _described(_builtin(), BUILTIN, ("", ""))
    elif name.lower() == MULTILINGUAL.name:
        here = resolve(MULTILINGUAL.name, default=MULTILINGUAL, fetch=fetch)
        file = _described(here.path, MULTILINGUAL.name, MULTILINGUAL.prefixes)
    else:
        here = resolve(name, fetch=False)
        file = _described(here.path, here.name, None)
    return replace(file, prefixes=split_prefixes(prefixes)) if prefixes else file


def split_prefixes(prefixes: str) -> tuple[str, str]:
    """The two halves around the bar.

    >>> split_prefixes("query: |passage: ")
    ('query: ', 'passage: ')
    """
    parts = prefixes.split("|")
    if len(parts) != 2:
        raise UsageError(
            f"--encoder-prefixes takes two texts with a bar between them, not {prefixes!r}",
            hint="as in 'query: |passage: '",
        )
    return parts[0], parts[1]


def is_here() -> bool:
    """Whether the multilingual encoder can be opened without a download."""
    return locate(MULTILINGUAL) is not None


def fetch_multilingual() -> None:
    """Fetches the multilingual encoder. Raises ModelError; that it failed is known for a day."""
    try:
        resolve(MULTILINGUAL.name, default=MULTILINGUAL)
    except ModelError as error:
        with suppress(OSError):
            _refusal().parent.mkdir(parents=True, exist_ok=True)
            _refusal().write_text(error.message[:_LONGEST_REASON], "utf-8")
        raise
    with suppress(OSError):
        _refusal().unlink(missing_ok=True)


def lately_refused() -> str | None:
    """Why the multilingual encoder could not be fetched within the last day, or None.

    Without a network the attempt alone takes longer than most runs.
    """
    with suppress(OSError, ValueError):
        if 0 <= time.time() - _refusal().stat().st_mtime < _REFUSED_FOR:
            with open(_refusal(), encoding="utf-8") as file:
                return plain(file.read(_LONGEST_REASON))
    return None


def _refusal() -> Path:
    return cache_folder() / f"{MULTILINGUAL.name}.refused"


def _builtin() -> Path:
    """The encoder in this package; it is installed as files, never as an archive."""
    return Path(str(resources.files("ctxc"))) / "data" / f"{BUILTIN}.Q8_0.gguf"


def _described(path: Path, name: str, prefixes: tuple[str, str] | None) -> EncoderFile:
    header = read(path)
    if prefixes is None:  # a file of the user's: what llama.cpp would abort on is one line here
        _check(path, header)
        prefixes = _prefixes(f"{header.name} {path.stem}")
    pooling = header.number("pooling_type") or _MEAN
    return EncoderFile(path, name, prefixes, pooling, of_file(path))


def _check(path: Path, header: Header) -> None:
    """Raises ModelError unless the file is an encoder of sentences."""
    hint = f"--encoder takes a BERT-family embedding model: {', '.join(_FAMILY)}"
    if header.architecture not in _FAMILY:
        raise ModelError(f"{path}: {header.architecture!r} is no encoder of sentences", hint=hint)
    if header.is_reranker or header.classifier_labels:
        raise ModelError(f"{path}: it ranks or classifies, and embeds no sentences", hint=hint)
    width = header.embedding_length
    if not 0 < width <= _MOST_DIMENSIONS:
        raise ModelError(f"{path}: {width} dimensions, not 1 to {_MOST_DIMENSIONS}", hint=hint)
    pooling = header.number("pooling_type") or _MEAN
    if pooling not in (_MEAN, _CLS, _LAST):
        raise ModelError(f"{path}: its pooling {pooling} gives no vector for a text", hint=hint)
    check_vocabulary(path)


def _prefixes(names: str) -> tuple[str, str]:
    """What a file's names say.

    >>> _prefixes("Multilingual E5 Base"), _prefixes("gte-small")
    (('query: ', 'passage: '), ('', ''))
    """
    text = re.sub(r"[\s_]+", "-", names.lower())
    return next((found for pattern, found in _PREFIXES if re.search(pattern, text)), ("", ""))
