"""KV cache bytes, from a model's own GGUF header.

Per token, for a whole text, and for many users at once; before and after
compression. The header's figures are llama.cpp's own allocation to the byte
(``ctxc.models.gguf.memory``); a context of n tokens is allocated in steps of 256.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import ModelError, UsageError
from ..models.gguf import CACHE_TYPES, Header
from .units import Basis


@dataclass(frozen=True, slots=True)
class CacheNeed:
    """What one context of ``tokens`` tokens takes, and ``users`` of them (bytes).

    ``basis`` says whether ``tokens`` were counted with the model's own tokenizer.
    """

    tokens: int
    one: int
    users: int
    basis: Basis

    @property
    def all(self) -> int:
        return self.one * self.users


@dataclass(frozen=True, slots=True)
class Cache:
    """A model's KV cache under one cache type.

    ``per_token`` is what a token takes while every layer still keeps it,
    ``per_token_beyond`` what it takes past the sliding window (the same where
    no layer slides).
    """

    model: str
    type: str
    per_token: int
    per_token_beyond: int
    layers: int
    kv_heads: int
    key_length: int
    value_length: int
    sliding_window: int
    sliding_layers: int
    trained_context: int
    needs: tuple[CacheNeed, ...]


def cache(header: Header, type_name: str, tokens: list[tuple[int, Basis]], users: int = 1) -> Cache:
    """The cache of ``header``'s model with keys and values of ``type_name``.

    ``tokens`` are context lengths, each with how it is known. Raises UsageError for
    an unknown cache type or a user count under 1, ModelError for a model without a
    cache or a header without the keys.
    """
    if type_name not in CACHE_TYPES:
        raise UsageError(
            f"there is no cache type {type_name!r}", hint="choose one of " + ", ".join(CACHE_TYPES)
        )
    if users < 1:
        raise UsageError(f"--users must be at least 1, not {users}")
    _check(header)
    sliding = header.sliding_layers
    return Cache(
        model=header.name,
        type=type_name,
        per_token=header.kv_bytes_per_token(type_name, type_name),
        per_token_beyond=header.kv_bytes_per_token(type_name, type_name, beyond_window=True),
        layers=sum(1 for heads in header.kv_heads if heads),
        kv_heads=max(header.kv_heads, default=0),
        key_length=header.key_length,
        value_length=header.value_length,
        sliding_window=header.sliding_window,
        sliding_layers=sum(sliding),
        trained_context=header.context_length,
        needs=tuple(
            CacheNeed(number, context_bytes(header, number, type_name), users, basis)
            for number, basis in tokens
        ),
    )


def context_bytes(header: Header, tokens: int, type_name: str) -> int:
    """Bytes of a context that holds ``tokens`` tokens; 0 for an empty one.

    Windowed layers keep their window only, as ctxc opens its contexts.
    """
    if not tokens:
        return 0  # to llama.cpp n_ctx 0 means the trained length
    return header.kv_bytes(n_ctx=tokens, type_k=type_name, type_v=type_name)


def _check(header: Header) -> None:
    """Refuse a header that does not say what the figures need, by the missing key."""
    if header.is_adapter or header.is_encoder:
        kind = "an adapter" if header.is_adapter else "an encoder"
        raise ModelError(f"{header.path} is {kind}; it has no KV cache of its own")
    needed = {
        "block_count": header.n_layers,
        "embedding_length": header.embedding_length,
        "attention.head_count": header.n_heads,
    }
    if header.is_recurrent:
        needed.pop("attention.head_count")
    missing = [
        f"{header.architecture or 'general'}.{key}" for key, value in needed.items() if not value
    ]
    if not header.architecture:
        missing = ["general.architecture"]
    if missing:
        raise ModelError(
            f"{header.path} does not say {' and '.join(missing)}, which its KV cache follows from",
            hint="take another file of this model",
        )
