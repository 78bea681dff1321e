"""From priorities to text: the longest prefix of a fixed order that fits the budget.

Every engine ranks; this module alone decides what fits. The order does not
depend on the budget, so a larger budget keeps everything a smaller one kept.
Parents (a title, a table's header, a list item's parent) take the highest
priority of what needs them, which puts them into every prefix that needs them.
The budget is checked by counting the tokens of the final text: counts of parts
do not add up.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from .compression import Kept
from .document import Segment, Span

Count = Callable[[str], int]
Floats = npt.NDArray[np.float64]

_BLANK_LINE = re.compile(r"(\r?\n)[^\S\n]*\r?\n")
_NEWLINE = re.compile(r"\r?\n|\r")
_SPACE = re.compile(r"\s")
_INDENT = re.compile(r"[^\S\r\n]*\Z")


@dataclass(frozen=True, slots=True)
class Piece:
    """What is kept or dropped as one: a segment's visible text, or some words of it."""

    start: int
    end: int
    score: float = float("nan")


@dataclass(frozen=True, slots=True)
class Selection:
    """The kept pieces in reading order and the text they make.

    ``notes`` are lines for the user, ``extra`` JSON values for reports.
    """

    text: str
    kept: tuple[Kept, ...]
    notes: tuple[str, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)


def render(text: str, pieces: Sequence[Piece]) -> str:
    """The pieces (in reading order) joined by what separated them in ``text``.

    Where nothing but white space lay between two pieces it stays as it was;
    where something was dropped, the strongest break of the gap stands for it:
    a blank line, a line break, a space, or nothing.
    """
    out: list[str] = []
    run_start = run_end = -1
    for piece in pieces:
        if run_end >= 0 and (piece.start <= run_end or text[run_end : piece.start].isspace()):
            run_end = max(run_end, piece.end)
            continue
        if run_end >= 0:
            out.append(text[run_start:run_end])
            out.append(_break(text[run_end : piece.start]))
        run_start, run_end = piece.start, piece.end
    if run_end >= 0:
        out.append(text[run_start:run_end])
    return "".join(out)


def _break(gap: str) -> str:
    """
    >>> _break(" dropped.\\n\\nDropped too.\\n  ")
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
    indent = tail.group() if tail and _NEWLINE.search(gap[: tail.start()][-1:]) else ""
    return newline + indent


def with_parents(
    segments: Sequence[Segment], priority: Sequence[float], headings: bool = True
) -> Floats:
    """``priority`` with every parent raised to the highest priority among what needs it.

    Titles and headings count as needed by the segments under them where
    ``headings`` is true; a heading's own priority then only matters if it has
    none under it.
    """
    raised = np.asarray(priority, np.float64).copy()
    for index in range(len(segments) - 1, -1, -1):
        segment = segments[index]
        parents = (segment.needs, segment.heading if headings else -1)
        for parent in parents:
            if 0 <= parent < index and raised[index] > raised[parent]:
                raised[parent] = raised[index]
    return raised


def order_of(segments: Sequence[Segment], priority: Floats) -> list[int]:
    """Segment indices, best first, those of priority -inf left out; ties in reading order.

    A parent stands before its child: it comes earlier in the text.
    """
    alive = [i for i in range(len(segments)) if priority[i] > -math.inf]
    return sorted(alive, key=lambda i: (-priority[i], i))


def longest_prefix(count: int, tokens: Callable[[int], int], target: int, guess: int = 0) -> int:
    """The largest ``k <= count`` found with ``tokens(k) <= target``.

    ``tokens(k)`` grows with ``k`` but for the odd token where pieces meet.
    Gallops from ``guess``, so that few texts are counted where it is good.
    """
    low, high = 0, count + 1  # tokens(low) fits; tokens(high) does not, or is not there
    at, step = guess, max(1, count // 64)
    while high - low > 1:
        at = min(max(at, low + 1), high - 1)
        if tokens(at) <= target:
            low = at
            at = at + step if high > count else (low + high) // 2
        else:
            high = at
            at = at - step if low == 0 else (low + high) // 2
        step *= 2
    return low


def select_pieces(
    text: str, pieces: Sequence[Piece], order: Sequence[int], target: int, count: Count
) -> tuple[list[Piece], int]:
    """The longest prefix of ``order`` (indices into ``pieces``) that fits ``target`` tokens.

    ``pieces`` are in reading order, and so are the kept ones returned, with
    the length of the prefix.
    """
    rank = np.full(len(pieces), len(pieces), np.int64)
    rank[np.asarray(order, np.int64)] = np.arange(len(order))

    def prefix(size: int) -> list[Piece]:
        return [pieces[i] for i in np.flatnonzero(rank < size)]

    size = longest_prefix(
        len(order),
        lambda k: count(render(text, prefix(k))),
        target,
        _guess(pieces, order, target),
    )
    return prefix(size), size


def _guess(pieces: Sequence[Piece], order: Sequence[int], target: int) -> int:
    """How many pieces fit if a token is 4.3 characters: only where the search begins."""
    room = target * 4.3
    for size, index in enumerate(order):
        room -= pieces[index].end - pieces[index].start + 1
        if room < 0:
            return size
    return len(order)


Split = Callable[[Segment], Sequence[tuple[Span, float]]]
"""A segment's word groups with their priorities, in reading order.

