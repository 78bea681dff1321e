"""Looking things up in a header's metadata, with the checks that hostile files ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from ctxc.errors import ModelError
from ctxc.models.gguf.values import Value

MAX_LAYERS = 512  # LLAMA_MAX_LAYERS; llama.cpp aborts on more


@dataclass(frozen=True)
class Keys:
    """The metadata of the file at ``path``, read-only."""

    path: Path
    version: int
    metadata: Mapping[str, Value]

    def __post_init__(self) -> None:
        object.__setattr__(self, "metadata", MappingProxyType(dict(self.metadata)))

    @property
    def architecture(self) -> str:
        return self.text("general.architecture")

    def text(self, key: str) -> str:
        """The text under ``key``, or "" where there is none."""
        value = self.metadata.get(key, "")
        return value if isinstance(value, str) else ""

    def number(self, key: str, default: int = 0) -> int:
        """The count under ``ARCHITECTURE.key``; an array's largest value."""
        value = self.metadata.get(f"{self.architecture}.{key}", default)
        if isinstance(value, tuple):
            return max((_count(self, key, item) for item in value), default=default)
        return _count(self, key, value)

    def per_layer(self, key: str, default: int) -> tuple[int, ...]:
        """The counts under ``ARCHITECTURE.key`` for each layer, one number standing for all."""
        value = self.metadata.get(f"{self.architecture}.{key}", default)
        if not isinstance(value, tuple):
            return (_count(self, key, value),) * self.n_layers
        if len(value) != self.n_layers:
            raise ModelError(
                f"{self.path}: {key} has {len(value)} values for {self.n_layers} layers"
            )
        return tuple(_count(self, key, item) for item in value)

    @property
    def n_layers(self) -> int:
        """Blocks in the file, with those of an appended draft head."""
        count = self.number("block_count")
        if count > MAX_LAYERS:
            raise ModelError(f"{self.path}: {count} layers, where llama.cpp takes {MAX_LAYERS}")
        return count


def _count(keys: Keys, key: str, value: object) -> int:
    if not isinstance(value, int) or not 0 <= value < 1 << 32:
        raise ModelError(f"{keys.path}: {key} is {value!r}, where a count is meant")
    return value
