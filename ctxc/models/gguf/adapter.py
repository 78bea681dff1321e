"""Whether a LoRA adapter fits a base model: decided from both headers, before llama.cpp sees it.

llama.cpp adds ``scale * alpha / rank * B (A x)`` to a matrix's product, where ``NAME.lora_a``
has shape (inputs, rank) and ``NAME.lora_b`` (rank, outputs). It asserts on some of what is
checked here, and computes with numbers that are none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from ctxc.errors import ModelError
from ctxc.models.gguf.header import Header
from ctxc.models.gguf.reader import read
from ctxc.models.gguf.values import Tensor

MAX_RANK = 1024
"""More than any recipe uses; twice the bytes of such an adapter is half a small model."""
_MAX_ALPHA = 65_536.0
_FLOATS = {"f32": "<f4", "f16": "<f2"}
_TYPES = ("f32", "f16", "bf16", "q8_0")
_BF16_EXPONENT = 0x7F80
_BLOCK = 1 << 20  # numbers looked at together
_HINT = "name an adapter that was trained for this model, or the model that it was trained for"


@dataclass(frozen=True, slots=True)
class Adapter:
    """A checked adapter: its largest rank, its alpha, how many matrices it changes."""

    path: Path
    rank: int
    alpha: float
    matrices: int


def check(path: Path, base: Header) -> Adapter:
    """The adapter at ``path``, fit for ``base``.

    Raises ModelError that says which of the two does not fit the other, and where.
    """
    header = read(path)
    _kind(header, base)
    alpha = header.metadata.get("adapter.lora.alpha")
    if not isinstance(alpha, float) or not math.isfinite(alpha) or not 0 < alpha <= _MAX_ALPHA:
        raise _refusal(path, f"its alpha is {alpha!r}", "take another file of this adapter")
    pairs = _pairs(header)
    known = {tensor.name: tensor for tensor in base.tensors}
    ranks = [_fits(path, name, pair, known.get(name), base) for name, pair in pairs.items()]
    for pair in pairs.values():
        for tensor in pair.values():
            _finite(path, tensor)
    return Adapter(path, max(ranks), alpha, len(pairs))


def _refusal(path: Path, why: str, hint: str = _HINT) -> ModelError:
    return ModelError(f"{path}: not an adapter for this model: {why}", hint=hint)


def _kind(header: Header, base: Header) -> None:
    path, kind = header.path, header.text("adapter.type")
    if not header.is_adapter:
        hint = "a whole model goes to -m; an adapter is made by ctxc internalize"
        raise _refusal(path, "it is a model of its own", hint)
    if kind != "lora" or len(header.parts) > 1:
        raise _refusal(path, f"its kind is {kind or 'not told'!r}, where 'lora' is read")
    if "adapter.alora.invocation_tokens" in header.metadata:
        raise _refusal(path, "it is switched on by a word of the text, which is not done here")
    if header.architecture != base.architecture:
        raise _refusal(
            path,
            f"it is for {header.architecture!r}, and {base.path.name} is {base.architecture!r}",
        )
    if not header.tensors:
        raise _refusal(path, "it has no tensors")


def _pairs(header: Header) -> dict[str, dict[str, Tensor]]:
    """The two halves of each changed matrix, by the matrix's name."""
    pairs: dict[str, dict[str, Tensor]] = {}
    for tensor in header.tensors:
        name, _, half = tensor.name.rpartition(".")
        if half not in ("lora_a", "lora_b") or not name:
            raise _refusal(header.path, f"it has a tensor {tensor.name!r}, which is no LoRA")
        if tensor.type not in _TYPES:
            raise _refusal(header.path, f"{tensor.name!r} is of type {tensor.type}")
        pairs.setdefault(name, {})[half] = tensor
    for name, pair in pairs.items():
        if len(pair) < 2:
            raise _refusal(header.path, f"{name!r} has one half of two")
    return pairs


def _fits(
    path: Path, name: str, pair: dict[str, Tensor], target: Tensor | None, base: Header
) -> int:
    """The rank of one pair. Raises ModelError where it does not fit its matrix."""
    if target is None:
        raise _refusal(path, f"{base.path.name} has no tensor {name!r}")
    if len(target.shape) != 2 or name == "token_embd.weight":
        raise _refusal(path, f"{name!r} is no matrix that a LoRA changes")
    a, b = pair["lora_a"].shape, pair["lora_b"].shape
    inputs, outputs = target.shape
    if len(a) != 2 or len(b) != 2 or a[0] != inputs or b[1] != outputs or a[1] != b[0]:
        wanted = f"({inputs}, rank) and (rank, {outputs})"
        raise _refusal(path, f"{name!r} has shapes {a} and {b}, where {wanted} fit")
    rank = a[1]
    if not 1 <= rank <= min(MAX_RANK, inputs, outputs):
        raise _refusal(path, f"{name!r} has rank {rank}, of {min(MAX_RANK, inputs, outputs)}")
    return rank


def _finite(path: Path, tensor: Tensor) -> None:
    """Raises ModelError for numbers that are none: every answer would be none either."""
    if tensor.type == "q8_0":
        return  # llama.cpp's own quantiser refuses such numbers
    import numpy as np

    numbers = np.memmap(
        path, _FLOATS.get(tensor.type, "<u2"), "r", tensor.offset, (tensor.elements,)
    )
    for at in range(0, tensor.elements, _BLOCK):
        part = numbers[at : at + _BLOCK]
        good = (
            np.isfinite(part)
            if tensor.type in _FLOATS
            else (part & _BF16_EXPONENT) != _BF16_EXPONENT
        )
        if not good.all():
            raise _refusal(
                path, f"{tensor.name!r} holds numbers that are none", "train the adapter anew"
            )
