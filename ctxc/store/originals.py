"""Originals in the store: whole texts by a short handle, byte for byte, until others need the room.

A handle is the beginning of the SHA-256 of the content, in hexadecimal: six
digits, more where another original has, or had, the same six. It is never
given to another content while the row lives: of what was dropped, or only
announced, the row stays without its bytes (the newest ``_ROWS`` of them).

Originals are zlib parts of a megabyte, so that none is ever in memory whole.
All of them together take at most half of the store; the least recently used go.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING

from ..errors import StoreError
from . import database

if TYPE_CHECKING:
    from . import Store

PIECE = 1 << 20
"""Bytes of an original that are read, packed and unpacked at a time."""

_DIGITS = 6
_ROWS = 20_000
_IN_MEMORY = 1 << 23
_LEVEL = 1  # of zlib: output shrinks to a tenth at any level, and a run waits for it
_LENGTH = 4  # bytes in front of a packed piece: how long it is
_HANDLE = re.compile(r"[0-9a-f]{6,64}")
_NEXT = "(SELECT coalesce(max(used), 0) + 1 FROM originals)"
_PACKED = "CAST(packed AS INTEGER)"

Pieces = Callable[[], Iterator[bytes]]
"""The pieces of a content, from its beginning at each call."""


class Originals:
    """The originals of an open ``store``."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def announce(self, digest: str) -> str:
        """The handle of the content with this SHA-256, before its bytes are there; "" for none."""
        handle = ""
        with self._store.working() as db, _writing(db):
            handle = _handle(db, digest)
        return handle if self._store.usable else ""

    def put(self, pieces: Pieces) -> str:
        """Keep a content; returns its handle, or "" where it does not fit or the store fails."""
        hashed, size = hashlib.sha256(), 0
        for piece in pieces():
            hashed.update(piece)
            size += len(piece)
        digest = hashed.hexdigest()
        if handle := self._again(digest):
            return handle
        with SpooledTemporaryFile(_IN_MEMORY) as packed:
            total = _pack(pieces(), packed)
            if total > share(self._store.max_bytes):
                return ""
            return self._insert(digest, size, packed, total)

    def _again(self, digest: str) -> str:
        """The handle of what is there already, which is used now; "" where it is not."""
        with self._store.working() as db:
            row = db.execute(
                "SELECT handle FROM originals WHERE digest = ? AND packed > 0", (digest,)
            ).fetchone()
            if row is not None:
                _use(db, digest)
                return str(row[0])
        return ""

    def _insert(self, digest: str, size: int, packed: IO[bytes], total: int) -> str:
        handle = ""
        with self._store.working() as db:
            prune(db, share(self._store.max_bytes) - total)
            if not self._store.make_room(db, total):
                return ""
            with _writing(db):
                handle = _handle(db, digest)
                db.execute("DELETE FROM original_parts WHERE digest = ?", (digest,))
                db.executemany(
                    "INSERT INTO original_parts VALUES (?, ?, ?)",
                    ((digest, number, part) for number, part in enumerate(_packed(packed))),
                )
                db.execute(
                    f"UPDATE originals SET size = ?, packed = ?, used = {_NEXT} WHERE digest = ?",
                    (size, total, digest),
                )
            database.shrink(db)
        # One that failed may have been an empty one in memory at the end.
        return handle if self._store.usable else ""

    @contextmanager
    def get(self, handle: str) -> Iterator[IO[bytes]]:
        """A temporary file with the original of ``handle``, at its beginning.

        Raises StoreError for a handle that is none, that is unknown or
        ambiguous, and for an original that was dropped or damaged.
        """
        digest = self._digest(handle.strip().lower(), handle)
        with SpooledTemporaryFile(_IN_MEMORY) as file:
            hashed = hashlib.sha256()
            with self._store.working() as db, _reading(db):
                rows = db.execute(
                    "SELECT value FROM original_parts WHERE digest = ? ORDER BY part", (digest,)
                )
                for (part,) in rows:
                    piece = _unpacked(part)
                    hashed.update(piece)
                    file.write(piece)
            if hashed.hexdigest() != digest:
                self._drop(digest)
                raise StoreError(f"the original {handle} is damaged and was dropped", hint=_AGAIN)
            file.seek(0)
            yield file

    def _digest(self, handle: str, asked: str) -> str:
        """The digest of an original that is there, which is used now."""
        if not _HANDLE.fullmatch(handle):
            raise StoreError(
                f"{asked!r} is no handle", hint="a handle is 6 to 64 hexadecimal digits: 7f3a9c"
            )
        with self._store.working() as db:
            row = _find(db, handle)
            if row is not None and row[1]:
                _use(db, row[0])
                return row[0]
            if row is not None:
                raise StoreError(f"the original {handle} was dropped to make room", hint=_AGAIN)
        raise StoreError(f"there is no original {handle} in {self._store.path}", hint=_AGAIN)

    def _drop(self, digest: str) -> None:
        with self._store.working() as db, _writing(db):
            _forget(db, [digest])


