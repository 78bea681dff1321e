"""The SQLite file under the store: opened, laid out, checked, shrunk, moved aside.

Nothing here knows what a result or a run means.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..console import note
from ..errors import StoreError

SCHEMA_VERSION = 1
BUSY_SECONDS = 2.0
PAGE = 4096
# The write-ahead log is folded into the file at this many pages, so it stays small.
LOG_PAGES = 64

# "ctxc" in ASCII: a SQLite file of another program is not ours to move or to write to.
_APPLICATION_ID = 0x63747863

# Of an SQLite file: how it begins, and where its first bytes say which program made it.
_MAGIC, _HEADER, _OWNER = b"SQLite format 3\0", 100, 68

_TABLES = """
CREATE TABLE results (
    key TEXT PRIMARY KEY, value BLOB NOT NULL, size INTEGER NOT NULL,
    crc INTEGER NOT NULL, used INTEGER NOT NULL);
CREATE INDEX results_used ON results (used, size);
CREATE TABLE ledger (
    time REAL NOT NULL, command TEXT NOT NULL, engine TEXT NOT NULL, model TEXT,
    tokenizer TEXT NOT NULL, original INTEGER NOT NULL, compressed INTEGER NOT NULL,
    seconds REAL NOT NULL, files INTEGER NOT NULL, folder TEXT NOT NULL, question TEXT);
CREATE INDEX ledger_time ON ledger (time)"""
# Apart, since a store of an earlier version has none; that version does well with them.
_LATER = """
CREATE TABLE IF NOT EXISTS originals (
    digest TEXT PRIMARY KEY, handle TEXT NOT NULL UNIQUE, size INTEGER NOT NULL,
    packed INTEGER NOT NULL, used INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS original_parts (
    digest TEXT NOT NULL, part INTEGER NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (digest, part));
CREATE TABLE IF NOT EXISTS embeddings (
    number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, value BLOB NOT NULL,
    size INTEGER NOT NULL, crc INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS embeddings_size ON embeddings (size)"""


def connect(path: Path) -> sqlite3.Connection:
    """A connection to the store at ``path``, in autocommit mode.

    The file is created if absent; a damaged store is moved aside and started
    anew, with a note. Raises StoreError for a file of a newer version or that
    is no store, sqlite3.Error where it is locked for longer than
    ``BUSY_SECONDS``, OSError where the folder cannot be written.
    """
    _prepare_file(path)
    _check_header(path)
    try:
        return _open(path)
    except sqlite3.DatabaseError as error:
        if not is_corrupt(error):
            raise
        if not _is_ours(path):
            raise StoreError(
                f"{path} is a damaged database that ctxc did not make: it is left as it is",
                hint="point CTXC_STORE at another file",
            ) from None
        moved = move_aside(path)
        note(f"the store {path} is damaged; moved to {moved.name} and started anew")
        _prepare_file(path)
        return _open(path)


@contextmanager
def in_memory() -> Iterator[sqlite3.Connection]:
    """An empty store that is gone afterwards."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    try:
        db.executescript(_TABLES + ";" + _LATER)
        yield db
    finally:
        db.close()


def shrink(db: sqlite3.Connection) -> None:
    """Give freed pages back to the file system, and fold the log in."""
    # As a script: it frees one page a step, and execute() takes a single step.
    db.executescript("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE);")


def is_corrupt(error: sqlite3.Error) -> bool:
    """Whether the file's content is at fault, rather than a lock, a disk or a permission."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def move_aside(path: Path) -> Path:
    """Rename the file and its log to a free name beside it; returns the new name."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    moved = path.with_name(f"{path.name}.broken-{stamp}-{os.getpid()}")
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            os.replace(part, moved.with_name(moved.name + suffix))
    return moved


def bytes_on_disk(path: Path) -> int:
    """The file and the log beside it."""
    total = 0
    for suffix in ("", "-wal"):
        with suppress(OSError):  # no log: nothing to count
            total += path.with_name(path.name + suffix).stat().st_size
    return total


def _prepare_file(path: Path) -> None:
    """The folder and the file, readable by this user alone: results are the user's texts."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _check_header(path: Path) -> None:
    """Raises StoreError for a file that is neither empty nor SQLite: it is somebody's."""
    with open(path, "rb") as file:
        head = file.read(_HEADER)
    if head and not head.startswith(_MAGIC):
        raise StoreError(
            f"the store {path} is no database: it is left as it is",
            hint="point CTXC_STORE at another file, or move this one away",
        )


def _is_ours(path: Path) -> bool:
    """Whether the file's header says that ctxc made it."""
    with open(path, "rb") as file:
        head = file.read(_HEADER)
    return int.from_bytes(head[_OWNER : _OWNER + 4], "big") == _APPLICATION_ID


def _open(path: Path) -> sqlite3.Connection:
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        db = sqlite3.connect(
            path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        db.text_factory = _text
        try:
            _lay_out(db, path)
            return db
        except sqlite3.OperationalError as error:
            db.close()
            # Switching to WAL does not wait for a lock as other statements do: two first
            # runs at once would otherwise cost one of them its store.
            busy = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        except BaseException:
            db.close()
            raise


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _lay_out(db: sqlite3.Connection, path: Path) -> None:
    """Check whose file it is, then create what is missing."""
    db.execute("BEGIN")  # one snapshot: another process may be laying out the same file
    version = db.execute("PRAGMA user_version").fetchone()[0]
    owner = db.execute("PRAGMA application_id").fetchone()[0]
    tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    db.execute("COMMIT")
    if owner == _APPLICATION_ID and version > SCHEMA_VERSION:
        raise StoreError(
            f"the store {path} was written by a newer version of ctxc"
            f" (schema {version}; this one knows {SCHEMA_VERSION})",
            hint="upgrade ctxc, or point CTXC_STORE at another file",
        )
    if owner != _APPLICATION_ID and tables:
        raise StoreError(
            f"{path} is a database of another program", hint="point CTXC_STORE at another file"
        )
    if not tables:
        _create(db)
    for statement in _LATER.split(";"):
        db.execute(statement)
    db.execute("PRAGMA synchronous = NORMAL")  # with WAL: consistent after a power cut
    db.execute("PRAGMA secure_delete = ON")  # what is forgotten is overwritten
    db.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
    db.execute(f"PRAGMA journal_size_limit = {LOG_PAGES * PAGE}")


def _create(db: sqlite3.Connection) -> None:
    db.execute(f"PRAGMA page_size = {PAGE}")
    db.execute("PRAGMA auto_vacuum = INCREMENTAL")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("BEGIN IMMEDIATE")
    # Another process may have been first while this one waited for the lock.
    if not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        for statement in _TABLES.split(";"):
            db.execute(statement)
        db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    db.execute("COMMIT")
