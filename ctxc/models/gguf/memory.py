"""The KV cache of a model, to the byte as llama.cpp allocates it.

After ``llama_kv_cache``, ``llama_kv_cache_iswa`` and ``llama_model::create_memory``
(llama.cpp as vendored by llama-cpp-python 0.3.36); a test compares with the sizes
that llama.cpp itself reports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict, Unpack

from ctxc.errors import ModelError
from ctxc.models.gguf.architectures import NO_CACHE, SLIDING, UNKNOWN_CACHE, Sliding
from ctxc.models.gguf.types import BY_NAME, CACHE_TYPES

if TYPE_CHECKING:
    from ctxc.models.gguf.header import Header

PAD = 256  # cells; GGML_PAD in llama-context.cpp


class CacheOptions(TypedDict, total=False):
    """How a context lays out its cache (llama.cpp's names and defaults).

    ``unified``: all sequences share one row of cells. ``swa_full``: windowed layers
    keep everything (llama.cpp's own default is True; ctxc opens contexts with False).
    ``n_ubatch`` matters for windowed layers only, ``flash_attn`` for values of models
    whose layers differ in width.
    """

    unified: bool
    n_ubatch: int
    swa_full: bool
    flash_attn: bool


def window(header: Header) -> int:
    """Tokens a windowed layer sees; 0 where no layer slides."""
    rule = SLIDING.get(header.architecture)
    if header.architecture in ("lfm2", "lfm2moe"):
        rule = Sliding(0)
    if rule is None or (header.architecture == "exaone4" and header.n_layers != 64):
        return 0
    found = header.number("attention.sliding_window", rule.window)
    return rule.forced or found if found else 0


def sliding_layers(header: Header) -> tuple[bool, ...]:
    """For each layer whether it keeps only the window."""
    count, own = header.n_layers, _own_layers(header)
    if not window(header):
        return (False,) * count
    if header.architecture in ("lfm2", "lfm2moe"):
        return tuple(not recurrent for recurrent in recurrent_layers(header))
    rule = SLIDING[header.architecture]
    pattern = header.metadata.get(f"{header.architecture}.attention.sliding_window_pattern")
    if isinstance(pattern, tuple):
        given = tuple(bool(value) for value in pattern)[:count]
        return given + (False,) * (count - len(given))
    period = pattern if isinstance(pattern, int) and not isinstance(pattern, bool) else rule.period
    if pattern is None and not rule.period:
        raise ModelError(f"{header.path}: no attention.sliding_window_pattern in the header")
    full = 0 if rule.dense_first else period - 1
    return tuple(index < own and (period == 0 or index % period != full) for index in range(count))


def _own_layers(header: Header) -> int:
    """Layers of the model proper, without an appended draft head."""
    return max(0, header.n_layers - header.number("nextn_predict_layers"))


def recurrent_layers(header: Header) -> tuple[bool, ...]:
    """For each layer whether it keeps a state of fixed size."""
    count, own = header.n_layers, _own_layers(header)
    if header.is_recurrent or header.architecture == "falcon-h1":
        return (True,) * count
    if not header.is_hybrid:
        return (False,) * count
    if header.architecture in ("qwen3next", "qwen35", "qwen35moe"):
        given = header.metadata.get(f"{header.architecture}.attention.recurrent_layers")
        if isinstance(given, tuple):
            return tuple(bool(value) for value in given)
        every = max(1, header.number("full_attention_interval", 4))
        return tuple(index < own and (index + 1) % every != 0 for index in range(count))
    wide = (0,) * count
    if header.architecture.startswith("nemotron_h"):
        wide = header.per_layer("feed_forward_length", 0)
    heads = header.kv_heads
    return tuple(heads[i] == 0 and wide[i] == 0 and i < own for i in range(count))


def cached_layers(header: Header) -> tuple[bool, ...]:
    """For each layer whether it has a KV cache of its own."""
    if header.architecture in UNKNOWN_CACHE:
        raise ModelError(
            f"{header.path}: the cache of {header.architecture!r} models is not in their header",
            hint="load the model to learn its size",
        )
    count = header.n_layers
    if header.architecture in NO_CACHE or header.is_recurrent:
        return (False,) * count
    if header.architecture == "falcon-h1":
        return (True,) * count  # every layer has both
    last = _own_layers(header) or count
    if header.architecture == "gemma3n":
        last = min(last, 20)
    if header.architecture == "gemma4":
        last = min(last, count - header.number("attention.shared_kv_layers"))
    wide = (0,) * count
    if header.architecture.startswith("nemotron_h"):
        wide = header.per_layer("feed_forward_length", 0)
    fixed = recurrent_layers(header)
    return tuple(i < last and not fixed[i] and wide[i] == 0 for i in range(count))


def _head_lengths(header: Header) -> tuple[tuple[int, int], ...]:
    """(numbers per key, numbers per value) and KV head for each layer."""
    full = (header.key_length, header.value_length)
    slide = (
        header.number("attention.key_length_swa", full[0]),
        header.number("attention.value_length_swa", full[1]),
    )
    if header.number("attention.key_length_mla") and header.number("attention.value_length_mla"):
        full, slide = (full[0], 0), (slide[0], 0)  # MLA: values are read out of the keys
    return tuple(slide if slides else full for slides in sliding_layers(header))


def _row_bytes(header: Header, type_name: str, numbers: int, head: int) -> int:
    if type_name not in CACHE_TYPES:
        raise ModelError(
            f"{type_name!r} is no cache type", hint="cache types: " + ", ".join(CACHE_TYPES)
        )
    kind = BY_NAME[type_name]
    if head % kind.block:
        raise ModelError(
            f"{header.path}: heads of {head} numbers cannot be cached as {type_name}",
            hint="use f16",
        )
    return numbers // kind.block * kind.size


def _bytes_per_cell(
    header: Header, type_k: str, type_v: str, flash_attn: bool = True
) -> tuple[int, ...]:
    """For each layer what one cell takes: one token's keys and values."""
    cached, heads = cached_layers(header), header.kv_heads
    lengths = _head_lengths(header)
    most = max((n * v for n, (_, v) in zip(heads, lengths, strict=True)), default=0)
    found = []
    for has, n, (key, value) in zip(cached, heads, lengths, strict=True):
        # Without flash attention the values lie transposed, padded to the widest layer.
        values = n * value if flash_attn or not value else most
        size = _row_bytes(header, type_k, n * key, key) + _row_bytes(header, type_v, values, value)
        found.append(size if has else 0)
    return tuple(found)


def kv_bytes_per_token(header: Header, type_k: str, type_v: str, beyond_window: bool) -> int:
    """Bytes one more token takes in all layers, or only in those that never forget."""
    sizes = _bytes_per_cell(header, type_k, type_v)
    sliding = sliding_layers(header)
    return sum(
        size for size, slides in zip(sizes, sliding, strict=True) if not (beyond_window and slides)
    )


def layer_kv_bytes(
    header: Header,
    n_ctx: int = 0,
    n_seq: int = 1,
    type_k: str = "f16",
    type_v: str = "f16",
    **options: Unpack[CacheOptions],
) -> tuple[int, ...]:
    """Bytes of each layer's KV cache.

    ``n_ctx`` cells in all, shared out over ``n_seq`` sequences (0: what the model was
    trained on), both as llama.cpp's context parameters have them: cells per sequence
    are padded to 256, so that 8 sequences in 1,000 cells take 2,048.
    """
    unified, n_seq = options.get("unified", False), max(1, n_seq)
    total = _pad(n_ctx or header.context_length)
    per_seq = total if unified else _pad(total // n_seq)
    streams = 1 if unified else n_seq
    room = window(header) * (n_seq if unified else 1) + options.get("n_ubatch", 512)
    kept = per_seq if options.get("swa_full", False) else _pad(min(per_seq, room))
    sizes = _bytes_per_cell(header, type_k, type_v, options.get("flash_attn", True))
    return tuple(
        size * streams * (kept if slides else per_seq)
        for size, slides in zip(sizes, sliding_layers(header), strict=True)
    )


def recurrent_bytes(header: Header, n_seq: int = 1) -> int:
    """Bytes of the states that recurrent layers keep, in f32, whatever the context."""
    width = header.embedding_length
    wkv, conv = header.number("wkv.head_size"), header.number("shortconv.l_cache")
    inner, state = header.number("ssm.inner_size"), header.number("ssm.state_size")
    if wkv:
        row = header.number("token_shift_count", 2) * width + width * wkv
    elif conv:
        row = width * (conv - 1)
    else:
        steps = max(0, header.number("ssm.conv_kernel") - 1)
        row = steps * (inner + 2 * header.number("ssm.group_count") * state) + state * inner
    return sum(recurrent_layers(header)) * row * 4 * max(1, n_seq)


def _pad(cells: int) -> int:
    return -(-cells // PAD) * PAD