_AGAIN = "run again what made it; ctxc cache says what the store holds"


def share(max_bytes: int) -> int:
    """How many bytes originals may take of a store of ``max_bytes``."""
    return max_bytes // 2


def count(db: sqlite3.Connection) -> int:
    """How many originals there are."""
    return int(db.execute("SELECT count(*) FROM originals WHERE packed > 0").fetchone()[0])


def prune(db: sqlite3.Connection, limit: int) -> None:
    """Drop the least recently used until all take at most ``limit`` bytes."""
    # Cast: SQLite lets any type stand in any column.
    total = f"SELECT coalesce(sum({_PACKED}), 0) FROM originals"
    if db.execute(total).fetchone()[0] <= limit:
        return
    with _writing(db):
        taken = db.execute(total).fetchone()[0]
        rows = db.execute(
            f"SELECT digest, {_PACKED} FROM originals WHERE packed > 0 ORDER BY used"
        ).fetchall()
        drop = []
        for digest, size in rows:
            if taken <= limit:
                break
            drop.append(digest)
            taken -= size
        _forget(db, drop)
    database.shrink(db)


def _forget(db: sqlite3.Connection, digests: list[str]) -> None:
    """Drop the bytes; the rows stay, so that no handle changes its meaning."""
    for digest in digests:
        db.execute("DELETE FROM original_parts WHERE digest = ?", (digest,))
        db.execute("UPDATE originals SET packed = 0 WHERE digest = ?", (digest,))
    db.execute(
        "DELETE FROM originals WHERE packed = 0 AND digest NOT IN"
        f" (SELECT digest FROM originals ORDER BY used DESC LIMIT {_ROWS})"
    )


def _use(db: sqlite3.Connection, digest: str) -> None:
    db.execute(f"UPDATE originals SET used = {_NEXT} WHERE digest = ?", (digest,))


def _handle(db: sqlite3.Connection, digest: str) -> str:
    """The handle of ``digest``, its row made where there is none; within a transaction."""
    row = db.execute("SELECT handle FROM originals WHERE digest = ?", (digest,)).fetchone()
    if row is not None:
        return str(row[0])
    length = _DIGITS
    while _taken(db, digest[:length]):
        length += 1
    db.execute(
        f"INSERT INTO originals VALUES (?, ?, 0, 0, {_NEXT})", (digest, digest[:length])
    )
    return digest[:length]


def _taken(db: sqlite3.Connection, handle: str) -> bool:
    """Whether ``handle`` is another's, or the beginning of another's."""
    row = db.execute(
        "SELECT 1 FROM originals WHERE handle >= ?1 AND handle < ?1 || 'g'", (handle,)
    ).fetchone()
    return row is not None


def _find(db: sqlite3.Connection, handle: str) -> tuple[str, int] | None:
    """``(digest, bytes)`` of the row whose handle it is, or a digest that goes on from it.

    Raises StoreError where more digits are needed to tell.
    """
    rows = db.execute(
        f"SELECT digest, {_PACKED}, handle FROM originals"
        " WHERE handle = ?1 OR (digest >= ?1 AND digest < ?1 || 'g')",
        (handle,),
    ).fetchall()
    # A shorter one was, or may have been, another content's.
    for digest, size, own in rows:
        if own == handle or (len(rows) == 1 and handle.startswith(own)):
            return digest, size
    if rows:
        others = ", ".join(sorted(own for _, _, own in rows)[:4])
        raise StoreError(
            f"the handle {handle} is ambiguous: it may mean {others}", hint="give all of its digits"
        )
    return None


def _pack(pieces: Iterable[bytes], file: IO[bytes]) -> int:
    """Each piece packed, behind its length; returns the bytes of all."""
    total = 0
    for piece in pieces:
        packed = zlib.compress(piece, _LEVEL)
        file.write(len(packed).to_bytes(_LENGTH, "big"))
        file.write(packed)
        total += len(packed)
    return total


def _packed(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while length := file.read(_LENGTH):
        yield file.read(int.from_bytes(length, "big"))


def _unpacked(part: object) -> bytes:
    """A piece, or b"" for what is none: the digest then tells. No more than a piece is unpacked."""
    if not isinstance(part, bytes):
        return b""
    try:
        return zlib.decompressobj().decompress(part, PIECE)
    except zlib.error:
        return b""


@contextmanager
def _writing(db: sqlite3.Connection) -> Iterator[None]:
    """All or nothing of what the body writes."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


@contextmanager
def _reading(db: sqlite3.Connection) -> Iterator[None]:
    """One state of the store, whatever others write meanwhile."""
    db.execute("BEGIN")
    try:
        yield
    finally:
        if db.in_transaction:
            db.execute("COMMIT")
