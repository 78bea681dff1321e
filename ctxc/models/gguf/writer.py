"""Writes a GGUF file (version 3): metadata and tensors, in the order they are given.

The same values give the same bytes, so that what is made here can be pinned by its hash.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO

import numpy as np
import numpy.typing as npt

from ctxc.models.gguf.types import BY_NAME, TYPES

Value = bool | int | float | str | Sequence[bytes] | npt.NDArray[np.float32] | npt.NDArray[np.int32]
"""A metadata value: an int is written as uint32, a float as float32, bytes as strings."""

_ALIGNMENT = 32
_UINT32, _INT32, _FLOAT32, _BOOL, _STRING, _ARRAY = 4, 5, 6, 7, 8, 9
_IDS = {kind.name: number for number, kind in TYPES.items()}


@dataclass(frozen=True, slots=True)
class Tensor:
    """``shape`` in ggml's order, the length of a row first; ``data`` as ``kind`` lays it out."""

    name: str
    kind: str
    shape: tuple[int, ...]
    data: memoryview

    def __post_init__(self) -> None:
        if len(self.data) != size_of(self.kind, self.shape):
            raise ValueError(f"{self.name}: {len(self.data)} bytes for {self.kind} {self.shape}")


def size_of(kind: str, shape: Sequence[int]) -> int:
    """The bytes that numbers of ``shape`` take as ``kind``."""
    count = 1
    for length in shape:
        count *= length
    return count // BY_NAME[kind].block * BY_NAME[kind].size


def write(file: IO[bytes], metadata: Mapping[str, Value], tensors: Sequence[Tensor]) -> None:
    """Writes the whole file. Raises OSError."""
    head = [b"GGUF", struct.pack("<IQQ", 3, len(tensors), len(metadata))]
    head += [_text(key.encode()) + _value(value) for key, value in metadata.items()]
    offset = 0
    for tensor in tensors:
        shape = struct.pack(f"<I{len(tensor.shape)}Q", len(tensor.shape), *tensor.shape)
        place = struct.pack("<IQ", _IDS[tensor.kind], offset)
        head.append(_text(tensor.name.encode()) + shape + place)
        offset += _padded(len(tensor.data))
    header = b"".join(head)
    file.write(header + bytes(_padded(len(header)) - len(header)))
    for tensor in tensors:
        file.write(tensor.data)
        file.write(bytes(_padded(len(tensor.data)) - len(tensor.data)))


def _padded(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT


def _text(raw: bytes) -> bytes:
    return struct.pack("<Q", len(raw)) + raw


def _value(value: Value) -> bytes:
    """A value behind the number of its type; arrays are of one type."""
    if isinstance(value, bool):
        return struct.pack("<I?", _BOOL, value)
    if isinstance(value, int):
        return struct.pack("<II", _UINT32, value)
    if isinstance(value, float):
        return struct.pack("<If", _FLOAT32, value)
    if isinstance(value, str):
        return struct.pack("<I", _STRING) + _text(value.encode())
    if isinstance(value, np.ndarray):
        kind = _FLOAT32 if value.dtype == np.float32 else _INT32
        return struct.pack("<IIQ", _ARRAY, kind, len(value)) + value.tobytes()
    items = b"".join(_text(item) for item in value)
    return struct.pack("<IIQ", _ARRAY, _STRING, len(value)) + items
