"""Adapters beside a model: what does not fit is refused in Python, what fits changes outputs."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from command import Ran, runner
from gguf_maker import build, tiny

from ctxc.cli.answer import answer
from ctxc.cli.distill import distill
from ctxc.errors import ModelError, UsageError
from ctxc.llama.adapters import Lora, parse, parse_all
from ctxc.llama.distribution import log_probabilities
from ctxc.llama.model import Model
from ctxc.models.gguf import read
from ctxc.models.gguf.adapter import check

Q = "blk.0.attn_q.weight"


@pytest.fixture
def base(tmp_path: Path) -> Path:
    path = tmp_path / "base.gguf"
    path.write_bytes(tiny("llama", 2))
    return path


def adapter(path: Path, **changes: object) -> Path:
    """An adapter of rank 4 for the tiny model's q of layer 0; ``changes`` replace metadata."""
    metadata = {
        "general.architecture": "llama",
        "general.type": "adapter",
        "adapter.type": "lora",
        "adapter.lora.alpha": 8.0,
    }
    tensors = {f"{Q}.lora_a": ("f32", (64, 4)), f"{Q}.lora_b": ("f32", (4, 128))}
    tensors = changes.pop("tensors", tensors)  # type: ignore[assignment]
    own = {key.replace("__", "."): value for key, value in changes.items()}
    kept = {k: v for k, v in {**metadata, **own}.items() if v is not None}
    path.write_bytes(build(kept, tensors))
    return path


def test_one_that_fits_is_told(base: Path, tmp_path: Path) -> None:
    result = check(adapter(tmp_path / "a.gguf"), read(base))
    assert (result.rank, result.alpha, result.matrices) == (4, 8.0, 1)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"general__architecture": "qwen2"}, "it is for 'qwen2'"),
        ({"general__type": None}, "a model of its own"),
        ({"adapter__type": "control_vector"}, "'control_vector'"),
        ({"adapter__lora__alpha": float("nan")}, "alpha is nan"),
        ({"adapter__lora__alpha": None}, "alpha is None"),
        ({"adapter__lora__alpha": 1e30}, "alpha is"),
        ({"adapter__alora__invocation_tokens": [1, 2]}, "switched on"),
        ({"tensors": {}}, "no tensors"),
        ({"tensors": {f"{Q}.lora_a": ("f32", (64, 4))}}, "one half of two"),
        ({"tensors": {"blk.0.attn_q.bias": ("f32", (64,))}}, "which is no LoRA"),
        ({"tensors": {f"{Q}.lora_a": ("q4_0", (64, 4))}}, "of type q4_0"),
    ],
)
def test_what_is_no_adapter_for_this_model_is_refused(
    base: Path, tmp_path: Path, changes: dict[str, object], why: str
) -> None:
    with pytest.raises(ModelError, match="not an adapter for this model") as refused:
        check(adapter(tmp_path / "a.gguf", **changes), read(base))
    assert why in refused.value.message and "\n" not in refused.value.message
    assert refused.value.hint and refused.value.exit_code == 2


@pytest.mark.parametrize(
    ("name", "a", "b", "why"),
    [
        ("blk.7.attn_q.weight", (64, 4), (4, 128), "has no tensor 'blk.7.attn_q.weight'"),
        ("blk.0.attn_norm.weight", (64, 4), (4, 64), "no matrix"),
        ("token_embd.weight", (64, 4), (4, 32), "no matrix"),
        (Q, (64, 4), (8, 128), "(64, rank) and (rank, 128) fit"),
        (Q, (32, 4), (4, 128), "(64, rank) and (rank, 128) fit"),
        (Q, (64, 4), (4, 64), "(64, rank) and (rank, 128) fit"),
        (Q, (64, 65), (65, 128), "rank 65"),
        (Q, (64, 0), (0, 128), "rank 0"),
        (Q, (64,), (4, 128), "fit"),
    ],
)
def test_shapes_that_llama_cpp_would_die_of_are_refused(
    base: Path,
    tmp_path: Path,
    name: str,
    a: tuple[int, ...],
    b: tuple[int, ...],
    why: str,
) -> None:
    tensors = {f"{name}.lora_a": ("f32", a), f"{name}.lora_b": ("f32", b)}
    with pytest.raises(ModelError) as refused:
        check(adapter(tmp_path / "a.gguf", tensors=tensors), read(base))
    assert why in refused.value.message


