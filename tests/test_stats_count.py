"""Counting on threads: exact, in order, whatever the size and the tokenizer."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from ctxc import tokens
from ctxc.input import sources
from ctxc.input.loaders import load
from ctxc.input.sources import Source
from ctxc.result import Failure
from ctxc.stats import count
from ctxc.stats.count import Count, count_all
from ctxc.stats.tree import folders, largest_first, total

LINE = "Fuel dilution was 4.2 % at 14:30; see https://example.org/x?y=1 (caf\u00e9 \u4e2d\u6587).\n"


def exact(text: str) -> int:
    return len(tokens._encoding("o200k_base").encode_ordinary(text))


def counted(paths: list[Path], threads: int = 2) -> list[Count]:
    found = count_all(sources.find(paths), [tokens.get()], load, threads=threads)
    results = list(found)
    assert all(isinstance(each, Count) for each in results)
    return results  # type: ignore[return-value]


def test_a_large_text_is_counted_in_pieces_exactly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(count, "_LARGE", 100_000)
    path = tmp_path / "large.txt"
    path.write_text(LINE * 15_000)
    [result] = counted([path])
    assert result.tokens["o200k_base"] == exact(LINE * 15_000)
    assert result.characters == len(LINE) * 15_000
    assert result.bytes == path.stat().st_size


def test_order_is_kept_with_many_files_and_a_small_window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(count, "IN_FLIGHT", 2000)
    for number in range(60):
        (tmp_path / f"{number:02d}.txt").write_text(LINE * (number % 7 + 1))
    results = counted([tmp_path], threads=4)
    assert [Path(each.source).name for each in results] == [f"{n:02d}.txt" for n in range(60)]
    assert [each.tokens["o200k_base"] for each in results] == [
        exact(LINE * (number % 7 + 1)) for number in range(60)
    ]


def test_a_million_spaces_do_not_end_the_program(tmp_path: Path) -> None:
    (tmp_path / "blank.txt").write_text("word" + " " * 1_000_000 + "word")
    [result] = counted([tmp_path])
    assert 7_000 < result.tokens["o200k_base"] < 9_000


def test_a_failure_keeps_its_place(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_bytes(b"\x00" * 100)
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "c.txt").write_text("c")
    paths = [tmp_path / name for name in ("a.txt", "b.txt", "c.txt")]
    results = list(count_all(sources.find(paths), [tokens.get()], load))
    assert [type(each) for each in results] == [Count, Failure, Count]


def test_a_models_own_tokenizer_counts_as_the_model_does() -> None:
    from ctxc.models.resolve import resolve

    path = resolve("smollm2-135m").path
    own = tokens.get(f"gguf:{path}")
    source = Source("t.txt", data=LINE.encode(), stream=io.BytesIO(LINE.encode()))
    [result] = list(count_all([source], [own, tokens.get()], load))
    assert isinstance(result, Count)
    assert result.tokens == {own.name: own.count(LINE), "o200k_base": exact(LINE)}


def test_an_abandoned_count_stops(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"{number}.txt").write_text(LINE)
    stream = count_all(sources.find([tmp_path]), [tokens.get()], load, threads=2)
    next(stream)
    stream.close()  # no thread is left waiting: this returns


def test_folders_and_totals_add_up() -> None:
    counts = [
        Count("d/a.md", {"t": 3}, 9),
        Count("d/e/b.md", {"t": 5}, 7),
        Count("./c.md", {"t": 5}, 1),
        Count("/abs/x.md", {"t": 1}, 1),
    ]
    assert [(each.name, each.tokens["t"]) for each in folders(counts)] == [
        ("/abs/", 1),
        ("d/", 8),
        ("d/e/", 5),
    ]
    assert total(counts).tokens == {"t": 14}
    assert [each.source for each in largest_first(counts, "t")][:2] == ["./c.md", "d/e/b.md"]


def test_as_many_threads_as_cores_may_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    class Pool(count.ThreadPoolExecutor):  # type: ignore[misc, name-defined]
        def __init__(self, workers: int) -> None:
            seen.append(workers)
            super().__init__(workers)

    monkeypatch.setattr(count, "ThreadPoolExecutor", Pool)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {3}, raising=False)
    (tmp_path / "a.txt").write_text("One pump failed.")
    assert counted([tmp_path / "a.txt"], threads=0)[0].tokens
    assert seen == [1]