The groups of infinite priority are all kept, or the segment is left out."""

_MOST_SKIPS = 12


def select_segments(
    text: str,
    segments: Sequence[Segment],
    priority: Sequence[float],
    target: int,
    count: Count,
    *,
    split: Split | None = None,
    headings: bool = True,
) -> Selection:
    """Whole segments by priority, then words of the first that no longer fits.

    A segment that must stay whole and does not fit is passed over, with what
    needs it, and the next in line is tried. ``split=None`` keeps sentences
    whole too. ``headings`` says whether titles come along with what is under
    them.
    """
    wanted = _own_priorities(segments, priority)
    for _ in range(_MOST_SKIPS):
        raised = with_parents(segments, wanted, headings)
        pieces = [
            Piece(s.start, s.core_end, float(p)) for s, p in zip(segments, raised, strict=True)
        ]
        order = order_of(segments, raised)
        kept, size = select_pieces(text, pieces, order, target, count)
        while size and segments[order[size - 1]].is_title and size < len(order):
            size -= 1  # a title with nothing under it says nothing
        kept = [pieces[i] for i in sorted(order[:size])]
        blocker = next((i for i in order[size:] if not segments[i].is_title), None)
        if blocker is None:
            break
        if split is not None and segments[blocker].prunable:
            base = [pieces[i] for i in order[: order.index(blocker)]]  # with its titles
            groups = split(segments[blocker])
            kept = _with_words(text, base, pieces[blocker], groups, target, count) or kept
            break
        _pass_over(segments, wanted, blocker)
    return Selection(
        render(text, kept), tuple(Kept(p.start, p.end, p.score) for p in kept if p.end > p.start)
    )


def _own_priorities(segments: Sequence[Segment], priority: Sequence[float]) -> Floats:
    """``priority``, with -inf for the titles that have something under them.

    They are kept for what is under them, never for themselves.
    """
    wanted = np.asarray(priority, np.float64).copy()
    for segment in segments:
        if segment.heading >= 0:
            wanted[segment.heading] = -math.inf
    return wanted


def _pass_over(segments: Sequence[Segment], wanted: Floats, blocker: int) -> None:
    """Take a segment, and all that needs it, out of the running."""
    gone = {blocker}
    wanted[blocker] = -math.inf
    for index in range(blocker + 1, len(segments)):
        if segments[index].needs in gone:
            gone.add(index)
            wanted[index] = -math.inf


def _with_words(
    text: str,
    base: Sequence[Piece],
    partial: Piece,
    groups: Sequence[tuple[Span, float]],
    target: int,
    count: Count,
) -> list[Piece] | None:
    """``base`` and the most important words of ``partial``, or None where none fit."""
    must = [i for i, (_, p) in enumerate(groups) if p == math.inf]
    rest = sorted(
        (i for i, (_, p) in enumerate(groups) if p != math.inf), key=lambda i: (-groups[i][1], i)
    )

    def pieces(size: int) -> list[Piece]:
        words = [groups[i][0] for i in (*must, *rest[:size])]
        some = [Piece(w.start, w.end, partial.score) for w in words]
        return sorted([*base, *some], key=lambda p: (p.start, p.end))

    best = longest_prefix(
        len(rest), lambda k: count(render(text, pieces(k))), target, len(rest) // 2
    )
    # The protected words alone, without any of their sentence, say little.
    return pieces(best) if best else None


@dataclass(frozen=True, slots=True)
class Word:
    """A word group with the segment it is in; ``fixed``: never cut out of that segment."""

    piece: Piece
    segment: int
    fixed: bool = False


def select_words(
    text: str,
    segments: Sequence[Segment],
    words: Sequence[Word],
    target: int,
    count: Count,
) -> Selection:
    """Words by their own priority (``piece.score``), wherever they stand.

    A segment of which anything is kept keeps its fixed words too: they come
    first in it, at the priority of its best word. Whatever has something kept
    under it (titles, table headers) comes along.
    """
    best = np.full(len(segments), -math.inf)
    for word in words:
        best[word.segment] = max(best[word.segment], word.piece.score)
    raised = with_parents(segments, _own_priorities(segments, best))
    pieces, keys = [], []
    for word in words:
        leads = word.fixed or segments[word.segment].is_title
        priority = float(raised[word.segment]) if leads else word.piece.score
        pieces.append(Piece(word.piece.start, word.piece.end, priority))
        # Equal priorities stay together by segment, its fixed words in front.
        keys.append((-priority, word.segment, not leads, word.piece.start))
    order = sorted((i for i in range(len(words)) if keys[i][0] < math.inf), key=keys.__getitem__)
    kept, size = select_pieces(text, pieces, order, target, count)
    if size < len(order):
        kept = _without_torn(words, pieces, order, size)
    return Selection(
        render(text, kept), tuple(Kept(p.start, p.end, p.score) for p in kept if p.end > p.start)
    )


def _without_torn(
    words: Sequence[Word], pieces: Sequence[Piece], order: Sequence[int], size: int
) -> list[Piece]:
    """The prefix without the segment whose fixed words did not all fit, and without a bare title."""
    torn = words[order[size]].segment if words[order[size]].fixed else -1
    chosen = [i for i in order[:size] if words[i].segment != torn]
    return [pieces[i] for i in sorted(chosen)]