@pytest.mark.parametrize("kind", ["f32", "f16", "bf16"])
def test_numbers_that_are_none_are_refused(base: Path, tmp_path: Path, kind: str) -> None:
    tensors = {f"{Q}.lora_a": (kind, (64, 4)), f"{Q}.lora_b": ("f32", (4, 128))}
    path = adapter(tmp_path / "a.gguf", tensors=tensors)
    check(path, read(base))
    at = read(path).tensors[0].offset
    nan = {
        "f32": struct.pack("<f", float("nan")),
        "f16": struct.pack("<e", float("inf")),
        "bf16": b"\x80\x7f",
    }[kind]
    data = bytearray(path.read_bytes())
    data[at + 16 : at + 16 + len(nan)] = nan
    path.write_bytes(data)
    with pytest.raises(ModelError, match="numbers that are none"):
        check(path, read(base))


@pytest.mark.parametrize("cut", [10, 60, 200, 900])
def test_a_file_that_was_cut_off_is_refused(base: Path, tmp_path: Path, cut: int) -> None:
    path = adapter(tmp_path / "a.gguf")
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ModelError, match="a\\.gguf"):
        check(path, read(base))


def test_how_an_adapter_is_named(tmp_path: Path) -> None:
    assert parse("x.lora.gguf:0.5") == Lora(Path("x.lora.gguf"), 0.5)
    assert parse("x.lora.gguf:-1") == Lora(Path("x.lora.gguf"), -1.0)
    assert parse("x.lora.gguf") == Lora(Path("x.lora.gguf"))
    assert parse("x.lora.gguf:0.5").name == "x:0.5"
    odd = tmp_path / "a:1"
    odd.touch()
    assert parse(str(odd)) == Lora(odd)


@pytest.mark.parametrize("value", ["a.gguf:0", "a.gguf:99", "a.gguf:1e9", "a.gguf:1.2.3"])
def test_a_scale_that_is_none(value: str) -> None:
    with pytest.raises(UsageError, match="the scale must be a number"):
        parse(value)


def test_one_adapter_twice(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="twice"):
        parse_all([str(tmp_path / "a.gguf"), f"{tmp_path}/./a.gguf:0.5"])


def test_commands_refuse_it_before_they_read(
    base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = tmp_path / "text.txt"
    text.write_text("The pump failed on Monday. " * 120)
    wrong = adapter(tmp_path / "w.gguf", general__architecture="qwen2")
    for command in ("distill", "answer"):
        ran = _run(command, capsys, base, text, wrong)
        assert ran.code == 2 and ran.out == ""
        assert ran.error is not None and ran.error.message.startswith(str(wrong))
        ran = _run(command, capsys, base, text, tmp_path / "none.gguf")
        assert ran.error is not None and "no such adapter" in ran.error.message


def _run(
    command: str, capsys: pytest.CaptureFixture[str], base: Path, text: Path, lora: Path
) -> Ran:
    commands: dict[str, Callable[..., int]] = {"distill": distill, "answer": answer}
    run = runner(commands[command], capsys)
    more = ["--no-store"] if command == "distill" else ["--direct", "0"]
    return run(text, "-q", "What failed?", "-m", base, "--lora", lora, *more)


def test_a_reader_elsewhere_takes_none(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run = runner(answer, capsys)
    ran = run("-q", "Why?", "--reader", "openai:m", "--lora", tmp_path / "a.gguf")
    assert ran.code == 2 and ran.error is not None and "are not here" in ran.error.message


def filled(path: Path, seed: int) -> Path:
    """The file's zeros made small random numbers."""
    data = bytearray(path.read_bytes())
    draw = np.random.default_rng(seed)
    for tensor in read(path).tensors:
        numbers = draw.normal(0, 0.2, tensor.elements).astype("<f4").tobytes()
        data[tensor.offset : tensor.offset + len(numbers)] = numbers
    path.write_bytes(data)
    return path


@pytest.mark.model
def test_adapters_add_up_and_leave_nothing(base: Path, tmp_path: Path) -> None:
    filled(base, 0)
    first = Lora(filled(adapter(tmp_path / "a.gguf"), 1))
    second = Lora(filled(adapter(tmp_path / "b.gguf"), 2), 0.5)
    with Model(base) as model:

        def scores(*loras: Lora) -> list[float]:
            model.use(loras)
            return [float(x) for x in log_probabilities(model, [3, 1, 4, 1, 5], 2, 1).ravel()]

        plain = scores()
        one, two, both = scores(first), scores(second), scores(first, second)
        assert len({tuple(each) for each in (plain, one, two, both)}) == 4
        weak = scores(Lora(first.path, 0.001))
        assert weak != plain and weak == pytest.approx(plain, abs=0.01)
        assert scores() == plain and scores(first) == one, "one base, adapters put on and taken off"


@pytest.mark.model
def test_what_only_llama_cpp_refuses_is_one_line(base: Path, tmp_path: Path) -> None:
    with Model(base) as model, pytest.raises(ModelError, match="not an adapter for this model"):
        model.use((Lora(adapter(tmp_path / "a.gguf", general__architecture="qwen2")),))
