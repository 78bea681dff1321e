"""The beginning and the end of an output that is too long to be read whole, in whole lines."""

from __future__ import annotations

from dataclasses import dataclass

from .spool import Spool


@dataclass(frozen=True, slots=True)
class Ends:
    """``head`` and ``tail`` are bytes; ``first`` to ``last`` the lines between, from 1."""

    head: bytes
    tail: bytes
    first: int
    last: int

    def line(self, handle: str) -> str:
        """What stands for the lines between.

        >>> Ends(b"", b"", 3, 9).line("7f3a9c")
        '[ctxc: lines 3-9 not looked at: ctxc expand 7f3a9c --lines 3-9]'
        """
        lines = f"{self.first}-{self.last}"
        how = f": ctxc expand {handle} --lines {lines}" if handle else ""
        return f"[ctxc: lines {lines} not looked at{how}]"


def ends_of(spool: Spool, most: int) -> Ends:
    """A quarter of ``most`` bytes from the beginning, the rest from the end, where verdicts are."""
    size, early, late = spool.size, most // 4, most - most // 4
    head, tail = bytearray(), bytearray()
    at = lines = 0
    for piece in spool.pieces():
        head += piece[: max(early - at, 0)]
        tail += piece[max(size - late - at, 0) :]
        at += len(piece)
        lines += piece.count(b"\n")
    # Whole lines, unless one is longer than all of it.
    start = bytes(head[: head.rfind(b"\n") + 1 or len(head)])
    end = bytes(tail[tail.find(b"\n") + 1 :])
    before, after = start.count(b"\n"), end.count(b"\n")
    return Ends(start, end, before + 1, max(lines - after, before + 1))
