"""A model's own tokenizer, for ``--tokenizer gguf:PATH``: the vocabulary without the weights.

llama.cpp takes a file at its word: a vocabulary without the tokens it falls back
on aborts the process, and one may do so only at some later text. So the file is
checked first (``gguf.vocabulary``), and llama.cpp counts in a process of its own.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from ..confined import Limits, Stopped, run
from ..errors import EngineError, ModelError
from ..models.gguf.vocabulary import check
from .model import Model

_SECONDS, _SECONDS_PER_CHARACTER = 60.0, 20e-6
_MEMORY, _MEMORY_PER_CHARACTER = 4 << 30, 200
_SAMPLE = "".join(map(chr, range(1, 256))) + " The pump moves 340 litres a minute.\n"
"""Every byte that begins or goes on in UTF-8 but the rarest, and a sentence."""


class GgufTokenizer:
    """Counts with a GGUF file's vocabulary; no BOS is counted."""

    additive = False

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise ModelError(
                f"{path} is not a file", hint="--tokenizer gguf:PATH takes the path of a GGUF model"
            )
        check(path)
        self.name = f"gguf:{path}"
        self._path = path.resolve()
        try:
            counted = self._ask(_SAMPLE)
        except Stopped as stopped:
            raise _unusable(path, f"llama.cpp {stopped.words or stopped.why}") from None
        except EngineError as error:
            raise _unusable(path, error.message) from None
        if not counted:
            raise _unusable(path, "it counts no token in a text")

    def count(self, text: str) -> int:
        """Tokens of ``text``. Raises EngineError where the vocabulary fails on it."""
        if not text:
            return 0
        try:
            counted = self._ask(text)
        except Stopped as stopped:
            words = stopped.words or f"ended ({stopped.why})"
            raise EngineError(f"the tokenizer of {self._path.name} {words}") from None
        if not counted and text.strip():
            raise EngineError(
                f"the tokenizer of {self._path.name} counts no token in a text of"
                f" {len(text)} characters"
            )
        return counted

    def _ask(self, text: str) -> int:
        limits = Limits(
            _SECONDS + _SECONDS_PER_CHARACTER * len(text),
            _MEMORY + _MEMORY_PER_CHARACTER * len(text),
        )
        return int(run(__name__, "count", str(self._path), text, limits=limits))


def _unusable(path: Path, why: str) -> ModelError:
    return ModelError(
        f"{path}: its vocabulary cannot be used: {why}", hint="take another file of this model"
    )


@lru_cache(maxsize=4)
def _model(path: str) -> Model:
    return Model(Path(path), vocab_only=True)


def count(path: str, text: str) -> int:
    """The other side of ``GgufTokenizer.count``."""
    return len(_model(path).encode(text))


def open_vocab(path: str) -> GgufTokenizer:
    """The tokenizer of the GGUF file at ``path``; raises ModelError where it has none."""
    return GgufTokenizer(Path(path).expanduser())
