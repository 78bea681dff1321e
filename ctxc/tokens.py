"""Tokenizers by name: exact counts, offline.

``o200k_base`` and ``cl100k_base`` are tiktoken's own, with their tables inside
this package; ``gguf:PATH`` is a model's own vocabulary. Special-token text in
a document (``<|endoftext|>``) is ordinary text in all of them.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Protocol

from .errors import ModelError, UsageError
from .pieces import pieces
from .remedies import reinstall

if TYPE_CHECKING:
    import tiktoken

DEFAULT = "o200k_base"

# The file names are the SHA-1 of the address tiktoken would download the table
# from (its own cache naming), the values the SHA-256 tiktoken 0.14 pins.
_TABLES = {
    "o200k_base": (
        "fb374d419588a4632f3f557e76b4b70aebbca790",
        "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    ),
    "cl100k_base": (
        "9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
        "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    ),
}

BUILT_IN = tuple(_TABLES)
"""Tokenizers that need no file of the user's."""


class Tokenizer(Protocol):
    """Counts tokens; ``name`` is what the user and the JSON output call it."""

    name: str
    additive: bool
    """Whether the counts of a text cut as ``pieces`` cuts it add up to its own."""

    def count(self, text: str) -> int: ...


class _Tiktoken:
    additive = True

    def __init__(self, name: str) -> None:
        self.name = name
        self._encoding = _encoding(name)

    def count(self, text: str) -> int:
        total = 0
        for piece in pieces(text):  # bounded memory, and no run of blanks that tiktoken dies of
            if piece.whole:
                total += len(self._encoding._encode_single_piece(piece.text))
            else:
                # encode_ordinary: plain encode raises on special-token text.
                total += len(self._encoding.encode_ordinary(piece.text))
        return total


@cache
def _encoding(name: str) -> tiktoken.Encoding:
    file_name, pinned = _TABLES[name]
    folder = resources.files("ctxc") / "data" / "tiktoken"
    try:
        found = hashlib.sha256((folder / file_name).read_bytes()).hexdigest()
    except OSError:
        found = ""
    if found != pinned:
        # Checked here as well: tiktoken answers a bad table by deleting it and downloading.
        raise ModelError(
            f"the table of the tokenizer {name} is missing from this installation or damaged",
            hint=reinstall(),
        )
    import tiktoken

    before = os.environ.get("TIKTOKEN_CACHE_DIR")
    os.environ["TIKTOKEN_CACHE_DIR"] = str(folder)
    try:
        return tiktoken.get_encoding(name)
    finally:
        if before is None:
            del os.environ["TIKTOKEN_CACHE_DIR"]
        else:
            os.environ["TIKTOKEN_CACHE_DIR"] = before


@lru_cache(maxsize=8)
def get(name: str = DEFAULT) -> Tokenizer:
    """The tokenizer called ``name``.

    Raises UsageError for an unknown name, ModelError for an unusable ``gguf:PATH``.
    """
    if name in _TABLES:
        return _Tiktoken(name)
    if name.startswith("gguf:"):
        from .llama.vocab import open_vocab  # loads the model library

        return open_vocab(name.removeprefix("gguf:"))
    raise UsageError(
        f"there is no tokenizer called {name!r}",
        hint=f"choose one of {', '.join(_TABLES)}, or gguf:PATH for a model's own",
    )
