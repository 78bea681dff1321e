"""From kept pieces to text: the original's own characters, joined by its own breaks."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ..document import Segment
from ..text.segment.words import is_joint

_BLANK_LINE = re.compile(r"(\r?\n)[^\S\n]*\r?\n")
_NEWLINE = re.compile(r"\r?\n|\r")
_SPACE = re.compile(r"\s")
_WORD = 32  # characters that tell what script a word is in
_ENDED = re.compile(r"[.!?…。！？｡।॥؟۔][\"'”’)\]»」』）】*_`]*\Z")
_TAIL = 12  # characters in which a sentence's end mark stands
_INDENT = re.compile(r"[^\S\r\n]*\Z")


@dataclass(frozen=True, slots=True)
class Piece:
    """What is kept or dropped as one: a segment's visible text, or some words of it."""

    start: int
    end: int
    score: float = float("nan")
    after: str = ""  # written behind it: the mark of what is cut off its end


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of the original in the output: ``text[start:end]`` behind ``before``.

    ``before`` is what stands for the gap in front of it. ``score`` is the best
    score of its pieces.
    """

    start: int
    end: int
    before: str
    score: float


@dataclass(frozen=True, slots=True)
class Sentences:
    """Where the sentences of a text are, for marks where a part of one is gone.

    ``starts`` and ``ends`` (of the visible text) in reading order; ``continued`` are the indices
    of those that are the rest of the one before.
    """

    starts: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()
    continued: frozenset[int] = frozenset()

    @classmethod
    def of(cls, segments: Sequence[Segment]) -> Sentences:
        """Those of a text that is cut into ``segments``."""
        return cls(
            tuple(s.start for s in segments),
            tuple(s.core_end for s in segments),
            frozenset(i for i, s in enumerate(segments) if s.continues),
        )

    def at(self, place: int) -> int:
        """The index of the sentence that the character at ``place`` is in."""
        return max(0, bisect_right(self.starts, place) - 1)

    def breaks_off(self, end: int) -> bool:
        """Whether what ends at ``end`` is not the end of its sentence."""
        index = self.at(end - 1)
        return end < self.ends[index] or index + 1 in self.continued

    def joins_in(self, start: int) -> bool:
        """Whether what starts at ``start`` is the rest of an over-long sentence."""
        index = self.at(start)
        return index in self.continued and start == self.starts[index]


class Renderer:
    """Renders pieces of one text.

    Where nothing but white space lay between two pieces it stays as it was;
    where something was dropped, the strongest break of the gap stands for it:
    a blank line, a line break, a space, or nothing where two words stay apart
    without one. With ``sentences`` what is left of two of them never joins into one: where no end
    mark and no line break stands between, ``…`` does, and where a sentence's end is gone.
    With ``markers`` a dropped stretch of lines leaves a line that names them, a dropped word ``…``.
    """

    def __init__(
        self, text: str, *, markers: bool = False, sentences: Sentences | None = None
    ) -> None:
        self.text = text
        self.markers = markers
        self.sentences = sentences

    def __call__(self, pieces: Sequence[Piece]) -> str:
        """The text of ``pieces``, which are in reading order."""
        out: list[str] = []
        end = -1
        for run in self.runs(pieces):
            out += (run.before, self.text[run.start : run.end])
            end = run.end
        if self.markers and pieces:
            out.append(self._mark(pieces[-1].end, len(self.text), last=True))
        elif end >= 0:
            out.append(self._cut_off(end))
        return "".join(out)

    def runs(self, pieces: Sequence[Piece]) -> list[Run]:
        """The pieces joined to stretches without a dropped character between them."""
        text, out = self.text, []
        before, start, end, score = "", -1, -1, float("nan")
        for piece in pieces:
            if piece.end <= piece.start:
                continue  # a segment of nothing but white space
            if end >= 0 and (piece.start <= end or text[end : piece.start].isspace()):
                end = max(end, piece.end)
                score = piece.score if not score >= piece.score else score
                continue
            if end >= 0:
                out.append(Run(start, end, before, score))
            before = self._gap(max(end, 0), piece.start, first=end < 0)
            start, end, score = piece.start, piece.end, piece.score
        if end >= 0:
            out.append(Run(start, end, before, score))
        return out

    def kind_at(self, at: int) -> str:
        """The kind of text at a character ("" for prose)."""
        return ""

    def _gap(self, start: int, end: int, *, first: bool) -> str:
        if self.markers:
            return self._mark(start, end, first=first)
        if first:
            joins = self.sentences is not None and self.sentences.joins_in(end)
            return "… " if joins else ""
        between = strongest_break(self.text[start:end])
        if self.sentences is not None and (marked := self._kept_apart(start, end, between)):
            return marked
        # "1年4" without its year is "1 4", not the number 14.
        before = self.text[max(0, start - _WORD) : start]
        fused = not between and not is_joint(before + self.text[end], len(before))
        return " " if fused else between

    def _kept_apart(self, start: int, end: int, between: str) -> str:
        """``between`` with ``…`` where what it stands for began or ended within a sentence."""
        known = self.sentences
        assert known is not None
        if known.at(start - 1) == known.at(end):
            return ""
        broken = known.breaks_off(start) or not (
            "\n" in between or _ENDED.search(self.text, max(0, start - _TAIL), start)
        )
        joins = known.joins_in(end)
        if "\n" not in between:
            return " … " if broken or joins else ""
        return (self._ellipsis(start) if broken else "") + between + ("… " if joins else "")

    def _cut_off(self, end: int) -> str:
        """What is written behind a text whose last sentence may break off at ``end``."""
        known = self.sentences
        return self._ellipsis(end) if known is not None and known.breaks_off(end) else ""

    def _ellipsis(self, end: int) -> str:
        return "…" if self.text[end - 1 : end].isspace() else " …"

    def _mark(self, start: int, end: int, *, first: bool = False, last: bool = False) -> str:
        """The marker of a gap, on a line of its own where lines were dropped."""
        gap = self.text[start:end]
        if not gap.strip():
            return ""
        newline = _NEWLINE.search(gap)
        if newline is None and not first and not last:
            return " … " if _SPACE.search(gap) else "…"
        at = start + len(gap) - len(gap.lstrip())
        to = start + len(gap.rstrip()) - 1
        from_line, to_line = self._line(at), self._line(to)
        lines = f"line {from_line}" if from_line == to_line else f"lines {from_line}-{to_line}"
        mark = f"[… {lines}]"
        if first:
            return mark + "\n"
        if last:
            return "\n" + mark
        # A blank line below keeps a heading or a list after the mark what it was.
        return strongest_break(gap).rstrip(" \t") + mark + strongest_break(gap)

    def _line(self, at: int) -> int:
        return bisect_right(self._line_starts, at)

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(m.end() for m in _NEWLINE.finditer(self.text))]


def strongest_break(gap: str) -> str:
    """What stands for a gap in which something was dropped.

    >>> strongest_break(" dropped.\\n\\nDropped too.\\n  ")
    '\\n\\n  '
    """
    if blank := _BLANK_LINE.search(gap):
        newline = blank.group(1) * 2
    elif line := _NEWLINE.search(gap):
        newline = line.group()
    else:
        return " " if _SPACE.search(gap) else ""
    # Indentation in front of the next piece is part of its structure.
    tail = _INDENT.search(gap)
    at_line_start = tail is not None and gap[: tail.start()].endswith(("\n", "\r"))
    return newline + (tail.group() if tail and at_line_start else "")
