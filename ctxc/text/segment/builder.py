"""Collects pieces in reading order and turns them into segments that tile the document."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...document import Kind, Segment


@dataclass(slots=True)
class _Piece:
    start: int
    kind: Kind
    block: int
    part: int
    heading: int
    needs: int
    level: int


@dataclass(slots=True)
class Builder:
    """Pieces are added by where they start; each runs to where the next one starts.

    White space between pieces therefore belongs to the piece before it, and
    nothing a piece's author forgot can fall out of the tiling.
    """

    text: str
    part: int = 0
    _pieces: list[_Piece] = field(default_factory=list)
    _block: int = -1
    _title: int = -1
    _sections: list[tuple[int, int]] = field(default_factory=list)  # (level, piece)

    def __len__(self) -> int:
        return len(self._pieces)

    def begin_part(self, part: int) -> None:
        """Forget headings: those of one part say nothing about the next."""
        self.part, self._title = part, -1
        self._sections.clear()

    def begin_block(self) -> None:
        self._block += 1

    def add(self, start: int, kind: Kind, *, level: int = 0, needs: int = -1) -> int:
        """Begin a piece at ``start``; returns its index, for others to need."""
        if kind == "heading":
            while self._sections and self._sections[-1][0] >= level:
                self._sections.pop()
        index = len(self._pieces)
        above = self._sections[-1][1] if self._sections else self._title
        self._pieces.append(
            _Piece(start, kind, max(self._block, 0), self.part, above, needs, level)
        )
        if kind == "heading":
            self._sections.append((level, index))
        elif kind == "title":
            self._title = index
        return index

    def finish(self) -> tuple[Segment, ...]:
        """The segments; empty only for an empty text."""
        if not self.text:
            return ()
        if not self._pieces:
            self.add(0, "other")
        pieces = self._pieces
        pieces[0].start = 0
        out = []
        for index, piece in enumerate(pieces):
            last = index + 1 == len(pieces)
            end = len(self.text) if last else pieces[index + 1].start
            core_end = piece.start + len(self.text[piece.start : end].rstrip())
            out.append(
                Segment(
                    piece.start,
                    core_end,
                    end,
                    piece.kind,
                    piece.block,
                    piece.part,
                    piece.heading,
                    piece.needs,
                    piece.level,
                )
            )
        return tuple(out)
