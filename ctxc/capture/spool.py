"""Bytes that keep coming, in a private temporary file of bounded size."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator

PIECE = 1 << 20


class Spool:
    """Takes bytes until ``finish``; of more than ``limit`` the middle is dropped, and that is said.

    The first half of ``limit`` bytes stays, and the newest of the other half.
    Safe to write to from several threads. The file has no name and is this
    user's alone; it is gone with the process.
    """

    def __init__(self, limit: int) -> None:
        self._head = max(limit // 2, 1)
        self._tail = max(limit - self._head, 1)
        self._file = tempfile.TemporaryFile(prefix="ctxc-")  # noqa: SIM115 (closed by ``close``)
        self._lock = threading.Lock()
        self._taken = 0
        self._finished = False
        self.lines = 0

    def write(self, data: bytes) -> bool:
        """Add ``data``; False after ``finish``, when nothing is taken any more. Raises OSError."""
        with self._lock:
            if self._finished:
                return False
            self.lines += data.count(b"\n")
            view = memoryview(data)
            while view:
                at, room = self._place()
                part = view[:room]
                self._file.seek(at)
                self._file.write(part)
                self._taken += len(part)
                view = view[len(part) :]
            return True

    def finish(self) -> None:
        with self._lock:
            self._finished = True

    def close(self) -> None:
        self.finish()
        self._file.close()

    @property
    def dropped(self) -> int:
        """How many bytes are lost."""
        return max(0, self._taken - self._head - self._tail)

    @property
    def size(self) -> int:
        """How many bytes ``pieces`` yields."""
        return sum(map(len, self._note())) + self._taken - self.dropped

    def pieces(self) -> Iterator[bytes]:
        """What was taken, in order, a line for what is dropped in its place. After ``finish``."""
        yield from self._range(0, min(self._taken, self._head))
        yield from self._note()
        if not self.dropped:
            yield from self._range(self._head, max(self._taken, self._head))
            return
        seam = self._place()[0]
        yield from self._range(seam, self._head + self._tail)
        yield from self._range(self._head, seam)

    def read(self) -> bytes:
        return b"".join(self.pieces())

    def _note(self) -> list[bytes]:
        if not self.dropped:
            return []
        line = f"\n[ctxc: {self.dropped:,} bytes dropped here: more than --max-output]\n"
        return [line.encode()]

    def _place(self) -> tuple[int, int]:
        """Where the next byte goes, and how many fit from there on."""
        if self._taken < self._head:
            return self._taken, self._head - self._taken
        at = (self._taken - self._head) % self._tail
        return self._head + at, self._tail - at

    def _range(self, start: int, end: int) -> Iterator[bytes]:
        while start < end:
            with self._lock:
                self._file.seek(start)
                piece = self._file.read(min(PIECE, end - start))
            if not piece:
                return
            yield piece
            start += len(piece)
