"""Collects pieces in reading order and turns them into segments that tile the document."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

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
    text_kind: str = ""
    core_end: int = -1
    refers: tuple[int, ...] = ()
    closes: int = -1
    salience: float = 0.0
    folds: int = -1


@dataclass(slots=True)
class Builder:
    """Pieces are added by where they start; each runs to where the next one starts.

    White space between pieces therefore belongs to the piece before it, and
    nothing a piece's author forgot can fall out of the tiling.
    """

    text: str
    part: int = 0
    text_kind: str = ""
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
            _Piece(start, kind, max(self._block, 0), self.part, above, needs, level, self.text_kind)
        )
        if kind == "heading":
            self._sections.append((level, index))
        elif kind == "title":
            self._title = index
        return index

    def mark(
        self,
        index: int,
        *,
        core_end: int | None = None,
        refers: tuple[int, ...] | None = None,
        closes: int | None = None,
        salience: float | None = None,
        folds: int | None = None,
        needs: int | None = None,
    ) -> None:
        """Say more of the piece ``index`` that was added before.

        ``core_end``: where what it keeps of itself ends; what follows up to the next piece (a
        comma, white space) is there only if something follows that piece. ``refers``: pieces that
        must be there too. The others as in ``Segment``.
        """
        piece = self._pieces[index]
        piece.core_end = piece.core_end if core_end is None else core_end
        piece.refers = piece.refers if refers is None else refers
        piece.closes = piece.closes if closes is None else closes
        piece.salience = piece.salience if salience is None else salience
        piece.folds = piece.folds if folds is None else folds
        piece.needs = piece.needs if needs is None else needs

    def needs_of(self, index: int) -> int:
        """The piece that ``index`` needs so far, or -1."""
        return self._pieces[index].needs

    def texts(self, first: int, end: int) -> list[str]:
        """The texts of the pieces from ``first`` on, where the last one ends at ``end``."""
        starts = [piece.start for piece in self._pieces[first:]]
        return [self.text[a:b] for a, b in pairwise([*starts, end])]

    def add_close(self, start: int, head: int, core_end: int | None = None) -> int:
        """Begin what ends the unit ``head`` (a bracket, a tag, a brace); returns its index."""
        index = self.add(start, "close", needs=head)
        self.mark(index, closes=head, core_end=core_end)
        return index

    def adopt(self, first: int, head: int) -> None:
        """Let the pieces from ``first`` on that need nothing stand under ``head``."""
        for piece in self._pieces[first:]:
            piece.needs = head if piece.needs < 0 else piece.needs

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
            core_end = piece.core_end
            if not piece.start <= core_end <= end:
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
                    piece.refers,
                    piece.text_kind,
                    piece.closes,
                    piece.salience,
                    piece.folds,
                )
            )
        return tuple(out)
