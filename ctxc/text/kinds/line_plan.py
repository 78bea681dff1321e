"""What the kinds that go by lines decide of each line, before it becomes pieces of a ``Builder``.

A recognizer (a traceback in a build log, a failed test) writes into the plan what it knows;
a later one may overwrite it. Each line that is not joined to the one above begins a piece, so
whatever was decided, the pieces tile the passage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ...document import Kind
from ..segment.builder import Builder
from ..segment.lines import Line
from .templates import plain, unstamped

ORDINARY = 1.0
_SEEN = 1500  # characters of a line that are looked at: no pattern runs over a line of megabytes


@dataclass(slots=True)
class LinePlan:
    """Per line: kind, head (a line's index or -1), salience, ties, what it repeats.

    ``texts`` are the lines without terminal
    escapes and without what a runner stamps before each. ``joined`` lines belong to the piece of
    the line above; ``opens`` begin a block. ``fixed`` lines are decided: recognizers that come
    later leave their salience alone.
    """

    lines: Sequence[Line]
    texts: list[str] = field(init=False)
    kinds: list[Kind] = field(init=False)
    heads: list[int] = field(init=False)
    salience: list[float] = field(init=False)
    refers: dict[int, tuple[int, ...]] = field(default_factory=dict)
    folds: dict[int, int] = field(default_factory=dict)
    joined: bytearray = field(init=False)
    opens: bytearray = field(init=False)
    fixed: bytearray = field(init=False)

    def __post_init__(self) -> None:
        size = len(self.lines)
        self.texts = [unstamped(plain(line.text[:_SEEN])) for line in self.lines]
        self.kinds = ["line"] * size
        self.heads = [-1] * size
        self.salience = [ORDINARY] * size
        self.joined, self.opens, self.fixed = bytearray(size), bytearray(size), bytearray(size)

    def __len__(self) -> int:
        return len(self.lines)

    def set(
        self,
        index: int,
        salience: float,
        *,
        kind: Kind | None = None,
        head: int | None = None,
    ) -> None:
        """Decide a line: its salience, and its kind and head where they are named."""
        self.salience[index] = salience
        self.fixed[index] = 1
        if kind is not None:
            self.kinds[index] = kind
        if head is not None and head != index:
            self.heads[index] = head

    def blank(self, index: int) -> bool:
        return not self.texts[index].strip()

    def above(self, index: int) -> int:
        """The nearest line above that is not blank, or -1."""
        index -= 1
        while index >= 0 and self.blank(index):
            index -= 1
        return index

    def add_to(self, out: Builder) -> None:
        """Add the pieces; a passage of blank lines alone becomes one."""
        pieces = self._pieces(out)
        owner = self._owners(pieces)
        for index, piece in pieces.items():
            head = owner[self.heads[index]]
            ties = {owner[i] for i in self.refers.get(index, ())} - {-1, piece, head}
            first = owner[self.folds.get(index, -1)]
            out.mark(
                piece,
                needs=head if head != piece else -1,
                refers=tuple(sorted(ties)),
                salience=round(self._strongest(index), 3),
                folds=first if first < piece else -1,
            )

    def _pieces(self, out: Builder) -> dict[int, int]:
        """Line -> piece of the lines that begin one."""
        pieces: dict[int, int] = {}
        out.begin_block()
        for index, line in enumerate(self.lines):
            if line.blank:
                continue
            if self.opens[index]:
                out.begin_block()
            if not self.joined[index] or not pieces:
                pieces[index] = out.add(line.start, self.kinds[index])
        if not pieces and self.lines:
            out.add(self.lines[0].start, "other")
        return pieces

    def _owners(self, pieces: dict[int, int]) -> list[int]:
        """For each line the piece it is in; one entry more, -1, for the line -1."""
        out, piece = [], -1
        for index in range(len(self.lines)):
            piece = pieces.get(index, piece)
            out.append(piece)
        return [*out, -1]

    def _strongest(self, index: int) -> float:
        """The largest salience of a line and of those joined to it."""
        best = self.salience[index]
        index += 1
        while index < len(self.lines) and (self.joined[index] or self.lines[index].blank):
            if self.joined[index]:
                best = max(best, self.salience[index])
            index += 1
        return min(max(best, 0.0), 5.0)
