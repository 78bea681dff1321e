"""Embeddings in the store: what was embedded once is not embedded again, by whoever asks."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ctxc.llama.embedder import Embedder
from ctxc.models.encoders import EncoderFile
from ctxc.store import Store, embeddings

WIDTH = 8


class Counting:
    """Stands in for an encoder: a vector follows from the text's letters; counts what it reads."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def embed(self, texts: list[str], advance: object = None) -> np.ndarray:
        self.read += texts
        out = np.ones((len(texts), WIDTH), np.float32)
        for row, text in enumerate(texts):
            for place, letter in enumerate(text):
                out[row, place % WIDTH] += ord(letter) % 13
        return out / np.linalg.norm(out, axis=1, keepdims=True)


@pytest.fixture
def store(own_store: Path) -> Iterator[Store]:
    with Store.open(own_store) as opened:
        yield opened


def embedder(store: Store | None, inner: Counting, **changes: object) -> Embedder:
    facts = {"name": "tiny", "prefixes": ("q: ", "t: "), "pooling": 1, "digest": "one"} | changes
    file = EncoderFile(Path("tiny.gguf"), **facts)  # type: ignore[arg-type]
    return Embedder(file, lambda: inner, WIDTH, store)  # type: ignore[arg-type,return-value]


def test_a_second_run_embeds_the_question_alone(store: Store) -> None:
    texts = [f"sentence {n}" for n in range(50)]
    first, second = Counting(), Counting()
    before = embedder(store, first).texts(texts)
    other = embedder(store, second)
    after = other.texts(texts)
    other.questions(["who?"])
    assert len(first.read) == 50 and second.read == ["q: who?"]
    assert (before == after).all() and store.size().embeddings == 51


def test_kept_or_not_the_vectors_are_the_same(store: Store) -> None:
    texts = ["one", "two", "one"]
    assert (
        embedder(store, Counting()).texts(texts) == embedder(None, Counting()).texts(texts)
    ).all()


def test_progress_counts_every_text_once(store: Store) -> None:
    done: list[float] = []
    made = embedder(store, inner := Counting())
    made.texts(["a", "b", "b"], done.append)
    made.texts(["a", "b", "c"], done.append)
    assert inner.read == ["t: a", "t: b", "t: c"]
    assert sum(done) == 3 + 3 - 3  # this stand-in reports nothing of what it reads itself


@pytest.mark.parametrize(
    "changes", [{"digest": "two"}, {"pooling": 2}, {"prefixes": ("q: ", "other: ")}]
)
def test_another_encoder_sees_nothing_of_it(store: Store, changes: dict[str, object]) -> None:
    embedder(store, Counting()).texts(["a text"])
    embedder(store, other := Counting(), **changes).texts(["a text"])
    assert len(other.read) == 1


@pytest.mark.parametrize(
    "value",
    [
        "text instead of bytes",
        7,
        b"",
        b"\0" * 3,
        np.full(WIDTH, 9, "<f2").tobytes(),
        np.full(WIDTH, np.nan, "<f2").tobytes(),
        np.full(WIDTH + 1, WIDTH**-0.5, "<f2").tobytes(),
    ],
)
@pytest.mark.parametrize("checked", [True, False])
def test_a_row_that_is_no_such_vector_is_embedded_anew(
    store: Store, own_store: Path, value: object, checked: bool
) -> None:
    expected = embedder(store, Counting()).texts(["a text"])
    crc = zlib.crc32(value) if checked and isinstance(value, bytes) else 1
    with sqlite3.connect(own_store) as db:
        db.execute("UPDATE embeddings SET value = ?, crc = ?, size = 'many'", (value, crc))
    again = embedder(store, inner := Counting()).texts(["a text"])
    assert inner.read == ["t: a text"] and (again == expected).all()
    embedder(store, third := Counting()).texts(["a text"])
    assert third.read == []  # it was written anew


def test_the_oldest_go_first_and_the_store_stays_within_its_size(own_store: Path) -> None:
    limit = 2 << 20
    with Store.open(own_store, max_bytes=limit) as store:
        vector = np.full(384, 384**-0.5, np.float16)
        for start in range(0, 4000, 200):
            embeddings.put(store, {f"{n:040}": vector for n in range(start, start + 200)})
        keys = [f"{n:040}" for n in range(4000)]
        kept = set(embeddings.get(store, keys, 384))
        size = store.size()
    assert 0 < len(kept) < 1000 and kept == set(keys[-len(kept) :])
    assert size.disk <= limit and size.embeddings == len(kept)


def test_results_make_room_among_the_rest(own_store: Path) -> None:
    with Store.open(own_store, max_bytes=2 << 20) as store:
        vector = np.full(384, 384**-0.5, np.float16)
        embeddings.put(store, {f"{n:040}": vector for n in range(500)})
        for n in range(30):
            store.put(f"{n:064}", bytes([n]) * 100_000)
        assert store.size().disk <= 2 << 20
        assert store.get(f"{29:064}") is not None


def test_a_store_that_fails_costs_nothing_but_time(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "s.sqlite")
    store.close()
    rows = embedder(store, inner := Counting()).texts(["a", "b"])
    assert rows.shape == (2, WIDTH) and len(inner.read) == 2


def test_a_store_of_an_earlier_version_takes_them(own_store: Path) -> None:
    with Store.open(own_store) as store:
        store.put("k" * 64, b"value")
    with sqlite3.connect(own_store) as db:
        db.execute("DROP TABLE embeddings")
    with Store.open(own_store) as store:
        embedder(store, Counting()).texts(["a"])
        assert store.size().embeddings == 1 and store.get("k" * 64) == b"value"


def ctxc(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ctxc", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


TEXT = "The pump was repaired by Ms Sand. " + " ".join(
    f"Hall {n} was painted blue in {1900 + n}." for n in range(60)
)


@pytest.mark.model
def test_the_command_and_the_library_share_them(tmp_path: Path, own_store: Path) -> None:
    from ctxc import api
    from ctxc.llama.encode import Encoder

    (tmp_path / "a.txt").write_text(TEXT)
    for question in ("Who repaired the pump?", "When was hall 7 painted?"):
        done = ctxc("lingua", "-q", question, "--ratio", "8", str(tmp_path / "a.txt"))
        assert done.returncode == 0
        with Store.open(own_store) as store:
            counts = store.size().embeddings
    assert counts == 61 + 2
    read: list[str] = []
    whole = Encoder.embed
    try:
        Encoder.embed = lambda self, texts, *more: read.extend(texts) or whole(self, texts, *more)  # type: ignore[assignment,func-returns-value]
        result = api.compress(TEXT, question="Who painted hall 9?", ratio=8)
    finally:
        Encoder.embed = whole  # type: ignore[method-assign]
        api.close()
    assert read == ["Who painted hall 9?"] and result.text
    shown = ctxc("cache")
    assert "64 embeddings" in shown.stdout
    assert "64 embeddings" in ctxc("cache", "--clear").stderr
    assert "embeddings" not in ctxc("cache").stdout


@pytest.mark.model
def test_without_a_store_nothing_is_kept(tmp_path: Path, own_store: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    done = ctxc("lingua", "-q", "Who?", "--ratio", "8", "--no-store", str(tmp_path / "a.txt"))
    assert done.returncode == 0 and not own_store.exists()
