"""Kept units as text: joined as their kind is, repeats counted, cuts marked."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence

from ..document import Segment
from ..text.kinds import PARSED, SEPARATED, SPACED
from .render import Piece, Renderer, Run, Sentences, strongest_break


class UnitRenderer(Renderer):
    """Renders whole segments, or the beginnings of some, of a text cut into units.

    Between neighbours stands what stood there. Where units were dropped, elements of JSON keep
    one separator, lines a line break; ``[… × 3]`` behind a unit counts the repeats of it that
    were dropped (not in what a parser reads).
    """

    def __init__(self, text: str, segments: Sequence[Segment], *, markers: bool = False) -> None:
        super().__init__(text, markers=markers, sentences=Sentences.of(segments))
        self._segments = segments
        self._starts = [s.start for s in segments]
        self._repeats = Counter(s.folds for s in segments if s.folds >= 0)

    def __call__(self, pieces: Sequence[Piece]) -> str:
        runs, tail = self._runs(pieces)
        out = [part for run in runs for part in (run.before, self.text[run.start : run.end])]
        return "".join([*out, tail])

    def runs(self, pieces: Sequence[Piece]) -> list[Run]:
        return self._runs(pieces)[0]

    def kind_at(self, at: int) -> str:
        return self._segments[max(0, bisect_right(self._starts, at) - 1)].text_kind

    def _runs(self, pieces: Sequence[Piece]) -> tuple[list[Run], str]:
        """The runs, and what is written behind the last."""
        out: list[Run] = []
        marks = self._fold_marks(pieces)
        previous, carry, covered = -1, "", 0
        for piece in pieces:
            if piece.end <= piece.start:
                continue
            index = max(0, bisect_right(self._starts, piece.start) - 1)
            before = carry + self._joint(previous, index, covered, piece.start)
            if (
                out
                and not carry
                and before == self.text[covered : piece.start]
                and out[-1].end == covered
            ):
                last = out[-1]
                score = last.score if last.score >= piece.score else piece.score
                out[-1] = Run(last.start, piece.end, last.before, score)
            else:
                out.append(Run(piece.start, piece.end, before, piece.score))
            core_end = self._segments[index].core_end
            covered = core_end if piece.after else max(piece.end, covered)
            carry = piece.after + (marks.get(index, "") if covered == core_end else "")
            previous = index
        return out, carry + self._ending(covered, previous)

    def _joint(self, a: int, b: int, start: int, end: int) -> str:
        """What stands between the kept segments ``a`` and ``b``: ``text[start:end]`` or less."""
        if a < 0:
            marked = self.markers and self._segments[b].text_kind not in PARSED
            return self._mark(0, end, first=True) if marked else ""
        gap = self.text[start:end]
        neighbours = b == a + 1 and start == self._segments[a].core_end
        if gap.isspace() or not gap or (neighbours and end == self._segments[b].start):
            return gap
        if a == b or not self._segments[b].text_kind:
            return self._gap(start, end, first=False)
        kind = self._segments[b].text_kind
        if self._segments[a].text_kind in SEPARATED and kind in SEPARATED:
            joint = self._segments[b - 1 if self._segments[b].closes >= 0 else a]
            return self.text[joint.core_end : joint.end]
        if self.markers and kind not in PARSED:
            return self._mark(start, end)
        strongest = strongest_break(gap)
        if "\n" not in strongest or kind in SPACED:
            return strongest
        newline = "\r\n" if strongest.startswith("\r\n") else "\n"
        return newline + strongest.lstrip("\r\n")

    def _ending(self, covered: int, last: int) -> str:
        if last >= 0 and not self.markers and not self._segments[last].text_kind:
            return self._cut_off(covered)
        if not self.markers or last < 0 or self._segments[last].text_kind in PARSED:
            return ""
        return self._mark(covered, len(self.text), last=True)

    def _fold_marks(self, pieces: Sequence[Piece]) -> dict[int, str]:
        if not self._repeats:
            return {}
        left = self._repeats.copy()
        there = set()
        for piece in pieces:
            index = bisect_right(self._starts, piece.start) - 1
            there.add(index)
            if self._segments[index].folds >= 0:
                left[self._segments[index].folds] -= 1
        return {
            index: f"{self._before_mark(index)}[… × {count}]"
            for index, count in left.items()
            if count > 0 and index in there and self._segments[index].text_kind not in PARSED
        }

    def _before_mark(self, index: int) -> str:
        """A line break where the unit ends its line, so that the line stays as it was; else a
        space."""
        segment = self._segments[index]
        joint = self.text[segment.core_end : segment.end]
        if "\r\n" in joint:
            return "\r\n"
        return "\n" if "\n" in joint or segment.end == len(self.text) else " "
