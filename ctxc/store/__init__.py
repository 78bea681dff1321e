"""One SQLite file: results by key, and the ledger of runs.

``results`` holds what a caller put under a key it derived from content,
options and model; the least recently used go when the file would outgrow its
limit. Originals (``store.originals``) take up to half of it, embeddings (``store.embeddings``) up
to a quarter. The ledger holds
one line per run: figures and names, never a text, and a question only where
``CTXC_LEDGER=questions`` asks for it.

The store is a convenience, so it never ends a run: a locked or unwritable
store is done without (one note), a damaged one is moved aside and started
anew. The one thing refused is a file written by a newer version of ctxc.

Not here: deriving keys, what a value means, tables and charts of the ledger.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Self

from ..console import note
from ..errors import StoreError
from . import database, embeddings, originals
from .rows import is_run

MAX_BYTES = 512 * 2**20
# The tables and the log need room before any result does.
_LEAST_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class Run:
    """One line of the ledger: what a run did, never what it read.

    ``time`` is seconds since 1970 (UTC) at the run's end; ``original`` and
    ``compressed`` are tokens under ``tokenizer``, summed over its ``files``;
    ``folder`` is where it ran. ``question`` is only stored where the user asked
    for that (``CTXC_LEDGER=questions``).
    """

    time: float
    command: str
    engine: str
    model: str | None
    tokenizer: str
    original: int
    compressed: int
    seconds: float
    files: int
    folder: str
    question: str | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Where the store lies and what it holds; ``disk`` is in bytes, the log included."""

    path: Path
    disk: int
    results: int
    runs: int
    originals: int = 0
    embeddings: int = 0


def default_path() -> Path:
    """``CTXC_STORE`` (a file), else ``store.sqlite`` in the user's data folder."""
    if chosen := os.environ.get("CTXC_STORE"):
        return Path(chosen).expanduser()
    from platformdirs import user_data_path

    return user_data_path("ctxc", appauthor=False) / "store.sqlite"


def opened() -> Store | None:
    """The user's store; None where ``CTXC_NO_STORE`` asks for none, or another's file is there."""
    if os.environ.get("CTXC_NO_STORE", "").strip().lower() not in ("", "0", "false", "no", "off"):
        return None
    try:
        return Store.open()
    except StoreError as error:
        note(f"going on without a store: {error.message}")
        return None


def ledger_wanted() -> bool:
    """False when ``CTXC_LEDGER`` turns the ledger off."""
    return _ledger_setting() not in ("off", "0", "false", "no")


def questions_wanted() -> bool:
    """Whether ``CTXC_LEDGER=questions`` asks for the runs' questions to be kept."""
    return _ledger_setting() == "questions"


def _ledger_setting() -> str:
    return os.environ.get("CTXC_LEDGER", "").strip().lower()


