"""Readers by name: the models that answer, each kind in one file, imported on use.

A bare name is a GGUF model (as ``-m`` takes it); ``openai:MODEL`` is a model
behind an OpenAI-compatible endpoint.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Self

from ...errors import UsageError
from ...llama.runtime import Runtime
from .base import Ask, Listen, Reader, ReaderError, ReaderSettings, Reply, deaf

__all__ = [
    "Ask",
    "Listen",
    "Reader",
    "ReaderError",
    "ReaderSettings",
    "Readers",
    "Reply",
    "check",
    "deaf",
    "takes_adapters",
]

# prefix: (module, class)
_REMOTE = {"openai": ("openai", "OpenAIReader")}


def _split(name: str) -> tuple[str, str]:
    prefix, colon, rest = name.partition(":")
    return (prefix, rest) if colon and prefix in _REMOTE else ("", name)


def check(name: str) -> None:
    """Raise UsageError for a name that can be no reader, before any work."""
    prefix, rest = _split(name)
    if prefix and not rest.strip():
        raise UsageError(f"--reader {name} names no model", hint="as in --reader openai:gpt-6-luna")


def takes_adapters(name: str) -> None:
    """Raise UsageError for a reader whose weights are elsewhere."""
    if _split(name)[0]:
        raise UsageError(
            f"--lora: the weights of {name} are not here", hint="name a GGUF model with --reader"
        )


class Readers:
    """The readers of one run: each opened on first use; one local model at a time on a GPU."""

    def __init__(
        self, settings: ReaderSettings, runtime: Runtime, stage_one_opens_model: bool = False
    ) -> None:
        self._settings = settings
        self._runtime = runtime
        self._stage_one_opens_model = stage_one_opens_model
        self._open: dict[str, Reader] = {}

    def get(self, name: str) -> Reader:
        """The reader called ``name``. Raises ReaderError, ModelError or UsageError."""
        prefix, rest = _split(name)
        if name not in self._open:
            if prefix:
                module, cls = _REMOTE[prefix]
                made: Any = getattr(import_module(f".{module}", __package__), cls)
                self._open[name] = made(rest, self._settings)
            else:
                from .gguf import GgufReader

                loras = self._settings.loras if name == self._settings.adapted else ()
                self._open[name] = GgufReader(
                    rest, self._settings, self._runtime, self._stage_one_opens_model, loras
                )
        if not prefix:
            self._make_room(name)
        return self._open[name]

    def names(self, name: str) -> bool:
        """Whether ``name`` is a reader that somebody chose, not the default compressor."""
        return bool(name or name in self._open or self._runtime.options.model)

    def add(self, name: str, reader: Reader) -> None:
        """Let ``name`` stand for ``reader``: the seam for readers of your own, and for tests."""
        self._open[name] = reader

    def _make_room(self, name: str) -> None:
        """Weights of two models may not fit a GPU together: the others give theirs back."""
        for other, reader in self._open.items():
            if other != name:
                reader.rest()

    def close(self) -> None:
        for reader in self._open.values():
            reader.close()
        self._open.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()
