"""A LoRA as llama.cpp reads it: an adapter GGUF beside the base's file.

Names follow ``gguf``'s table of tensor names. Rows of q and k of the llama family are in
another order in GGUF (``convert_hf_to_gguf.py``, ``LlamaModel.permute``); a LoRA's B has
those rows.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import EngineError
from ..models.gguf import Header
from .base import PERMUTED

_NAME = re.compile(r"base_model\.model\.(?P<module>.+)\.lora_(?P<half>[AB])\.default\.weight")

Matrix = npt.NDArray[np.float32]


def adapter_bytes(
    state: Mapping[str, Any], header: Header, alpha: float, facts: Mapping[str, str]
) -> bytes:
    """The whole file. ``state`` are peft's matrices, ``facts`` further metadata (text).

    Raises EngineError for a matrix whose name llama.cpp does not know.
    """
    import gguf

    # The writer wants a place; what it writes there is read back and put where it belongs, whole.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "adapter.gguf"
        writer = gguf.GGUFWriter(str(path), header.architecture)
        writer.add_type(gguf.GGUFType.ADAPTER)
        writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
        writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, float(alpha))
        for key, value in facts.items():
            writer.add_string(key, value)
        for name, matrix in sorted(tensors(state, header).items()):
            writer.add_tensor(name, matrix.astype(np.float16))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        return path.read_bytes()


def tensors(state: Mapping[str, Any], header: Header) -> dict[str, Matrix]:
    """llama.cpp's names and rows: A (rank, inputs), B (outputs, rank)."""
    import gguf

    architecture = next(a for a, n in gguf.MODEL_ARCH_NAMES.items() if n == header.architecture)
    names = gguf.get_tensor_name_map(architecture, header.n_layers)
    result: dict[str, Matrix] = {}
    for key, value in state.items():
        match = _NAME.fullmatch(key)
        own = names.get_name(match["module"]) if match else None
        if match is None or own is None:
            raise EngineError(f"llama.cpp has no name for the matrix {key!r}")
        matrix = value.numpy() if hasattr(value, "numpy") else np.asarray(value)
        if match["half"] == "B":
            matrix = _in_order(matrix, match["module"], header)
        result[f"{own}.weight.lora_{match['half'].lower()}"] = matrix
    return result


def _in_order(matrix: Matrix, module: str, header: Header) -> Matrix:
    if header.architecture not in PERMUTED:
        return matrix
    heads = {"q_proj": header.n_heads, "k_proj": max(header.kv_heads)}
    count = heads.get(module.rpartition(".")[2])
    return permuted(matrix, count) if count else matrix


def permuted(matrix: Matrix, heads: int) -> Matrix:
    """Rows from transformers' order (two halves a head) to llama.cpp's (pairs).

    >>> permuted(np.arange(4.0, dtype=np.float32)[:, None], 1)[:, 0].tolist()
    [0.0, 2.0, 1.0, 3.0]
    """
    rows, columns = matrix.shape
    paired = matrix.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2)
    return np.ascontiguousarray(paired.reshape(rows, columns))