class Store:
    """An open store; safe to share between threads, and between processes by SQLite's locks.

    ``Store.open`` is the way in. One that is not ``usable`` answers every
    ``get`` with None and forgets every ``put``.
    """

    def __init__(
        self, path: Path, db: sqlite3.Connection | None, max_bytes: int, ledger: bool
    ) -> None:
        self.path = path
        self._max_bytes = max(max_bytes, _LEAST_BYTES)
        self._db = db
        self._ledger = ledger
        self._lock = threading.RLock()

    @classmethod
    def open(
        cls, path: Path | None = None, *, max_bytes: int = MAX_BYTES, ledger: bool | None = None
    ) -> Store:
        """The store at ``path`` (default: ``default_path()``), created if absent.

        ``ledger=False`` makes ``add_run`` do nothing; None asks ``CTXC_LEDGER``.
        Raises StoreError for a file of a newer version or of another program.
        """
        path = path or default_path()
        db: sqlite3.Connection | None = None
        try:
            db = database.connect(path)
        except (OSError, sqlite3.Error) as error:
            note(f"going on without the store {path}: {error}")
        return cls(path, db, max_bytes, ledger_wanted() if ledger is None else ledger)

    @property
    def usable(self) -> bool:
        """False where the store could not be opened, or failed since."""
        return self._db is not None

    def close(self) -> None:
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Results.

    def get(self, key: str) -> bytes | None:
        """The value put under ``key``, or None; a value whose checksum is wrong is dropped."""
        with self.working() as db:
            row = db.execute("SELECT value, crc FROM results WHERE key = ?", (key,)).fetchone()
            if row is None:
                return None
            if not isinstance(row[0], bytes) or zlib.crc32(row[0]) != row[1]:
                db.execute("DELETE FROM results WHERE key = ?", (key,))
                return None
            db.execute(f"UPDATE results SET used = {_NEXT} WHERE key = ?", (key,))
            return row[0]
        return None

    def put(self, key: str, value: bytes) -> None:
        """Keep ``value`` under ``key``, if it fits; what was used least recently makes room."""
        with self.working() as db:
            if self.make_room(db, len(value)):
                db.execute(
                    f"INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, {_NEXT})",
                    (key, value, len(value), zlib.crc32(value)),
                )

    def clear(self) -> int:
        """Drop all results (the ledger stays); returns how many there were.

        Raises StoreError where the store cannot be changed.
        """
        return self._empty("results")

    # Originals: what they are is for ``store.originals`` to know.

    @property
    def max_bytes(self) -> int:
        """What the file and its log may take on disk."""
        return self._max_bytes

    def clear_originals(self) -> int:
        """Drop all originals and what is known of earlier ones; returns how many there were.

        Raises StoreError where the store cannot be changed.
        """
        kept = self.size().originals
        self._empty("original_parts")
        self._empty("originals")
        return kept

    def clear_embeddings(self) -> int:
        """Drop all embeddings; returns how many there were. Raises StoreError."""
        return self._empty("embeddings")

    # The ledger.

    def add_run(self, run: Run) -> None:
        """Add a line to the ledger, unless it is off; without its question, unless asked."""
        if not self._ledger:
            return
        if not questions_wanted():
            run = replace(run, question=None)
        with self.working() as db:
            marks = ", ".join(f":{name}" for name in _RUN_FIELDS)
            db.execute(f"INSERT INTO ledger ({_RUN_COLUMNS}) VALUES ({marks})", asdict(run))

    def runs(self, since: float | None = None) -> list[Run]:
        """The ledger's lines from ``since`` (seconds since 1970) on, oldest first.

        Lines that ctxc did not write like that are left out, with one note.
        """
        with self.working() as db:
            rows = db.execute(
                f"SELECT {_RUN_COLUMNS} FROM ledger WHERE time >= ? ORDER BY time, rowid",
                (float("-inf") if since is None else since,),
            ).fetchall()
            runs = [Run(*row) for row in rows if is_run(row)]
            if bad := len(rows) - len(runs):
                some = "1 line cannot be read and is"
                lines = some if bad == 1 else f"{bad:,} lines cannot be read and are"
                note(f"the ledger {self.path}: {lines} left out")
            return runs
        return []

    def export(self) -> Iterator[dict[str, object]]:
        """Every line of the ledger as a plain dictionary, oldest first."""
        for run in self.runs():
            yield asdict(run)

    def forget(self) -> int:
        """Erase the ledger (the results stay); returns how many lines it had.

        Raises StoreError where the store cannot be changed.
        """
        return self._empty("ledger")

    def size(self) -> Usage:
        """What the store holds now."""
        results = runs = kept = vectors = 0
        with self.working() as db:
            results = db.execute("SELECT count(*) FROM results").fetchone()[0]
            runs = db.execute("SELECT count(*) FROM ledger").fetchone()[0]
            kept = originals.count(db)
            vectors = embeddings.count(db)
        return Usage(self.path, database.bytes_on_disk(self.path), results, runs, kept, vectors)

    @contextmanager
    def working(self) -> Iterator[sqlite3.Connection]:
        """For this package: the connection, under the lock; one that fails is given up with a note.

        Where there is none, a connection to an empty store in memory, so that
        no caller needs a second path.
        """
        with self._lock:
            if self._db is None:
                with database.in_memory() as empty:
                    yield empty
                return
            try:
                yield self._db
            except sqlite3.Error as error:
                self._give_up(error)

    def _give_up(self, error: sqlite3.Error) -> None:
        self.close()
        if not database.is_corrupt(error):
            note(f"going on without the store {self.path}: {error}")
            return
        try:
            where = f"moved to {database.move_aside(self.path).name}"
        except OSError as fault:
            where = f"it cannot be moved aside: {fault}"
        note(f"the store {self.path} is damaged; {where}, going on without it")

    def make_room(self, db: sqlite3.Connection, incoming: int) -> bool:
        """For this package: whether ``incoming`` more bytes fit, once old results have gone."""
        # A value is for a moment in the log and in the file, and the log may be full.
        reserve = 2 * incoming + (database.LOG_PAGES + 8) * database.PAGE
        if reserve > self._max_bytes:
            return False
        originals.prune(db, originals.share(self._max_bytes))
        excess = database.bytes_on_disk(self.path) + reserve - self._max_bytes
        if excess <= 0:
            return True
        embeddings.prune(db, embeddings.share(self._max_bytes))
        # Cast, and by row: SQLite lets any type stand in any column.
        held = db.execute(f"SELECT coalesce(sum({_SIZE}), 0) FROM results").fetchone()[0]
        # A tenth more than needed, so that not every put has to prune.
        goal = max(held - excess - self._max_bytes // 10, 0)
        drop = []
        for row, size in db.execute(f"SELECT rowid, {_SIZE} FROM results ORDER BY used"):
            if held <= goal:
                break
            drop.append(row)
            held -= size
        # One statement, so one transaction: all of them go, or none.
        db.execute(
            "DELETE FROM results WHERE rowid IN (SELECT value FROM json_each(?))",
            (json.dumps(drop),),
        )
        database.shrink(db)
        return database.bytes_on_disk(self.path) + reserve <= self._max_bytes

    def _empty(self, table: str) -> int:
        count = 0
        if self.usable:
            with self.working() as db:
                count = db.execute(f"DELETE FROM {table}").rowcount
                database.shrink(db)
        if not self.usable:
            raise StoreError(
                f"the store {self.path} could not be changed",
                hint="is another program using it, or its folder read-only?",
            )
        return count


_RUN_FIELDS = tuple(field.name for field in fields(Run))
_RUN_COLUMNS = ", ".join(_RUN_FIELDS)
_SIZE = "CAST(size AS INTEGER)"
# A counter instead of a clock: the order of use survives a clock that is set back.
_NEXT = "(SELECT coalesce(max(used), 0) + 1 FROM results)"
