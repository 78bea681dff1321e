"""``ctxc expand``: originals by their handles, byte for byte, and what the store does with them."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from command import Ran, runner

from ctxc.cli import expand as module
from ctxc.cli.cache import cache
from ctxc.errors import StoreError, UsageError
from ctxc.store import Store
from ctxc.store.originals import PIECE, Originals

TEXT = b"first\nsecond \xff\r\nthird match\nfourth\n\nsixth match"


@pytest.fixture
def expand(capfdbinary: pytest.CaptureFixture[bytes]) -> Callable[..., tuple[int, bytes, str]]:
    """Runs the command; returns its code, its bytes and what it said."""

    def run(*arguments: str) -> tuple[int, bytes, str]:
        import typer

        app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None)
        app.command()(module.expand)
        capfdbinary.readouterr()
        code = app(list(arguments), standalone_mode=False)
        captured = capfdbinary.readouterr()
        return int(code or 0), captured.out, captured.err.decode()

    return run


def keep(data: bytes, **options: int) -> str:
    with Store.open(**options) as store:
        pieces = [data[i : i + PIECE] for i in range(0, len(data), PIECE)]
        return Originals(store).put(lambda: iter(pieces))


def whole(handle: str) -> bytes:
    with Store.open() as store, Originals(store).get(handle) as file:
        return file.read()


Expand = Callable[..., tuple[int, bytes, str]]


@pytest.mark.parametrize("data", [TEXT, b"\0", b"a", os.urandom(3 * PIECE + 17)], ids=len)
def test_an_original_comes_back_byte_for_byte(expand: Expand, data: bytes) -> None:
    handle = keep(data)
    assert handle == hashlib.sha256(data).hexdigest()[:6]
    assert keep(data) == handle
    assert expand(handle) == (0, data, "")
    assert expand(handle.upper()) == (0, data, "")
    assert expand(hashlib.sha256(data).hexdigest()) == (0, data, "")


@pytest.mark.parametrize(
    ("options", "out"),
    [
        (["--lines", "2-3"], b"second \xff\r\nthird match\n"),
        (["--lines", "5-"], b"\nsixth match"),
        (["--lines", "6"], b"sixth match"),
        (["--lines", "4-99"], b"fourth\n\nsixth match"),
        (["--grep", "match$"], b"third match\nsixth match"),
        (["--grep", "^S", "-n"], None),
        (["--grep", "(?i)^S", "-n"], b"2:second \xff\r\n6:sixth match"),
        (["--lines", "3-4", "-n"], b"3:third match\n4:fourth\n"),
    ],
)
def test_some_lines(expand: Expand, options: list[str], out: bytes | None) -> None:
    handle = keep(TEXT)
    code, got, err = expand(handle, *options)
    if out is None:
        assert (code, got) == (1, b"") and "no line matches" in err
    else:
        assert (code, got, err) == (0, out, "")


def test_lines_that_are_not_there_are_exit_1(expand: Expand) -> None:
    code, out, err = expand(keep(TEXT), "--lines", "7-9")
    assert (code, out) == (1, b"") and "the original has 6" in err


@pytest.mark.parametrize(
    "options",
    [
        ["--lines", "3-2"],
        ["--lines", "0"],
        ["--lines", "a"],
        ["--grep", "("],
        ["--lines", "1", "--grep", "a"],
    ],
)
def test_what_makes_no_sense_is_refused(expand: Expand, options: list[str]) -> None:
    handle = keep(TEXT)
    with pytest.raises(UsageError):
        expand(handle, *options)


@pytest.mark.parametrize("handle", ["0000000", "abcdef", "xyz", "", "7f3a", "%", "7f3a9c' OR 1"])
def test_unknown_handles_are_said(expand: Expand, handle: str, own_store: Path) -> None:
    with pytest.raises(StoreError, match=r"nothing was kept yet"):
        expand(handle)
    assert not own_store.exists()
    keep(TEXT)
    with pytest.raises(StoreError, match=r"no handle|no original"):
        expand(handle)


def colliding() -> tuple[bytes, bytes]:
    """Two contents whose SHA-256 begin with the same six digits."""
    seen: dict[str, bytes] = {}
    for number in range(100_000):
        data = b"%d" % number
        six = hashlib.sha256(data).hexdigest()[:6]
        if six in seen:
            return seen[six], data
        seen[six] = data
    raise AssertionError("none among 100,000")


def test_a_handle_is_longer_where_another_begins_like_it_and_never_changes_its_meaning() -> None:
    one, other = colliding()
    first, second = keep(one), keep(other)
    assert len(first) == 6 and len(second) > 6 and second.startswith(first)
    assert whole(first) == one and whole(second) == other
    with Store.open() as store, store.working() as db:
        db.execute("DELETE FROM original_parts WHERE digest LIKE ?", (first + "%",))
        db.execute("UPDATE originals SET packed = 0 WHERE handle = ?", (first,))
    with pytest.raises(StoreError, match="was dropped"):
        whole(first)
    with Store.open() as store, store.working() as db:
        db.execute("DELETE FROM originals WHERE handle = ?", (first,))
    with pytest.raises(StoreError, match=f"is ambiguous: it may mean {second}"):
        whole(first)


def test_the_least_recently_used_go_and_the_store_stays_under_its_limit(own_store: Path) -> None:
    limit = 4 * 2**20
    often = keep(b"often used", max_bytes=limit)
    handles = []
    for _ in range(30):
        handles.append(keep(os.urandom(200_000), max_bytes=limit))
        assert whole(often) == b"often used"
        with Store.open(max_bytes=limit) as store:
            assert store.size().disk <= limit
    assert len(whole(handles[-1])) == 200_000
    with pytest.raises(StoreError, match="dropped to make room"):
        whole(handles[0])


def test_what_can_never_fit_is_not_kept_and_drops_nothing() -> None:
    small = keep(b"small", max_bytes=2**21)
    assert keep(os.urandom(2**21), max_bytes=2**21) == ""
    assert whole(small) == b"small"


def test_originals_leave_room_for_results_in_a_store_that_became_smaller() -> None:
    handle = keep(os.urandom(2**21))
    with Store.open(max_bytes=2**21) as store:
        store.put("key", b"value")
        assert store.get("key") == b"value"
    with pytest.raises(StoreError, match="dropped"):
        whole(handle)


def test_a_damaged_original_is_said_and_dropped(own_store: Path) -> None:
    handle = keep(TEXT)
    with sqlite3.connect(own_store) as db:
        db.execute("UPDATE original_parts SET value = ?", (b"\x00" * 9,))
    db.close()
    with pytest.raises(StoreError, match="damaged"):
        whole(handle)
    assert keep(TEXT) == handle
    assert whole(handle) == TEXT


def test_a_store_of_an_earlier_version_takes_originals(own_store: Path) -> None:
    Store.open().close()
    with sqlite3.connect(own_store) as db:
        db.execute("DROP TABLE originals")
        db.execute("DROP TABLE original_parts")
    db.close()
    assert whole(keep(TEXT)) == TEXT


def test_a_store_that_cannot_be_used_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with Store.open(tmp_path / "folder") as store:
        assert not store.usable
        assert Originals(store).put(lambda: iter([TEXT])) == ""
        assert Originals(store).announce("0" * 64) == ""


def test_an_announced_handle_is_the_one_it_gets() -> None:
    with Store.open() as store:
        originals = Originals(store)
        handle = originals.announce(hashlib.sha256(TEXT).hexdigest())
        with pytest.raises(StoreError, match="dropped"), originals.get(handle):
            pass
        assert originals.put(lambda: iter([TEXT])) == handle
        with originals.get(handle) as file:
            assert file.read() == TEXT


def test_the_file_is_private_and_clearing_leaves_no_trace(
    own_store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    handle = keep(b"very-secret " + os.urandom(50))
    with Store.open() as store, store.working() as db:
        (packed,) = db.execute("SELECT value FROM original_parts").fetchone()
    assert stat.S_IMODE(own_store.stat().st_mode) == 0o600
    assert packed[10:50] in own_store.read_bytes()
    run: Callable[..., Ran] = runner(cache, capsys)
    assert "1 originals" in run().out
    assert "1 originals" in run("--clear").err
    for part in own_store.parent.iterdir():
        assert packed[10:50] not in part.read_bytes()
    with pytest.raises(StoreError, match="there is no original"):
        whole(handle)
