"""The store: results, the ledger, and every way its file can be in trouble."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import threading
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from ctxc.errors import StoreError
from ctxc.store import Run, Store, default_path

RUN = Run(1000.0, "lingua", "extract", None, "o200k_base", 800, 200, 0.5, 2, "/home/u/notes")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "store.sqlite"


def test_a_result_comes_back_after_reopening(path: Path) -> None:
    with Store.open(path) as store:
        assert store.get("k") is None
        store.put("k", b"\x00value\xff")
        store.put("k", b"second")
    with Store.open(path) as store:
        assert store.get("k") == b"second"
        assert store.size().results == 1


def test_the_file_is_private(path: Path) -> None:
    Store.open(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_place_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setenv("CTXC_STORE", str(path))
    assert default_path() == path
    monkeypatch.delenv("CTXC_STORE")
    assert default_path().name == "store.sqlite"


def test_least_recently_used_results_make_room_and_the_file_stays_under_its_limit(
    path: Path,
) -> None:
    limit = 4 * 2**20
    with Store.open(path, max_bytes=limit) as store:
        store.put("wanted", b"w" * 50_000)
        for number in range(200):
            store.put(f"k{number}", bytes([number]) * 50_000)
            assert store.get("wanted") is not None  # used each time, so never the oldest
            assert store.size().disk <= limit
        assert store.get("k0") is None
        assert store.get("k199") == bytes([199]) * 50_000
        assert store.size().results > 10


def test_a_value_that_can_never_fit_is_not_kept_and_drops_nothing(path: Path) -> None:
    with Store.open(path, max_bytes=2**20) as store:
        store.put("small", b"s")
        store.put("huge", b"h" * 2**20)
        assert store.get("huge") is None
        assert store.get("small") == b"s"


def test_clear_drops_results_only_and_forget_the_ledger_only(path: Path) -> None:
    with Store.open(path) as store:
        store.put("k", b"v")
        store.add_run(RUN)
        assert store.clear() == 1
        assert store.runs() == [RUN]
        store.put("k", b"v")
        assert store.forget() == 1
        assert store.runs() == []
        assert store.get("k") == b"v"


def test_what_is_forgotten_is_not_in_the_file_any_more(path: Path) -> None:
    store = Store.open(path)
    store.add_run(replace(RUN, folder="/home/u/very-secret-folder"))
    store.close()
    assert b"very-secret-folder" in path.read_bytes()
    store = Store.open(path)
    store.forget()
    for part in path.parent.iterdir():
        assert b"very-secret-folder" not in part.read_bytes()
    store.close()


def test_runs_are_selected_by_time_and_exported_whole(path: Path) -> None:
    with Store.open(path) as store:
        for second in (3000.0, 1000.0, 2000.0):
            store.add_run(replace(RUN, time=second))
        assert [run.time for run in store.runs()] == [1000.0, 2000.0, 3000.0]
        assert [run.time for run in store.runs(since=2000.0)] == [2000.0, 3000.0]
        assert next(iter(store.export())) == asdict(RUN)


@pytest.mark.parametrize("word", ["off", "0", "False", "no"])
def test_the_ledger_can_be_turned_off(
    path: Path, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    monkeypatch.setenv("CTXC_LEDGER", word)
    with Store.open(path) as store:
        store.add_run(RUN)
        assert store.runs() == []
    with Store.open(path, ledger=True) as store:  # an explicit wish wins over the variable
        store.add_run(RUN)
        assert len(store.runs()) == 1


def test_a_damaged_file_is_moved_aside_and_started_anew(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Store.open(path) as store:
        store.put("k", b"v")
    raw = path.read_bytes()
    path.write_bytes(raw[:100] + b"\xa5" * (len(raw) - 100))  # the header says whose it was
    before = path.read_bytes()
    with Store.open(path) as store:
        assert store.get("k") is None
        store.put("k", b"v")
        assert store.get("k") == b"v"
    [kept] = [p for p in path.parent.iterdir() if ".broken-" in p.name]
    assert kept.read_bytes() == before
    assert "damaged" in capsys.readouterr().err


@pytest.mark.parametrize(
    "content",
    [
        b"notes of mine",
        b"\0" * 8192,
        b"SQLite format 3",
        b"SQLite format 3\0" + b"\xa5" * 8192,  # damaged, and not by its header ctxc's
    ],
)
def test_what_ctxc_did_not_make_is_left_as_it_is(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(StoreError, match="left as it is"):
        Store.open(path)
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    assert path.read_bytes() == content


def test_damage_found_while_reading_is_an_empty_store(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Store.open(path) as store:
        for number in range(200):
            store.put(f"k{number}", b"v" * 3000)
    raw = bytearray(path.read_bytes())
    raw[2 * 4096 :] = b"\xa5" * (len(raw) - 2 * 4096)  # the header and the schema still read
    path.write_bytes(raw)
    with Store.open(path) as store:
        assert store.get("k100") is None
        store.put("k", b"v")
    assert "damaged" in capsys.readouterr().err
    with Store.open(path) as store:
        store.put("k", b"v")
        assert store.get("k") == b"v"


def test_a_value_with_a_wrong_checksum_is_a_miss(path: Path) -> None:
    with Store.open(path) as store:
        store.put("k", b"value")
    db = sqlite3.connect(path)
    db.execute("UPDATE results SET value = x'00'")
    db.commit()
    db.close()
    with Store.open(path) as store:
        assert store.get("k") is None
        assert store.size().results == 0


def test_a_locked_store_is_done_without(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("ctxc.store.database.BUSY_SECONDS", 0.05)
    Store.open(path).close()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    store = Store.open(path)
    store.put("k", b"v")
    assert store.get("k") is None
    assert not store.usable
    assert "going on without" in capsys.readouterr().err
    with pytest.raises(StoreError):
        store.forget()
    holder.close()
    with Store.open(path) as store:
        store.put("k", b"v")
        assert store.get("k") == b"v"


def test_a_folder_that_cannot_be_made_is_done_without(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    store = Store.open(tmp_path / "file" / "store.sqlite")
    store.put("k", b"v")
    store.add_run(RUN)
    assert store.get("k") is None
    assert store.runs() == []
    assert "going on without" in capsys.readouterr().err


def test_a_newer_store_is_refused_and_left_alone(path: Path) -> None:
    Store.open(path).close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="newer version") as caught:
        Store.open(path)
    assert "CTXC_STORE" in caught.value.hint
    assert path.read_bytes() == before


def test_another_programs_database_is_refused_and_left_alone(path: Path) -> None:
    path.parent.mkdir()
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE theirs (a)")
    db.commit()
    db.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="another program"):
        Store.open(path)
    assert path.read_bytes() == before


def test_threads_share_one_store(path: Path) -> None:
    with Store.open(path) as store:

        def work(name: int) -> None:
            for number in range(50):
                store.put(f"{name}-{number}", b"v")
                assert store.get(f"{name}-{number}") == b"v"

        threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert store.size().results == 200


def test_processes_share_one_store_from_its_first_moment(path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from ctxc.store import Store\n"
        "s = Store.open(Path(sys.argv[1]))\n"
        "for n in range(50): s.put(f'{sys.argv[2]}-{n}', b'v')\n"
        "assert s.usable\n"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(path), name]) for name in ("a", "b", "c")
    ]
    assert [process.wait(timeout=60) for process in running] == [0, 0, 0]
    with Store.open(path) as store:
        assert store.size().results == 150


def test_the_ledger_has_no_place_for_a_text_and_a_question_only_when_asked(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = replace(RUN, question="where is the secret?")
    with Store.open(path) as store:
        store.add_run(asked)
        assert [run.question for run in store.runs()] == [None]
        monkeypatch.setenv("CTXC_LEDGER", "questions")
        store.add_run(asked)
        assert [run.question for run in store.runs()] == [None, "where is the secret?"]
    db = sqlite3.connect(path)
    columns = {row[1] for row in db.execute("PRAGMA table_info(ledger)")}
    db.close()
    assert columns == set(asdict(RUN))
    assert not columns & {"text", "source", "path"}
