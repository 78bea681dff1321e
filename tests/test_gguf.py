"""GGUF headers: facts, damaged and hostile files, KV cache sizes against llama.cpp."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import os
import struct
import subprocess
import sys
import tracemalloc
from pathlib import Path

import gguf_maker as maker
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ctxc.models.gguf
from ctxc.errors import ModelError
from ctxc.models.gguf.types import TYPES
from ctxc.models.resolve import resolve

HERE = Path(__file__).parent
needs_llama = pytest.mark.skipif(
    importlib.util.find_spec("llama_cpp") is None, reason="compares with llama.cpp"
)


@pytest.fixture(scope="module")
def default() -> ctxc.models.gguf.Header:
    return ctxc.models.gguf.read(resolve("smollm2-135m").path)


def sizes(*arguments: str) -> object:
    """What llama.cpp says, from a process of its own: its log callback is global."""
    ran = subprocess.run(
        [sys.executable, str(HERE / "llama_sizes.py"), *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "GGML_NO_BACKTRACE": "1"},
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    return json.loads(ran.stdout)


# ---- facts --------------------------------------------------------------------------


def test_the_default_model_says_what_it_is(default: ctxc.models.gguf.Header) -> None:
    assert (default.version, default.architecture) == (3, "llama")
    assert default.licence == "apache-2.0"
    assert (default.n_layers, default.n_heads, default.kv_heads) == (30, 9, (3,) * 30)
    assert (default.embedding_length, default.key_length, default.value_length) == (576, 64, 64)
    assert (default.context_length, default.vocab_size) == (8192, 49152)
    assert default.tokenizer_model == "gpt2" and "<|im_start|>" in default.chat_template
    assert default.quantisation == "q4_1+q8_0"
    assert default.parameters == 134_515_008
    assert default.file_bytes == 98_362_432
    assert default.sliding_window == 0 and not any(default.sliding_layers)
    flags = ("is_encoder", "is_reranker", "is_recurrent", "is_hybrid", "is_adapter")
    assert not any(getattr(default, flag) for flag in flags)


def test_weights_add_up(default: ctxc.models.gguf.Header) -> None:
    layers = sum(default.layer_bytes(index) for index in range(default.n_layers))
    norm = next(t.bytes for t in default.tensors if t.name == "output_norm.weight")
    assert layers + default.embedding_bytes + norm == default.weights_bytes
    assert default.output_bytes == default.embedding_bytes + norm  # tied: copied when offloaded
    assert default.layer_bytes(30) == 0


def test_headers_cannot_be_changed(default: ctxc.models.gguf.Header) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        default.file_bytes = 1  # type: ignore[misc]
    with pytest.raises(TypeError):
        default.metadata["general.name"] = "x"  # type: ignore[index]


def test_the_shipped_encoder_is_an_encoder_without_a_cache() -> None:
    header = ctxc.models.gguf.read(HERE.parent / "ctxc" / "data" / "all-MiniLM-L6-v2.Q8_0.gguf")
    assert header.is_encoder and not header.is_reranker
    assert header.kv_bytes(512) == 0 and header.kv_bytes_per_token() == 0


def test_kinds_are_read_from_the_header(tmp_path: Path) -> None:
    def header(metadata: dict[str, object], **tensors: object) -> ctxc.models.gguf.Header:
        return ctxc.models.gguf.read(
            maker.save(tmp_path / "m.gguf", maker.build(metadata, tensors))
        )

    bert = {"general.architecture": "bert"}
    head = {"cls.output.weight": ("f32", (64, 2))}
    assert header({**bert, "bert.pooling_type": 4}).is_reranker
    assert header(bert, **head).is_reranker
    labelled = header({**bert, "bert.classifier.output_labels": ["drop", "keep"]}, **head)
    assert labelled.classifier_labels == ("drop", "keep") and not labelled.is_reranker
    assert header({"general.type": "adapter"}).is_adapter
    assert header({"general.architecture": "rwkv7"}).is_recurrent
    assert header({"general.architecture": "lfm2"}).is_hybrid


def test_numbers_of_the_wrong_kind_are_refused_when_asked_for(tmp_path: Path) -> None:
    data = maker.build(
        {
            "general.architecture": "llama",
            "llama.block_count": "many",
            "llama.context_length": 4096.5,
        }
    )
    header = ctxc.models.gguf.read(maker.save(tmp_path / "m.gguf", data))
    for name in ("n_layers", "context_length"):
        with pytest.raises(ModelError, match="where a count is meant"):
            getattr(header, name)
    data = maker.build({"general.architecture": "llama", "llama.block_count": 100_000})
    with pytest.raises(ModelError, match="100000 layers"):
        _ = ctxc.models.gguf.read(maker.save(tmp_path / "m.gguf", data)).n_layers


# ---- KV cache -------------------------------------------------------------------------


def test_kv_bytes_of_the_default_model(default: ctxc.models.gguf.Header) -> None:
    assert default.kv_bytes_per_token() == 30 * 3 * 64 * 2 * 2 == 23_040
    assert default.kv_bytes_per_token("q8_0", "q8_0") == 12_240
    assert default.kv_bytes_per_token("q4_0", "q4_0") == 6_480
    assert default.kv_bytes(4096) == 4096 * 23_040
    assert default.kv_bytes(1000) == 1024 * 23_040, "cells come in blocks of 256"
    assert default.kv_bytes(1000, n_seq=8) == 8 * 256 * 23_040, "each sequence for itself"
    assert default.kv_bytes(1000, n_seq=8, unified=True) == 1024 * 23_040
    assert default.kv_bytes() == 8192 * 23_040, "0: the context it was trained on"
    assert sum(default.layer_kv_bytes(512)) == default.kv_bytes(512)
    with pytest.raises(ModelError, match="no cache type"):
        default.kv_bytes(512, type_k="q3_K")


CASES = [
    [n_ctx, n_seq, unified, swa_full, kind]
    for n_ctx, n_seq, unified in [
        (256, 1, False),
        (2000, 1, False),
        (4096, 4, False),
        (1000, 8, False),
        (4096, 4, True),
    ]
    for swa_full in (False, True)
    for kind in ("f16", "q8_0", "q4_0")
]
MODELS = {
    "default": None,
    "llama": maker.tiny("llama", 3, rope__dimension_count=64),
    "gemma2": maker.tiny("gemma2", 5, attention__sliding_window=300),
    "gemma3": maker.tiny("gemma3", 13, attention__sliding_window=300),
    "hybrid": maker.hybrid(),
}


@needs_llama
@pytest.mark.parametrize("name", MODELS)
def test_kv_bytes_are_what_llama_cpp_allocates(name: str, tmp_path: Path) -> None:
    """Compared at the two decimals of a MiB that llama.cpp logs per buffer."""
    data = MODELS[name]
    path = maker.save(tmp_path / "m.gguf", data) if data else resolve("smollm2-135m").path
    header = ctxc.models.gguf.read(path)
    reported = sizes("cache", str(path), json.dumps(CASES))
    for (n_ctx, n_seq, unified, swa_full, kind), (kv, states) in zip(CASES, reported, strict=True):
        own = header.kv_bytes(n_ctx, n_seq, kind, kind, unified=unified, swa_full=swa_full)
        buffers = 2 if header.sliding_window else 1  # each is rounded by itself
        assert abs(own / 2**20 - kv) <= 0.0051 * buffers, (n_ctx, n_seq, unified, swa_full, kind)
        assert abs(header.recurrent_bytes(n_seq) / 2**20 - states) <= 0.0051


@needs_llama
def test_tensor_types_are_those_of_the_installed_ggml() -> None:
    found = {int(number): tuple(kind) for number, kind in sizes("types").items()}
    assert {number: tuple(kind) for number, kind in TYPES.items()} == found


def test_windows_as_the_file_or_llama_cpp_has_them(tmp_path: Path) -> None:
    def layers(architecture: str, count: int, **more: object) -> str:
        data = maker.tiny(architecture, count, **more)
        header = ctxc.models.gguf.read(maker.save(tmp_path / "m.gguf", data))
        return "".join("s" if slides else "F" for slides in header.sliding_layers)

    window = {"attention__sliding_window": 128}
    assert layers("gemma2", 4) == "sFsF", "Gemma 2 slides even where the file is silent"
    assert layers("gemma3", 12, **window) == "sssssFsssssF"
    assert layers("gemma3", 6) == "FFFFFF"
    assert layers("gpt-oss", 4, **window) == "sFsF"
    assert layers("smallthinker", 5, **window) == "FsssF"
    assert layers("phi3", 3, **window) == "FFF", "llama.cpp ignores the window of Phi 3"
    assert layers("qwen2", 2, **window) == "FF"
    pattern = {"attention__sliding_window_pattern": [True, False, False, True]}
    assert layers("gemma4", 4, **window, **pattern) == "sFFs"
    assert layers("cohere2", 4, **window, attention__sliding_window_pattern=2) == "sFsF"


def test_past_the_window_only_full_layers_grow(tmp_path: Path) -> None:
    data = maker.tiny("gemma3", 12, attention__sliding_window=128)
    header = ctxc.models.gguf.read(maker.save(tmp_path / "m.gguf", data))
    per_layer = 64 * 2 * 2
    assert header.kv_bytes_per_token() == 12 * per_layer
    assert header.kv_bytes_per_token(beyond_window=True) == 2 * per_layer


def test_what_the_header_does_not_settle_is_not_guessed(tmp_path: Path) -> None:
    data = maker.tiny("deepseek4", 2)
    with pytest.raises(ModelError, match="not in their header"):
        ctxc.models.gguf.read(maker.save(tmp_path / "m.gguf", data)).kv_bytes(512)
    narrow = maker.tiny("llama", 1, attention__key_length=80, attention__value_length=80)
    with pytest.raises(ModelError, match="cannot be cached as q8_0"):
        ctxc.models.gguf.read(maker.save(tmp_path / "m.gguf", narrow)).kv_bytes(
            512, 1, "q8_0", "q8_0"
        )


# ---- split models -----------------------------------------------------------------------


def split(folder: Path, count: int = 3) -> list[Path]:
    paths = []
    for number in range(count):
        metadata: dict[str, object] = {"split.no": number, "split.count": count}
        if number == 0:
            metadata = {"general.architecture": "llama", "llama.block_count": count, **metadata}
        data = maker.build(metadata, {f"blk.{number}.w": ("f16", (32, 2))})
        name = f"big-{number + 1:05d}-of-{count:05d}.gguf"
        paths.append(maker.save(folder / name, data))
    return paths


def test_parts_are_read_as_one_model(tmp_path: Path) -> None:
    paths = split(tmp_path)
    header = ctxc.models.gguf.read(paths[0])
    assert header.parts == tuple(paths)
    assert header.file_bytes == sum(path.stat().st_size for path in paths)
    assert [tensor.path for tensor in header.tensors] == paths
    assert header.layer_bytes(2) == 128


def test_missing_and_foreign_parts_are_named(tmp_path: Path) -> None:
    first, second, third = split(tmp_path)
    with pytest.raises(ModelError, match="part 00002") as refused:
        ctxc.models.gguf.read(second)
    assert str(first) in refused.value.hint
    saved = third.read_bytes()
    third.unlink()
    with pytest.raises(ModelError, match=r"1 of 3 parts missing: big-00003-of-00003\.gguf"):
        ctxc.models.gguf.read(first)
    third.write_bytes(second.read_bytes())
    with pytest.raises(ModelError, match="not part 3 of 3"):
        ctxc.models.gguf.read(first)
    third.write_bytes(saved)
    renamed = first.rename(tmp_path / "renamed.gguf")
    with pytest.raises(ModelError, match="one of 3 parts, but its name"):
        ctxc.models.gguf.read(renamed)


# ---- damaged and hostile files -------------------------------------------------------------


def refused(path: Path) -> ModelError:
    with pytest.raises(ModelError) as caught:
        ctxc.models.gguf.read(path)
    assert "\n" not in caught.value.message and str(path) in caught.value.message
    return caught.value


def test_what_is_no_gguf_file_is_said(tmp_path: Path) -> None:
    assert "no such model file" in refused(tmp_path / "none.gguf").message
    assert "a folder" in refused(tmp_path).message
    assert "an empty file" in refused(maker.save(tmp_path / "e.gguf", b"")).message
    assert "not a GGUF file" in refused(maker.save(tmp_path / "t.gguf", b"words " * 99)).message
    assert "not a GGUF file" in refused(maker.save(tmp_path / "s.gguf", b"PK")).message
    assert "truncated" in refused(maker.save(tmp_path / "g.gguf", b"GGUF\3\0")).message
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.gguf")  # opening it would block for ever
        assert "no plain file" in refused(tmp_path / "pipe.gguf").message


def test_a_download_that_was_cut_off_is_noticed(
    tmp_path: Path, default: ctxc.models.gguf.Header
) -> None:
    whole = default.path
    with open(whole, "rb") as file:
        head = file.read(4 << 20)  # all of the header, some of the weights
    for length in (30, 5_000, 900_000, 4 << 20):
        error = refused(maker.save(tmp_path / "cut.gguf", head[:length]))
        assert "cut off" in error.hint, error.message
    holes = maker.save(tmp_path / "holes.gguf", head)
    os.truncate(holes, default.file_bytes - 1)
    assert "ends at" in refused(holes).message
    os.truncate(holes, default.file_bytes)
    assert ctxc.models.gguf.read(holes).tensors[-1].name == default.tensors[-1].name


def test_versions_and_byte_orders(tmp_path: Path) -> None:
    data = maker.build({"general.architecture": "llama"})
    for version, reason in ((1, "version 1"), (4, "version 4"), (3 << 24, "big-endian")):
        changed = data[:4] + struct.pack("<I", version) + data[8:]
        assert reason in refused(maker.save(tmp_path / "v.gguf", changed)).message
    assert (
        ctxc.models.gguf.read(maker.save(tmp_path / "v.gguf", maker.build({}, version=2))).version
        == 2
    )


def header(n_tensors: int, n_keys: int, rest: bytes = b"") -> bytes:
    return b"GGUF" + struct.pack("<IQQ", 3, n_tensors, n_keys) + rest + bytes(64)


def key(name: str, kind: int, rest: bytes) -> bytes:
    return maker.text(name) + struct.pack("<I", kind) + rest


def tensor(name: str, shape: tuple[int, ...], kind: int = 0, offset: int = 0) -> bytes:
    dims = struct.pack(f"<I{len(shape)}q", len(shape), *shape)
    return maker.text(name) + dims + struct.pack("<IQ", kind, offset)


HUGE = (1 << 64) - 1
HOSTILE = {
    "keys": header(0, HUGE),
    "tensors": header(HUGE, 0),
    "many keys": header(0, 60_000, bytes(1000)),
    "key length": header(0, 1, struct.pack("<Q", HUGE)),
    "empty key": header(0, 1, key("", 4, bytes(4))),
    "same key twice": header(0, 2, key("a", 0, b"1") * 2),
    "unknown type": header(0, 1, key("a", 99, b"")),
    "string length": header(0, 1, key("a", 8, struct.pack("<Q", HUGE - 7))),
    "array count": header(0, 1, key("a", 9, struct.pack("<IQ", 4, HUGE))),
    "array of strings": header(0, 1, key("a", 9, struct.pack("<IQ", 8, 1 << 40))),
    "string in array": header(0, 1, key("a", 9, struct.pack("<IQ", 8, 2) + b"\xff" * 16)),
    "deep arrays": header(0, 1, key("a", 9, struct.pack("<IQ", 9, 1) * 4000)),
    "alignment": header(0, 1, key("general.alignment", 4, struct.pack("<I", 0))),
    "odd alignment": header(0, 1, key("general.alignment", 4, struct.pack("<I", 48))),
    "dimensions": header(1, 0, tensor("t", (1,) * 5)),
    "negative shape": header(1, 0, tensor("t", (-8, 4))),
    "huge shape": header(1, 0, tensor("t", (1 << 62,) * 4)),
    "unknown tensor type": header(1, 0, tensor("t", (4,), kind=31)),
    "broken block": header(1, 0, tensor("t", (33,), kind=2)),
    "long name": header(1, 0, tensor("t" * 64, (1,))),
    "overlap": header(2, 0, tensor("a", (8,)) + tensor("b", (8,), offset=0)),
    "backwards": header(2, 0, tensor("a", (8,), offset=32) + tensor("b", (8,), offset=0)),
    "far away": header(1, 0, tensor("a", (8,), offset=HUGE)),
    "same tensor twice": header(2, 0, tensor("a", (8,)) + tensor("a", (8,), offset=32)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_headers_are_refused_in_little_memory(name: str, tmp_path: Path) -> None:
    path = maker.save(tmp_path / "h.gguf", HOSTILE[name])
    tracemalloc.start()
    try:
        refused(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 << 20


def test_a_long_file_of_nothing_costs_nothing(tmp_path: Path) -> None:
    """A sparse file of 64 GB lets counts pass that a small one would not."""
    path = tmp_path / "sparse.gguf"
    for data in (
        header(60_000, 0),
        header(0, 60_000),
        header(0, 1, key("a", 9, struct.pack("<IQ", 8, 1 << 32))),
        header(0, 1, key("a", 8, struct.pack("<Q", 1 << 35))),
    ):
        path.write_bytes(data)
        os.truncate(path, 64 << 30)
        tracemalloc.start()
        try:
            refused(path)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 64 << 20


def test_text_that_is_no_utf8_is_shown_not_raised(tmp_path: Path) -> None:
    data = header(0, 1, key("general.name", 8, struct.pack("<Q", 2) + b"\xff\xfe"))
    assert ctxc.models.gguf.read(maker.save(tmp_path / "u.gguf", data)).name == "\ufffd\ufffd"


SOUND = maker.tiny("gemma2", 2, attention__sliding_window=64, attention__head_count_kv=[1, 1])
PROPERTIES = [
    name
    for name in dir(ctxc.models.gguf.Header)
    if not name.startswith("_") and not callable(getattr(ctxc.models.gguf.Header, name))
]


def only_model_errors(path: Path) -> None:
    try:
        found = ctxc.models.gguf.read(path)
    except ModelError:
        return
    for name in PROPERTIES:
        try:
            getattr(found, name)
        except ModelError:
            pass
    try:
        found.kv_bytes(512, 2)
        found.recurrent_bytes()
    except ModelError:
        pass


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    changes=st.lists(
        st.tuples(
            st.integers(0, 2200),
            st.one_of(
                st.binary(min_size=1, max_size=9),
                st.sampled_from([b"\xff" * 8, bytes(8), b"\xff" * 4, b"\0\0\0\x80", b"\t\0\0\0"]),
            ),
        ),
        min_size=1,
        max_size=4,
    ),
    length=st.integers(0, len(SOUND)),
)
def test_no_change_to_a_header_raises_anything_else(
    changes: list[tuple[int, bytes]], length: int, tmp_path: Path
) -> None:
    data = bytearray(SOUND)
    for at, new in changes:
        data[at : at + len(new)] = new
    only_model_errors(maker.save(tmp_path / "whole.gguf", bytes(data)))
    only_model_errors(maker.save(tmp_path / "part.gguf", bytes(data[:length])))


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.binary(max_size=400))
def test_no_bytes_after_the_magic_raise_anything_else(data: bytes, tmp_path: Path) -> None:
    only_model_errors(maker.save(tmp_path / "x.gguf", b"GGUF\3\0\0\0" + data))
