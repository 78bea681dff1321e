"""What an engine is: it ranks, ``selection`` cuts.

An engine is one file in this folder and one row in ``registry``. It gets a
``Task`` (frozen) and the ``Runtime`` that opens models on first use, and
returns a ``Selection``: text and the spans it came from.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from typing import Protocol

from ..console import Progress, Silent, note
from ..document import Document, Segment
from ..errors import BudgetError
from ..llama.runtime import Runtime
from ..selection.prefix import Fit, Selection, Turn, longest_prefix
from ..selection.ranking import Watch
from ..selection.render import Piece, Renderer, Sentences
from ..selection.unit_render import UnitRenderer
from ..text.segment.prose import label_length
from ..text.segment.words import is_joint
from ..tokens import Tokenizer
from .distill_options import DistillOptions


@dataclass(frozen=True, slots=True)
class Task:
    """One document to shorten.

    ``target`` is in tokens of ``tokenizer`` and counts the final text. ``level``
    is how fine it may be cut: whole parts, whole sentences and blocks, or words.
    ``protect`` are patterns whose matches must be kept; ``keep`` is "" or "relevant". ``watch`` is
    told of each ranking.
    """

    document: Document
    segments: tuple[Segment, ...]
    target: int
    tokenizer: Tokenizer
    question: str | None = None
    level: str = "sentence"
    protect: tuple[re.Pattern[str], ...] = ()
    strict: bool = False
    markers: bool = False
    order: str = "reading"
    keep: str = ""
    distill: DistillOptions | None = None
    progress: Progress = field(default_factory=Silent)
    quiet: bool = False  # what does not fit has been said
    watch: Watch | None = None

    @property
    def text(self) -> str:
        return self.document.text

    @property
    def has_units(self) -> bool:
        """Whether any of the text is machine text, cut into units (``text.kinds``)."""
        return any(s.text_kind for s in self.segments)

    def forced_units(self) -> list[int]:
        """The segments in which a pattern of ``protect`` matches, in reading order."""
        starts = [s.start for s in self.segments]
        out: set[int] = set()
        for pattern in self.protect:
            for match in pattern.finditer(self.text):
                if match.end() > match.start():
                    first = max(0, bisect_right(starts, match.start()) - 1)
                    out.update(range(first, max(first + 1, bisect_right(starts, match.end() - 1))))
        return sorted(out)

    def fit(self, *, speakers: bool = True) -> Fit:
        """The budget, with what ``protect`` forces in.

        With ``speakers`` what is kept of a turn brings its speaker's name along:
        not for what leaves a word or two of every turn, which would be names above all.
        Raises BudgetError where that alone is over the target and ``strict``
        is set; else as much of it as fits is forced, from the beginning.
        """
        sentences = Sentences.of(self.segments)
        render = Renderer(self.text, markers=self.markers, sentences=sentences)
        if self.has_units:
            render = UnitRenderer(self.text, self.segments, markers=self.markers)
            return Fit(render, self.tokenizer.count, self.target, watch=self.watch)
        fit = Fit(
            render,
            self.tokenizer.count,
            self.target,
            turns=self._turns() if speakers else (),
            watch=self.watch,
        )
        forced = self._forced()
        if not forced:
            return fit
        needed = fit.tokens(forced)
        if needed > self.target:
            message = (
                f"{self.document.source}: the protected text takes {needed} tokens, "
                f"{needed - self.target} more than the budget of {self.target}"
            )
            if self.strict:
                raise BudgetError(message, hint="raise the budget or protect less")
            size = longest_prefix(len(forced), lambda k: fit.tokens(forced[:k]), self.target)
            if not self.quiet:
                note(f"ctxc: {message}; {'only its beginning' if size else 'none of it'} is kept")
            forced = forced[:size]
        return replace(fit, forced=tuple(forced))

    def _turns(self) -> tuple[Turn, ...]:
        """The turns of a conversation whose speaker is named."""
        out: list[Turn] = []
        block = -1
        for segment in self.segments:
            if segment.kind == "turn" and segment.block == block and out:
                out[-1] = replace(out[-1], end=segment.end)
            elif segment.kind == "turn" and (length := label_length(segment.core(self.text))):
                out.append(Turn(segment.start, segment.start + length, segment.end))
                block = segment.block
            else:
                block = -1
        return tuple(out)

    def _forced(self) -> list[Piece]:
        """The matches of ``protect`` in reading order, grown to whole words or whole blocks."""
        found: list[Piece] = []
        starts = [s.start for s in self.segments]
        for pattern in self.protect:
            end = 0  # of what this pattern has forced: matches inside it need no second look
            for match in pattern.finditer(self.text):
                if match.end() > max(match.start(), end):
                    found += self._grown(starts, match.start(), match.end())
                    end = found[-1].end
        return sorted(set(found), key=lambda p: (p.start, p.end))

    def _grown(self, starts: list[int], start: int, end: int) -> list[Piece]:
        """A match grown to whole words or whole blocks, behind what these cannot do without."""
        at, to = (max(0, bisect_right(starts, edge) - 1) for edge in (start, end - 1))
        first, last = self.segments[at], self.segments[to]
        a = first.start if not first.prunable else start
        b = last.core_end if not last.prunable else end
        while first.prunable and a > first.start and not is_joint(self.text, a):
            a -= 1
        while last.prunable and b < last.core_end and not is_joint(self.text, b):
            b += 1
        while b > a and self.text[b - 1].isspace():
            b -= 1
        needed = self._needed({i for i in range(at, to + 1) if not self.segments[i].prunable})
        return [*needed, Piece(a, max(a, b), float("inf"))]

    def _needed(self, whole: set[int]) -> list[Piece]:
        """The parents of whole blocks (a row's header) and the definitions of their links."""
        wanted, out = list(whole), set(whole)
        while wanted:
            segment = self.segments[wanted.pop()]
            more = {i for i in (segment.needs, *segment.refers) if i >= 0} - out
            out |= more
            wanted += more
        pieces = (self.segments[i] for i in sorted(out - whole))
        return [Piece(s.start, s.core_end, float("inf")) for s in pieces]


class Engine(Protocol):
    """``name`` as on the command line; ``model`` says what it opens: lm, encoder or none."""

    name: str
    needs_question: bool

    def compress(self, task: Task, runtime: Runtime) -> Selection:
        """The selection for ``task``; its text never has more than ``task.target`` tokens.

        Raises EngineError or ModelError.
        """
        ...
