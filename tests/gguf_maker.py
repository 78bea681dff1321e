"""Writes small GGUF files for tests: any metadata, tensors of zeros, and tiny whole models."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ctxc.models.gguf.types import BY_NAME, TYPES

TYPE_ID = {kind.name: number for number, kind in TYPES.items()}
Shape = Sequence[int]


def text(value: str) -> bytes:
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def value(given: object) -> bytes:
    """A metadata value with its type in front; lists are arrays of their first item's type."""
    if isinstance(given, bool):
        return struct.pack("<I?", 7, given)
    if isinstance(given, np.int32):
        return struct.pack("<Ii", 5, given)
    if isinstance(given, int):
        return struct.pack("<II", 4, given)
    if isinstance(given, float):
        return struct.pack("<If", 6, given)
    if isinstance(given, str):
        return struct.pack("<I", 8) + text(given)
    assert isinstance(given, list)
    each = [value(item) for item in given] or [value(0)]
    return (
        struct.pack("<I", 9)
        + each[0][:4]
        + struct.pack("<Q", len(given))
        + b"".join(item[4:] for item in each[: len(given)])
    )


def build(
    metadata: Mapping[str, object],
    tensors: Mapping[str, tuple[str, Shape]] | None = None,
    *,
    version: int = 3,
    alignment: int = 32,
) -> bytes:
    """A whole GGUF file; tensors are (type name, shape) and hold zeros."""
    tensors = tensors or {}
    head = [b"GGUF", struct.pack("<IQQ", version, len(tensors), len(metadata))]
    for key, given in metadata.items():
        head.append(text(key) + value(given))
    offset = 0
    for name, (kind, shape) in tensors.items():
        head.append(text(name) + struct.pack(f"<I{len(shape)}q", len(shape), *shape))
        head.append(struct.pack("<IQ", TYPE_ID[kind], offset))
        offset += -(-size(kind, shape) // alignment) * alignment
    header = b"".join(head)
    return header + bytes(-len(header) % alignment) + bytes(offset)


def size(kind: str, shape: Shape) -> int:
    count = 1
    for length in shape:
        count *= length
    return count // BY_NAME[kind].block * BY_NAME[kind].size


def tiny(architecture: str, layers: int, **more: object) -> bytes:
    """A model that llama.cpp loads: width 64, 2 heads of 64 numbers, 1 KV head, 32 words.

    ``more`` are keys under the architecture, ``attention__sliding_window`` for a dot.
    """
    own = {key.replace("__", "."): given for key, given in more.items()}
    keys = {
        "context_length": 2048,
        "block_count": layers,
        "embedding_length": 64,
        "feed_forward_length": 64,
        "attention.head_count": 2,
        "attention.head_count_kv": 1,
        "attention.key_length": 64,
        "attention.value_length": 64,
        "attention.layer_norm_rms_epsilon": 1e-5,
        "vocab_size": 32,
        **own,
    }
    metadata: dict[str, object] = {"general.architecture": architecture}
    metadata |= {f"{architecture}.{key}": given for key, given in keys.items()}
    metadata["tokenizer.ggml.model"] = "no_vocab"
    tensors: dict[str, tuple[str, Shape]] = {
        "token_embd.weight": ("f32", (64, 32)),
        "output_norm.weight": ("f32", (64,)),
    }
    heads = keys["attention.head_count_kv"]
    for layer in range(layers):
        attends = not isinstance(heads, list) or heads[layer]
        tensors |= _layer(f"blk.{layer}", architecture, bool(attends))
    return build(metadata, tensors)


def _layer(at: str, architecture: str, attends: bool) -> dict[str, tuple[str, Shape]]:
    shapes: dict[str, Shape] = {
        "attn_norm": (64,),
        "ffn_norm": (64,),
        "ffn_gate": (64, 64),
        "ffn_up": (64, 64),
        "ffn_down": (64, 64),
    }
    if attends:
        shapes |= {"attn_q": (64, 128), "attn_k": (64, 64), "attn_v": (64, 64)}
        shapes |= {"attn_output": (128, 64)}
    if architecture.startswith("gemma"):
        shapes |= {"post_attention_norm": (64,), "post_ffw_norm": (64,)}
    if architecture == "gemma3":
        shapes |= {"attn_q_norm": (64,), "attn_k_norm": (64,)}
    found = {f"{at}.{name}.weight": ("f32", shape) for name, shape in shapes.items()}
    if not attends:  # Mamba 2: inner size 128, state 16, 1 group, 2 heads, kernel 4
        found |= {
            f"{at}.ssm_in.weight": ("f32", (64, 2 * 128 + 2 * 16 + 2)),
            f"{at}.ssm_conv1d.weight": ("f32", (4, 128 + 2 * 16)),
            f"{at}.ssm_conv1d.bias": ("f32", (128 + 2 * 16,)),
            f"{at}.ssm_dt.bias": ("f32", (2,)),
            f"{at}.ssm_a": ("f32", (1, 2)),
            f"{at}.ssm_d": ("f32", (1, 2)),
            f"{at}.ssm_norm.weight": ("f32", (128, 1)),
            f"{at}.ssm_out.weight": ("f32", (128, 64)),
        }
    return found


def hybrid() -> bytes:
    """Two Mamba layers and two attention layers."""
    return tiny(
        "granitehybrid",
        4,
        attention__head_count_kv=[0, 1, 0, 1],
        ssm__conv_kernel=4,
        ssm__inner_size=128,
        ssm__state_size=16,
        ssm__time_step_rank=2,
        ssm__group_count=1,
    )


def save(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path
