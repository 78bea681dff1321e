"""``--tokenizer gguf:PATH`` with vocabularies made to abort llama.cpp, or to count nothing."""

from __future__ import annotations

import struct
from pathlib import Path

import gguf_maker
import numpy as np
import pytest
from command import Ran, runner

from ctxc import tokens
from ctxc.cli.lingua import lingua
from ctxc.cli.stats import stats
from ctxc.errors import EngineError, ModelError

BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
WORDS = ["<unk>", "<s>", "</s>", *BYTES]


def vocabulary(
    kind: str = "llama", *, words: list[str] = WORDS, **more: object
) -> dict[str, object]:
    """Metadata of a model that is a vocabulary and nothing else; None leaves a key out."""
    model = {
        "context_length": 128,
        "embedding_length": 32,
        "block_count": 1,
        "feed_forward_length": 32,
        "attention.head_count": 4,
        "rope.dimension_count": 8,
        "attention.layer_norm_rms_epsilon": 1e-5,
    }
    own = {
        "model": kind,
        "tokens": words,
        "scores": [0.0] * len(words),
        "token_type": [2, 3, 3, *[6] * 256, *[1] * len(words)][: max(1, len(words))],
    } | more
    if isinstance(kinds := own["token_type"], list) and not isinstance(kinds[0], str):
        own["token_type"] = [np.int32(each) for each in kinds]
    return {
        "general.architecture": "llama",
        **{f"llama.{key}": value for key, value in model.items()},
        **{f"tokenizer.ggml.{key}": value for key, value in own.items() if value is not None},
    }


BROKEN: dict[str, dict[str, object]] = {
    "none": vocabulary("none"),
    "no_vocab": vocabulary("no_vocab", words=["a"]),
    "unheard of": vocabulary("zzz"),
    "no bytes": vocabulary(words=["<unk>", "<s>", "</s>", "a"]),
    "some bytes": vocabulary(words=[*WORDS[:103], "x"]),
    "empty tokens": vocabulary(words=[""] * 300),
    "no tokens": vocabulary(words=[]),
    "no scores": vocabulary(scores=None),
    "few scores": vocabulary(scores=[0.0] * 3),
    "scores of text": vocabulary(scores=["x"] * len(WORDS)),
    "few types": vocabulary(token_type=[2, 3]),
    "types of text": vocabulary(token_type=["x"] * len(WORDS)),
    "tokens of numbers": vocabulary(tokens=[1, 2, 3]),
    "token out of range": vocabulary(bos_token_id=4_000_000_000),
    "end out of range": vocabulary(eos_token_id=99_999),
    "no merges": vocabulary("gpt2", scores=None),
    "merges of numbers": vocabulary("gpt2", scores=None, merges=[1]),
    "bpe without letters": vocabulary("gpt2", words=["a", "b", "ab"], scores=None, merges=["a b"]),
    "unigram too small": vocabulary("t5", words=["<unk>", "a"]),
    "unpaired escapes": vocabulary("rwkv", words=["\\x", "'a", "b'\\xzz'"], scores=None),
}


def saved(folder: Path, metadata: dict[str, object]) -> Path:
    return gguf_maker.save(folder / "own.gguf", gguf_maker.build(metadata) + bytes(64))


def run(capsys: pytest.CaptureFixture[str], folder: Path, model: Path) -> Ran:
    (folder / "a.md").write_text("The pump moves 340 litres a minute. " * 30)
    command = runner(lingua, capsys)
    return command(folder / "a.md", "--no-store", "--tokenizer", f"gguf:{model}", "--tokens", 100)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_vocabulary_is_one_line(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = run(capsys, tmp_path, saved(tmp_path, BROKEN[name]))
    assert isinstance(ran.error, ModelError) and ran.code == 2 and not ran.out
    assert "own.gguf" in ran.error.message and "\n" not in ran.error.message


def test_a_sound_vocabulary_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # A space becomes three byte tokens in it: more tokens than the text has bytes.
    model = saved(tmp_path, vocabulary())
    assert tokens.get(f"gguf:{model}").count("ab c") == 9
    assert tokens.get(f"gguf:{model}").count("") == 0
    ran = run(capsys, tmp_path, model)
    assert ran.code == 0 and ran.out.strip()


def test_a_model_that_is_run_is_checked_as_well(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.md").write_text("The pump moves 340 litres a minute. " * 30)
    model = saved(tmp_path, BROKEN["some bytes"])
    ran = runner(lingua, capsys)(
        tmp_path / "a.md", "--no-store", "-m", model, "--engine", "information"
    )
    assert isinstance(ran.error, ModelError)
    assert "vocabulary cannot be used: 143 bytes have no token" in ran.error.message


def test_a_vocabulary_that_dies_of_one_text_fails_that_document_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # No check before it: a vocabulary that knows "a" and nothing else aborts at other letters.
    monkeypatch.setattr("ctxc.llama.vocab.check", lambda path: None)
    monkeypatch.setattr("ctxc.llama.vocab._SAMPLE", "a")
    words = ["<unk>", "<s>", "</s>", "a", "▁", "\n", "<0x0A>"]
    (tmp_path / "a.md").write_text("a" * 50)
    (tmp_path / "b.md").write_text("the pump")
    model = saved(tmp_path, vocabulary(words=words, token_type=[2, 3, 3, 1, 1, 1, 6]))
    with pytest.raises(EngineError, match=r"the tokenizer of own\.gguf (aborted|crashed)"):
        tokens.get(f"gguf:{model}").count("the pump")
    ran = runner(stats, capsys)(tmp_path, "--glob", "*.md", "--tokenizer", f"gguf:{model}")
    assert ran.error is None and ran.code == 1
    assert "aborted (SIGABRT)" in ran.err and "a.md" in ran.out


def test_a_vocabulary_that_counts_nothing_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ctxc.llama.vocab.check", lambda path: None)
    words = ["é", "è"]  # byte-level BPE passes over what it has no letter for
    model = saved(tmp_path, vocabulary("gpt2", words=words, scores=None, merges=["é è"]))
    with pytest.raises(ModelError, match="cannot be used"):
        tokens.get(f"gguf:{model}")


def test_a_truncated_vocabulary_is_one_line(tmp_path: Path) -> None:
    whole = gguf_maker.build(vocabulary())
    for cut in (0, 3, 23, 100, len(whole) // 2):
        path = gguf_maker.save(tmp_path / f"cut{cut}.gguf", whole[:cut])
        with pytest.raises(ModelError, match=f"cut{cut}"):
            tokens.get(f"gguf:{path}")


def test_a_second_list_of_tokens_hidden_in_a_text_reads_nothing_outside_the_file(
    tmp_path: Path,
) -> None:
    key = b"tokenizer.ggml.tokens"
    fake = struct.pack("<Q", len(key)) + key + struct.pack("<IIQQ", 9, 8, 5000, 2**62)
    words = [*WORDS, *(f"w{index}" for index in range(1000))]  # so many are left in the file
    path = saved(tmp_path, {"a.note": "MARK" * len(fake), **vocabulary(words=words)})
    data = path.read_bytes()
    path.write_bytes(data.replace(b"MARK" * len(fake), fake.ljust(4 * len(fake), b"\0")))
    with pytest.raises(ModelError, match="not where they should be"):
        tokens.get(f"gguf:{path}")
