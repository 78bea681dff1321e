"""The bytes of one GGUF file, stepped through with every length checked first.

The layout (versions 2 and 3, little-endian) is ggml's ``docs/gguf.md``; the checks
are those of ``gguf.cpp`` in llama.cpp, so that what passes here is not refused there,
and more: counts that no model has are refused before they cost anything. Long arrays
(vocabularies) are stepped over, not built.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from ctxc.errors import ModelError
from ctxc.models.gguf.header import Header
from ctxc.models.gguf.types import TYPES
from ctxc.models.gguf.values import LongArray, Tensor, Value

MAX_KEYS = 65_536
MAX_TENSORS = 65_536  # large models have about 2,000
MAX_KEY_BYTES = 65_535  # the format's own limit
MAX_NAME_BYTES = 63  # ggml's GGML_MAX_NAME, less the closing NUL
MAX_STRINGS = 1 << 22  # in all arrays together; the largest vocabularies have 2^18
MAX_TEXT_BYTES = 16 << 20  # of text kept in memory
MAX_PARTS = 1_000
KEEP = 1_024  # arrays up to this length are kept
_SCALARS = "BbHhIif?"  # GGUF types 0 to 7 in order, then string, array, and 10 to 12
_FORMATS = {**dict(enumerate(_SCALARS)), 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_U64 = struct.Struct("<Q")


def refuse_magic(path: Path, magic: bytes, size: int) -> NoReturn:
    if magic == b"GGUF" or (magic and b"GGUF".startswith(magic)):
        raise ModelError(
            f"{path}: truncated GGUF file ({size} bytes, the header alone is longer)",
            hint="the download was cut off: fetch the file again",
        )
    if not size:
        raise ModelError(f"{path}: an empty file, not a GGUF model")
    raise ModelError(
        f"{path}: not a GGUF file (it starts with {magic!r}, not b'GGUF')",
        hint="models in other formats need llama.cpp's convert_hf_to_gguf.py first",
    )


class Cursor:
    """A place in the mapped file; every step forward is checked against its end."""

    def __init__(self, path: Path, data: mmap.mmap, size: int) -> None:
        self.path, self.data, self.size = path, data, size
        self.at = 0
        self.strings_left, self.text_left = MAX_STRINGS, MAX_TEXT_BYTES

    def refuse(self, check: str, hint: str = "the file is damaged: fetch it again") -> NoReturn:
        raise ModelError(f"{self.path}: not a usable GGUF file: {check}", hint=hint)

    def take(self, length: int, what: str) -> int:
        """Steps over ``length`` bytes; gives where they start."""
        start = self.at
        if length > self.size - start:
            self.refuse(
                f"the header ends inside {what} (byte {start} of {self.size})",
                "the download was cut off: fetch the file again",
            )
        self.at = start + length
        return start

    def number(self, form: str, what: str) -> int:
        one = struct.Struct("<" + form)
        return int(one.unpack_from(self.data, self.take(one.size, what))[0])

    def text(self, what: str, limit: int) -> str:
        length = self.number("Q", what)
        if length > limit:
            self.refuse(f"{what} is {length} bytes long (at most {limit})")
        self.text_left -= length
        if self.text_left < 0:
            self.refuse(f"more than {MAX_TEXT_BYTES >> 20} MiB of text in the header")
        start = self.take(length, what)
        return self.data[start : start + length].decode("utf-8", "replace")

    def header(self) -> Header:
        magic = self.data[:4]
        if magic != b"GGUF":
            refuse_magic(self.path, magic, self.size)
        self.at = 4
        version = self.number("I", "the version")
        if version & 0xFFFF == 0:
            self.refuse("big-endian byte order", "convert it for this machine's byte order")
        if version not in (2, 3):
            self.refuse(f"version {version}, where 2 and 3 are known", "convert the model anew")
        n_tensors = self.count("tensors", MAX_TENSORS, smallest=24)
        n_keys = self.count("keys", MAX_KEYS, smallest=14)
        metadata = self.metadata(n_keys)
        alignment = metadata.get("general.alignment", 32)
        if not isinstance(alignment, int) or alignment < 1 or alignment & (alignment - 1):
            self.refuse(f"alignment {alignment!r} is no power of two")
        tensors = self.tensors(n_tensors, alignment)
        return Header(self.path, version, metadata, tensors, self.size, (self.path,))

    def count(self, what: str, most: int, smallest: int) -> int:
        found = self.number("Q", f"the number of {what}")
        if found > most:
            self.refuse(f"{found} {what}, more than any model has")
        if found * smallest > self.size:
            self.refuse(
                f"{found} {what} in a file of {self.size} bytes",
                "the download was cut off: fetch the file again",
            )
        return found

    def metadata(self, count: int) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for index in range(count):
            key = self.text(f"key {index}", MAX_KEY_BYTES)
            if not key or key in found:
                self.refuse(f"key {index} is {'given twice' if key else 'empty'}")
            found[key] = self.value(key, self.number("I", f"the type of {key!r}"))
        return found

    def value(self, key: str, kind: int) -> Value:
        if kind == _STRING:
            return self.text(f"the value of {key!r}", MAX_TEXT_BYTES)
        if kind == _ARRAY:
            return self.array(key)
        form = self.form(key, kind)
        one = struct.Struct("<" + form)
        value: Value = one.unpack_from(self.data, self.take(one.size, f"the value of {key!r}"))[0]
        return value

    def form(self, key: str, kind: int) -> str:
        form = _FORMATS.get(kind)
        if form is None:
            self.refuse(f"{key!r} has the unknown type {kind}")
        return form

    def array(self, key: str) -> Value:
        kind = self.number("I", f"the type of {key!r}")
        count = self.number("Q", f"the length of {key!r}")
        if kind == _STRING:
            return self.string_array(key, count)
        if kind == _ARRAY:
            self.refuse(f"{key!r} is an array of arrays, which llama.cpp does not read")
        form = self.form(key, kind)
        width = struct.calcsize("<" + form)
        start = self.take(count * width, f"the {count} values of {key!r}")
        if count > KEEP:
            return LongArray(form, count)
        return tuple(struct.unpack_from(f"<{count}{form}", self.data, start))

    def string_array(self, key: str, count: int) -> Value:
        self.strings_left -= count
        if count * 8 > self.size - self.at or self.strings_left < 0:
            self.refuse(f"{key!r} claims {count} strings, more than such a file can hold")
        if count <= KEEP:
            return tuple(self.text(f"{key!r}", MAX_TEXT_BYTES) for _ in range(count))
        self.at = _skip_strings(self.data, self.at, count, self.size, self.refuse, key)
        return LongArray("s", count)

    def tensors(self, count: int, alignment: int) -> tuple[Tensor, ...]:
        rows: dict[str, tuple[tuple[int, ...], int, int, int]] = {}
        expected = 0  # llama.cpp wants them in order, without gaps or overlaps
        for index in range(count):
            name, shape, kind, offset, size = self.tensor_row(index)
            if name in rows:
                self.refuse(f"two tensors are called {name!r}")
            if offset != expected:
                self.refuse(f"tensor {name!r} lies at {offset}, where {expected} is next")
            rows[name] = shape, kind, offset, size
            expected += -(-size // alignment) * alignment
        start = -(-self.at // alignment) * alignment
        found = []
        for name, (shape, kind, offset, size) in rows.items():
            if start + offset + size > self.size:
                self.refuse(
                    f"tensor {name!r} ends at {start + offset + size}, the file at {self.size}",
                    "the download was cut off: fetch the file again",
                )
            found.append(Tensor(name, shape, kind, start + offset, size, self.path))
        return tuple(found)

    def tensor_row(self, index: int) -> tuple[str, tuple[int, ...], int, int, int]:
        name = self.text(f"the name of tensor {index}", MAX_NAME_BYTES)
        n_dims = self.number("I", f"the shape of {name!r}")
        if n_dims > 4:
            self.refuse(f"tensor {name!r} has {n_dims} dimensions (at most 4)")
        shape = tuple(self.number("q", f"the shape of {name!r}") for _ in range(n_dims))
        if any(length < 0 for length in shape):
            self.refuse(f"tensor {name!r} has a negative dimension {shape}")
        kind = self.number("I", f"the type of {name!r}")
        if kind not in TYPES:
            self.refuse(
                f"tensor {name!r} has the unknown type {kind}",
                "made for a newer or older llama.cpp: take another file of this model",
            )
        elements = 1
        for length in shape:
            elements *= length
        block, size = TYPES[kind].block, TYPES[kind].size
        if shape and shape[0] % block:
            self.refuse(f"rows of tensor {name!r} are no multiple of {block} numbers")
        offset = self.number("Q", f"the offset of {name!r}")
        return name, shape, kind, offset, elements // block * size


def _skip_strings(
    data: mmap.mmap, at: int, count: int, size: int, refuse: Callable[..., NoReturn], key: str
) -> int:
    """Where the array ends: the one hot loop, 300,000 steps for a large vocabulary."""
    length_at = _U64.unpack_from
    try:
        for _ in range(count):
            at += 8 + length_at(data, at)[0]
            if at > size:
                break
    except struct.error:
        at = size + 1
    if at > size:
        refuse(
            f"the header ends inside the strings of {key!r}",
            "the download was cut off: fetch the file again",
        )
    return at
