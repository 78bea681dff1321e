"""KV cache figures of ``ctxc stats``: equal to llama.cpp's own log for the default model."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from command import Ran, runner
from gguf_maker import build

from ctxc.cli import stats as stats_command
from ctxc.errors import ModelError, UsageError
from ctxc.models.resolve import resolve

Run = Callable[..., Ran]
HERE = Path(__file__).parent
LENGTHS = (200, 1000, 2048, 5000, 8192)
TYPES = ("f16", "q8_0", "q4_0")


@pytest.fixture(scope="module")
def model() -> Path:
    return resolve("smollm2-135m").path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return runner(stats_command.stats, capsys)


def kv(ran: Ran) -> list[dict]:  # type: ignore[type-arg]
    found = [json.loads(line) for line in ran.out.splitlines()]
    return [each for each in found if each.get("kind") == "kv"]


@pytest.fixture(scope="module")
def logged(model: Path) -> dict[tuple[int, str], float]:
    """MiB of the KV buffer that llama.cpp logs for each length and type."""
    cases = [[length, 1, False, False, kind] for length in LENGTHS for kind in TYPES]
    done = subprocess.run(
        [sys.executable, str(HERE / "llama_sizes.py"), "cache", str(model), json.dumps(cases)],
        capture_output=True,
        check=True,
        timeout=300,
    )
    sizes = json.loads(done.stdout)
    return {(case[0], case[4]): size[0] for case, size in zip(cases, sizes, strict=True)}


@pytest.mark.parametrize("length", LENGTHS)
def test_contexts_are_as_large_as_llama_cpp_logs(
    run: Run, model: Path, logged: dict[tuple[int, str], float], length: int
) -> None:
    types = [option for kind in TYPES for option in ("--kv-type", kind)]
    ran = run("--kv", model, "--context-tokens", length, *types, "--json")
    found = {each["type"]: each["contexts"][0]["bytes"] for each in kv(ran)}
    assert set(found) == set(TYPES)
    for kind, size in found.items():
        assert round(size / 2**20, 2) == pytest.approx(logged[length, kind], abs=0.0051)
        assert size == kv(ran)[0]["layers"] * 3 * 128 * 2 * _cells(length) * _share(kind)


def _cells(length: int) -> int:
    return -(-length // 256) * 256


def _share(kind: str) -> float:
    """Bytes of a type over those of f16: q8_0 holds 32 numbers in 34 bytes, q4_0 in 18."""
    return {"f16": 1, "q8_0": 34 / 64, "q4_0": 18 / 64}[kind]


def test_what_many_users_need_before_and_after(run: Run, model: Path) -> None:
    ran = run("--kv", model, "--context-tokens", 10_000, "--ratio", 4, "--users", 100_000, "--json")
    before, after = kv(ran)[0]["contexts"]
    assert before["bytes"] == 23_040 * _cells(10_000)
    assert before["bytes_all"] == 100_000 * before["bytes"]
    assert after["tokens"] == 2500
    assert after["bytes_all"] == 100_000 * 23_040 * _cells(2500)
    assert {before["basis"], after["basis"]} == {"estimated"}


def test_a_text_counted_with_the_models_own_tokenizer_is_measured(
    run: Run, model: Path, tmp_path: Path
) -> None:
    text = tmp_path / "text.txt"
    text.write_text("Some words of a text. " * 30)
    assert kv(run(text, "--kv", model, "--json"))[0]["contexts"][0]["basis"] == "estimated"
    own = kv(run(text, "--kv", model, "--tokenizer", f"gguf:{model}", "--json"))[0]
    assert own["contexts"][0]["basis"] == "measured"


def test_a_model_alone_gives_bytes_per_token(run: Run, model: Path) -> None:
    ran = run("--kv", "smollm2-135m")
    assert ran.code == 0
    assert "23,040 B" in ran.out and "measured" in ran.out


SLIDING = {
    "general.architecture": "gemma2",
    "gemma2.block_count": 4,
    "gemma2.context_length": 8192,
    "gemma2.embedding_length": 64,
    "gemma2.attention.head_count": 4,
    "gemma2.attention.head_count_kv": 2,
    "gemma2.attention.key_length": 32,
    "gemma2.attention.value_length": 32,
    "gemma2.attention.sliding_window": 1024,
}


def test_layers_that_slide_keep_their_window_only(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "sliding.gguf"
    path.write_bytes(build(SLIDING))
    ran = run("--kv", path, "--context-tokens", 8192, "--json")
    found = kv(ran)[0]
    row = 2 * (32 + 32) * 2
    assert found["sliding_layers"] == 2 and found["sliding_window"] == 1024
    assert found["bytes_per_token"] == 4 * row
    assert found["bytes_per_token_beyond_window"] == 2 * row
    assert found["contexts"][0]["bytes"] == 2 * row * 8192 + 2 * row * (1024 + 512)
    assert "see 1,024 tokens only" in run("--kv", path).out


@pytest.mark.parametrize(
    "missing", ["gemma2.block_count", "gemma2.attention.head_count", "general.architecture"]
)
def test_a_header_without_the_keys_is_refused_by_name(
    run: Run, tmp_path: Path, missing: str
) -> None:
    path = tmp_path / "poor.gguf"
    path.write_bytes(build({key: value for key, value in SLIDING.items() if key != missing}))
    ran = run("--kv", path)
    assert ran.code == 2
    assert isinstance(ran.error, ModelError)
    assert missing in ran.error.message and "poor.gguf" in ran.error.message


def test_an_encoder_has_no_cache(run: Run) -> None:
    encoder = HERE.parent / "ctxc" / "data" / "all-MiniLM-L6-v2.Q8_0.gguf"
    ran = run("--kv", encoder)
    assert ran.code == 2
    assert ran.error and "no KV cache" in ran.error.message


@pytest.mark.parametrize("content", [b"", b"GGUF", b"no model at all, but long enough to read"])
def test_what_is_no_gguf_is_refused(run: Run, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(content)
    ran = run("--kv", path)
    assert ran.code == 2
    assert isinstance(ran.error, ModelError)


def test_unknown_models_and_cache_types(run: Run, model: Path) -> None:
    assert isinstance(run("--kv", "nonesuch").error, ModelError)
    wrong = run("--kv", model, "--kv-type", "q3")
    assert isinstance(wrong.error, UsageError) and "q8_0" in wrong.error.hint


def test_a_model_that_is_not_here_is_not_fetched(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctxc.models.resolve.locate", lambda entry: None)
    ran = run("--kv", "smollm2-135m")
    assert ran.code == 2
    assert ran.error and "ctxc models pull" in ran.error.hint
