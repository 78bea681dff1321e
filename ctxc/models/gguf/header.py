"""The facts in a GGUF header, under the names that llama.cpp and model cards use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Unpack

from ctxc.models.gguf import memory
from ctxc.models.gguf.architectures import ENCODERS, HYBRID, RECURRENT
from ctxc.models.gguf.keys import Keys
from ctxc.models.gguf.values import LongArray, Tensor


@dataclass(frozen=True)
class Header(Keys):
    """What one model says of itself. Made by ``ctxc.models.gguf.read``.

    ``file_bytes`` and ``tensors`` cover all ``parts`` of a split model. A number the
    file does not give is 0, a text it does not give is "". A number of the wrong kind
    raises ModelError when it is asked for.
    """

    tensors: tuple[Tensor, ...]
    file_bytes: int
    parts: tuple[Path, ...]

    # ---- what it is ------------------------------------------------------------

    @property
    def name(self) -> str:
        """The model's own name, or the file's."""
        return self.text("general.name") or self.path.stem

    @property
    def licence(self) -> str:
        """An SPDX-like identifier (``apache-2.0``), or ""."""
        return self.text("general.license")

    @property
    def chat_template(self) -> str:
        """The Jinja text, or ""."""
        return self.text("tokenizer.chat_template")

    @property
    def tokenizer_model(self) -> str:
        """``gpt2`` (byte-level BPE), ``llama`` (SPM), ``bert`` (WordPiece), ``t5`` (UGM) ..."""
        return self.text("tokenizer.ggml.model")

    @property
    def is_adapter(self) -> bool:
        """A LoRA or control vector, no model of its own."""
        return self.text("general.type") == "adapter"

    @property
    def is_encoder(self) -> bool:
        """Reads both ways and writes nothing: no scores, no generation, no KV cache."""
        return self.architecture in ENCODERS

    @property
    def is_reranker(self) -> bool:
        """Has a ranking head: ``pooling_type`` RANK (4), or a classifier without labels."""
        pooling = self.number("pooling_type")
        head = any(tensor.name.startswith("cls.") for tensor in self.tensors)
        return pooling == 4 or (head and not self.classifier_labels)

    @property
    def classifier_labels(self) -> tuple[str, ...]:
        labels = self.metadata.get(f"{self.architecture}.classifier.output_labels", ())
        return tuple(map(str, labels)) if isinstance(labels, tuple) else ()

    @property
    def is_recurrent(self) -> bool:
        return self.architecture in RECURRENT

    @property
    def is_hybrid(self) -> bool:
        return self.architecture in HYBRID

    # ---- sizes -----------------------------------------------------------------

    @property
    def context_length(self) -> int:
        """Tokens it was trained to read at once."""
        return self.number("context_length")

    @property
    def embedding_length(self) -> int:
        return self.number("embedding_length")

    @property
    def n_heads(self) -> int:
        """Query heads (the most that any layer has)."""
        return self.number("attention.head_count")

    @property
    def kv_heads(self) -> tuple[int, ...]:
        """KV heads of each layer; 0 for layers without attention."""
        heads = self.per_layer("attention.head_count", 0)
        if f"{self.architecture}.attention.head_count_kv" not in self.metadata:
            return heads
        return self.per_layer("attention.head_count_kv", 0)

    @property
    def key_length(self) -> int:
        """Numbers per key and head (default embedding / heads)."""
        return self._head_length("attention.key_length")

    @property
    def value_length(self) -> int:
        return self._head_length("attention.value_length")

    def _head_length(self, key: str) -> int:
        heads = self.per_layer("attention.head_count", 0)
        if not heads or heads[0] == 0:  # llama.cpp then takes the model for one without heads
            return self.number(key) if self.architecture == "plamo2" else 0
        return self.number(key, self.embedding_length // heads[0])

    @property
    def vocab_size(self) -> int:
        tokens = self.metadata.get("tokenizer.ggml.tokens")
        if isinstance(tokens, LongArray):
            return tokens.count
        return len(tokens) if isinstance(tokens, tuple) else self.number("vocab_size")

    @property
    def sliding_window(self) -> int:
        """Tokens that a windowed layer sees, as llama.cpp treats this model; 0 for none."""
        return memory.window(self)

    @property
    def sliding_layers(self) -> tuple[bool, ...]:
        """Which layers see only the window."""
        return memory.sliding_layers(self)

    # ---- weights ---------------------------------------------------------------

    @cached_property
    def parameters(self) -> int:
        """Numbers in all tensors."""
        return sum(tensor.elements for tensor in self.tensors)

    @cached_property
    def weights_bytes(self) -> int:
        return sum(tensor.bytes for tensor in self.tensors)

    @cached_property
    def _bytes_by_prefix(self) -> Mapping[str, int]:
        found: Counter[str] = Counter()
        for tensor in self.tensors:
            first, _, rest = tensor.name.partition(".")
            found[f"blk.{rest.partition('.')[0]}" if first == "blk" else first] += tensor.bytes
        return found

    def layer_bytes(self, index: int) -> int:
        """Bytes of the weights ``blk.INDEX.*``."""
        return self._bytes_by_prefix.get(f"blk.{index}", 0)

    @property
    def embedding_bytes(self) -> int:
        """The token embedding, which stays in main memory whatever is offloaded."""
        return self._bytes_by_prefix.get("token_embd", 0)

    @property
    def output_bytes(self) -> int:
        """Output matrix and norm; a tied model's embedding counts again, as it is copied."""
        head = self._bytes_by_prefix.get("output", 0) or self.embedding_bytes
        return head + self._bytes_by_prefix.get("output_norm", 0)

    @property
    def type_bytes(self) -> Mapping[str, int]:
        """Bytes of the weights by tensor type, most first."""
        found: Counter[str] = Counter()
        for tensor in self.tensors:
            found[tensor.type] += tensor.bytes
        return dict(found.most_common())

    @property
    def quantisation(self) -> str:
        """The types that hold at least a twentieth of the bytes: ``q4_1``, ``q5_0+q8_0``."""
        total = self.weights_bytes
        return "+".join(name for name, size in self.type_bytes.items() if size * 20 >= total > 0)

    # ---- KV cache ----------------------------------------------------------------

    def kv_bytes_per_token(
        self, type_k: str = "f16", type_v: str = "f16", *, beyond_window: bool = False
    ) -> int:
        """Cache bytes that one more token takes; past the window only full layers grow."""
        return memory.kv_bytes_per_token(self, type_k, type_v, beyond_window)

    def layer_kv_bytes(
        self,
        n_ctx: int = 0,
        n_seq: int = 1,
        type_k: str = "f16",
        type_v: str = "f16",
        **options: Unpack[memory.CacheOptions],
    ) -> tuple[int, ...]:
        """Cache bytes of each layer, which live on the device of its weights.

        ``n_ctx`` cells over all ``n_seq`` sequences (0: ``context_length``); options as
        in ``memory.CacheOptions``. Raises ModelError for architectures whose cache
        their header does not settle.
        """
        return memory.layer_kv_bytes(self, n_ctx, n_seq, type_k, type_v, **options)

    def kv_bytes(
        self,
        n_ctx: int = 0,
        n_seq: int = 1,
        type_k: str = "f16",
        type_v: str = "f16",
        **options: Unpack[memory.CacheOptions],
    ) -> int:
        """Bytes llama.cpp allocates for the KV cache: the sum of ``layer_kv_bytes``."""
        return sum(self.layer_kv_bytes(n_ctx, n_seq, type_k, type_v, **options))

    def recurrent_bytes(self, n_seq: int = 1) -> int:
        """Bytes of the fixed states of recurrent layers, beside the KV cache."""
        return memory.recurrent_bytes(self, n_seq)
