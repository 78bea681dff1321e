"""A model's own tokenizer, for ``--tokenizer gguf:PATH``: the vocabulary without the weights."""

from __future__ import annotations

from pathlib import Path

from ..errors import ModelError
from .model import Model


class GgufTokenizer:
    """Counts with a GGUF file's vocabulary; no BOS is counted."""

    additive = False

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise ModelError(
                f"{path} is not a file", hint="--tokenizer gguf:PATH takes the path of a GGUF model"
            )
        self.name = f"gguf:{path}"
        self._model = Model(path, vocab_only=True)

    def count(self, text: str) -> int:
        return len(self._model.encode(text))


def open_vocab(path: str) -> GgufTokenizer:
    """The tokenizer of the GGUF file at ``path``; raises ModelError where it has none."""
    return GgufTokenizer(Path(path).expanduser())
