"""Rows of the wrong type or encoding in the store: passed over, never a crash."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command import Ran, runner

from ctxc.cli import lingua as lingua_command
from ctxc.cli import stats as stats_command
from ctxc.store import Run, Store

TEXT = "The pump failed on Monday. It was old. Nobody was hurt. The invoice is 4711.\n"
RUN = Run(1e9, "lingua", "truncate", None, "o200k_base", 100, 50, 0.5, 1, "/docs")
BAD = {
    "time": ["soon", b"\xff", -5, 1e300],
    "command": [b"\xff\xfe"],
    "engine": [b"\xff"],
    "model": [b"m"],
    "tokenizer": [b"\xff"],
    "original": ["many", 1.5, -1],
    "compressed": [b"\x00"],
    "seconds": ["fast", b"1", float("inf")],
    "files": ["one"],
    "folder": [b"/docs"],
    "question": [b"\xff"],
}
CASES = [(column, value) for column, values in BAD.items() for value in values]


def change(path: Path, statement: str, *values: object) -> None:
    db = sqlite3.connect(path)
    db.execute(statement, values)
    db.commit()
    db.close()


@pytest.mark.parametrize(("column", "value"), CASES)
def test_a_line_of_the_ledger_of_the_wrong_type_is_left_out(
    column: str, value: Any, own_store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stats: Callable[..., Ran] = runner(stats_command.stats, capsys)
    with Store.open(ledger=True) as store:
        store.add_run(RUN)
        store.add_run(RUN)
    change(own_store, f"UPDATE ledger SET {column} = ? WHERE rowid = 1", value)
    for options in ("--history", "--json"), ("--history", "--by", "folder"), ("--export",):
        ran = stats(*options)
        assert ran.code == 0 and ran.out
        assert "1 line cannot be read and is left out" in ran.err
    assert len(stats("--export").out.splitlines()) == 1


@pytest.mark.parametrize("encoding", [b"\xff\xfe\xfa", "Größe".encode("latin-1")])
def test_text_of_the_ledger_in_another_encoding_is_shown_replaced(
    encoding: bytes, own_store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stats: Callable[..., Ran] = runner(stats_command.stats, capsys)
    with Store.open(ledger=True) as store:
        store.add_run(RUN)
    change(own_store, "UPDATE ledger SET folder = CAST(? AS TEXT)", encoding)
    ran = stats("--history", "--by", "folder", "--json")
    assert ran.code == 0 and "\ufffd" in ran.out


def test_a_value_that_is_text_is_a_miss(own_store: Path) -> None:
    with Store.open() as store:
        store.put("k", b"value")
    for value in ("value", 7, 1.5):
        change(own_store, "UPDATE results SET value = ? WHERE key = 'k'", value)
        with Store.open() as store:
            assert store.get("k") is None
            store.put("k", b"value")
            assert store.get("k") == b"value"


def test_sizes_and_keys_of_the_wrong_type_do_not_stop_the_pruning(own_store: Path) -> None:
    with Store.open() as store:
        for number in range(60):
            store.put(f"k{number}", bytes(20_000))
    change(own_store, "UPDATE results SET size = 'large', used = 'now' WHERE key < 'k2'")
    change(own_store, "UPDATE results SET key = x'ff00' WHERE key = 'k30'")
    with Store.open(max_bytes=1 << 20) as store:
        for number in range(60):
            store.put(f"n{number}", bytes(20_000))
        assert store.usable
        assert store.get("n59") == bytes(20_000)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("text", 7),
        ("text", None),
        ("original", "many"),
        ("compressed", -1),
        ("notes", [1]),
        ("kept", [["a", "b", "c", "d"]]),
        ("kept", 5),
        ("model", 3),
        ("engine", None),
        ("extra", []),
        ("extra", {"lines_by": 3}),
        ("question", 3),
    ],
)
def test_a_result_of_the_wrong_type_is_computed_anew(
    name: str,
    value: Any,
    own_store: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.md").write_text(TEXT)
    lingua: Callable[..., Ran] = runner(lingua_command.lingua, capsys)
    right = lingua("a.md", "--engine", "truncate")
    [(raw,)] = sqlite3.connect(own_store).execute("SELECT value FROM results").fetchall()
    fields = json.loads(zlib.decompress(raw)) | {name: value}
    wrong = zlib.compress(json.dumps(fields).encode())
    change(own_store, "UPDATE results SET value = ?, crc = ?", wrong, zlib.crc32(wrong))
    again = lingua("a.md", "--engine", "truncate")
    assert (again.code, again.out) == (0, right.out)
    assert "reused" not in again.err
