"""Headers and device tables for planner tests: the shapes of real models and real cards."""

from __future__ import annotations

from pathlib import Path

from ctxc.llama.placement.devices import Device
from ctxc.models.gguf import Header
from ctxc.models.gguf.types import BY_NAME, TYPES
from ctxc.models.gguf.values import LongArray, Tensor

MIB = 1 << 20
_ID = {kind.name: number for number, kind in TYPES.items()}


def header(
    name: str, layers: int, width: int, feed: int, heads: int, kv: int, words: int, tied: bool
) -> Header:
    """A Q4_K model of the llama family: what its header holds, without a file."""
    path = Path(f"{name}.gguf")
    head = width // heads
    tensors = []

    def add(tensor: str, kind: str, *shape: int) -> None:
        count = 1
        for length in shape:
            count *= length
        size = count // BY_NAME[kind].block * BY_NAME[kind].size
        tensors.append(Tensor(tensor, shape, _ID[kind], 0, size, path))

    add("token_embd.weight", "q6_K", width, words)
    for layer in range(layers):
        for part, rows in (("attn_q", width), ("attn_k", kv * head), ("attn_v", kv * head)):
            add(f"blk.{layer}.{part}.weight", "q4_K", width, rows)
        add(f"blk.{layer}.attn_output.weight", "q4_K", width, width)
        for part in ("ffn_gate", "ffn_up"):
            add(f"blk.{layer}.{part}.weight", "q4_K", width, feed)
        add(f"blk.{layer}.ffn_down.weight", "q6_K", feed, width)
        add(f"blk.{layer}.attn_norm.weight", "f32", width)
    add("output_norm.weight", "f32", width)
    if not tied:
        add("output.weight", "q6_K", width, words)
    metadata = {
        "general.architecture": "llama",
        "general.name": name,
        "llama.block_count": layers,
        "llama.context_length": 32768,
        "llama.embedding_length": width,
        "llama.feed_forward_length": feed,
        "llama.attention.head_count": heads,
        "llama.attention.head_count_kv": kv,
        "tokenizer.ggml.tokens": LongArray("s", words),
    }
    return Header(path, 3, metadata, tuple(tensors), 0, (path,))


HEADERS = {
    "135M": header("SmolLM2-135M", 30, 576 + 192, 1536, 9 + 3, 3, 49152, True),
    "1.5B": header("Qwen2.5-1.5B", 28, 1536, 8960, 12, 2, 151936, True),
    "3B": header("Llama-3.2-3B", 28, 3072, 8192, 24, 8, 128256, True),
    "7B": header("Mistral-7B", 32, 4096, 14336, 32, 8, 32768, False),
    "14B": header("Qwen2.5-14B", 48, 5120, 13824, 40, 8, 152064, False),
}


def card(
    total: int, used: int = 250, name: str = "CUDA0", display: bool = False, handle: int = 1
) -> Device:
    """A card of ``total`` MiB with ``used`` MiB taken."""
    return Device(name, "a card", "gpu", (total - used) * MIB, total * MIB, display, handle)


CARDS = {
    "GTX 1650": (card(4096),),
    "GTX 1650 with a desktop": (card(4096, 700, display=True),),
    "RTX 2060": (card(6144),),
    "RTX 3050": (card(8192),),
    "RTX 4060 with a desktop": (card(8192, 900, display=True),),
    "8 and 4 GB": (card(8192), card(4096, name="CUDA1", handle=2)),
    "4 and 6 GB": (card(4096), card(6144, name="CUDA1", handle=2)),
    "taken by another": (card(8192, 7900),),
}
