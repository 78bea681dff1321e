"""What a header is made of: tensors, and the values of its metadata."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from ctxc.models.gguf.types import TYPES


@dataclass(frozen=True, slots=True)
class LongArray:
    """An array that was stepped over: ``count`` values, ``form`` 's' or a struct letter."""

    form: str
    count: int


Scalar: TypeAlias = int | float | bool | str
Value: TypeAlias = Scalar | tuple[Scalar, ...] | LongArray


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor: ``bytes`` at ``offset`` of ``path``; ``shape`` innermost first."""

    name: str
    shape: tuple[int, ...]
    type_id: int
    offset: int
    bytes: int
    path: Path

    @property
    def type(self) -> str:
        """ggml's name for the type, for example ``q4_K``."""
        return TYPES[self.type_id].name

    @property
    def elements(self) -> int:
        count = 1
        for length in self.shape:
            count *= length
        return count
