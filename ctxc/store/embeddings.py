"""Embeddings in the store: one row a text, by a key of its content and its encoder.

A vector is kept as float16, so that a sentence takes under a kilobyte. All of them together take
at most a quarter of the store; the oldest go. The key is a digest of encoder, prefix and text
(``llama.embedder``), so that no encoder ever sees another's; a row that is no unit vector of the
width asked for is dropped.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from . import database

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from . import Store

    Vector: TypeAlias = npt.NDArray[np.float16]

_AT_A_TIME = 400  # keys of one statement
_OVERHEAD = 64  # bytes of a row beside its vector, its place in the index included
_MOST_BYTES = 1 << 16  # of one vector
_TOLERANCE = 0.02  # float16 leaves a unit vector's length within a thousandth


def get(store: Store, keys: Sequence[str], width: int) -> dict[str, Vector]:
    """The vectors of ``width`` numbers that are kept under ``keys``."""
    out: dict[str, Vector] = {}
    with store.working() as db:
        bad: list[str] = []
        for at in range(0, len(keys), _AT_A_TIME):
            rows = db.execute(
                "SELECT key, value, crc FROM embeddings WHERE key IN"
                " (SELECT value FROM json_each(?))",
                (json.dumps(keys[at : at + _AT_A_TIME]),),
            )
            for key, value, crc in rows:
                vector = _vector(value, crc, width)
                if vector is None:
                    bad.append(key)
                else:
                    out[key] = vector
        if bad:
            _drop(db, bad)
    return out


def put(store: Store, vectors: Mapping[str, Vector]) -> None:
    """Keep unit vectors under their keys, as far as they fit; the oldest make room."""
    limit = share(store.max_bytes)
    rows = [(k, value, len(value) + _OVERHEAD, zlib.crc32(value)) for k, value in _bytes(vectors)]
    size = sum(row[2] for row in rows)
    if not rows or size > limit:
        return
    with store.working() as db:
        prune(db, limit - size)
        if not store.make_room(db, size):
            return
        db.execute("BEGIN IMMEDIATE")
        try:
            db.executemany("INSERT OR IGNORE INTO embeddings VALUES (NULL, ?, ?, ?, ?)", rows)
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")


def share(max_bytes: int) -> int:
    """How many bytes embeddings may take of a store of ``max_bytes``."""
    return max_bytes // 4


def count(db: sqlite3.Connection) -> int:
    """How many embeddings there are."""
    return int(db.execute("SELECT count(*) FROM embeddings").fetchone()[0])


def prune(db: sqlite3.Connection, limit: int) -> None:
    """Drop the oldest until all take at most ``limit`` bytes."""
    # Cast: SQLite lets any type stand in any column.
    sizes = "SELECT coalesce(sum(CAST(size AS INTEGER)), 0), count(*) FROM embeddings"
    total, rows = db.execute(sizes).fetchone()
    if total <= limit or not rows:
        return
    # A tenth more than needed, so that not every put has to prune.
    excess = total - limit + limit // 10
    number = min(rows, -(-excess * rows // total))
    db.execute(
        "DELETE FROM embeddings WHERE number IN"
        " (SELECT number FROM embeddings ORDER BY number LIMIT ?)",
        (number,),
    )
    database.shrink(db)


def _bytes(vectors: Mapping[str, Vector]) -> list[tuple[str, bytes]]:
    values = ((key, vector.astype("<f2").tobytes()) for key, vector in vectors.items())
    return [(key, value) for key, value in values if len(value) <= _MOST_BYTES]


def _vector(value: object, crc: object, width: int) -> Vector | None:
    """A row's vector; None for what ctxc did not write there: SQLite takes any type anywhere."""
    import numpy as np  # not above: the store is opened by commands that start without it

    if not isinstance(value, bytes) or len(value) != 2 * width or zlib.crc32(value) != crc:
        return None
    vector = np.frombuffer(value, "<f2").astype(np.float16)
    length = float(np.linalg.norm(vector.astype(np.float32)))
    return vector if length == 0 or abs(length - 1) < _TOLERANCE else None


def _drop(db: sqlite3.Connection, keys: list[str]) -> None:
    db.execute(
        "DELETE FROM embeddings WHERE key IN (SELECT value FROM json_each(?))", (json.dumps(keys),)
    )
