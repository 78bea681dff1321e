"""Subtitles (SubRip, WebVTT): told by lines of times with an arrow between.

Units: a cue with its number, its time and its words; cues that make one sentence are there
together. Ties: the ``WEBVTT`` header and its styles. A cue that repeats an earlier one's words
folds into it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..segment.builder import Builder
from ..segment.lines import Line
from . import Passage

_TIME = re.compile(
    r"\s{0,4}(?:\d{1,3}:)?\d{1,2}:\d{2}[.,]\d{1,3}\s{1,4}-->\s{1,4}(?:\d{1,3}:)?\d{1,2}:\d{2}[.,]\d{1,3}(?:\s|$)"
)
_NUMBER = re.compile(r"\s{0,4}\d{1,7}\s{0,4}$")
_TAG = re.compile(r"<[^<>\n]{1,80}>|\{\\[^{}\n]{1,80}\}")
_ENDS = re.compile(r"(?:[.!?。！？…♪:;)\]]|\.\.\.|--)[\"'”’)\]»」』]*$")
_GOES_ON = re.compile(r"(?:\.\.\.|…|[a-zà-öø-ÿа-яё])")
_FACT = re.compile(r"\d|\?")
_MOST_TOGETHER = 8
_LEAST = 2  # cues
_SAMPLE = 400  # lines


def detect(passage: Passage) -> float:
    """0.95 for cues in most of the text, 0.9 for a WEBVTT header with one."""
    lines = passage.lines[:_SAMPLE]
    times = sum(_TIME.match(line.text) is not None for line in lines)
    if not times:
        return 0.0
    first = next((line.text for line in lines if not line.blank), "").lstrip("\ufeff")
    if first.startswith("WEBVTT"):
        return 0.97
    filled = sum(not line.blank for line in lines)
    begins = _NUMBER.match(first) or _TIME.match(first)
    return 0.95 if begins and times >= _LEAST and times * 8 >= filled else 0.0


def add_units(out: Builder, passage: Passage) -> None:
    """A piece for each cue; what stands before the first is the header."""
    lines = passage.lines
    starts = _cues(lines)
    header = _add_header(out, lines, starts[0] if starts else len(lines))
    pieces: list[int] = []
    words: list[str] = []
    for at, first in enumerate(starts):
        stop = starts[at + 1] if at + 1 < len(starts) else len(lines)
        out.begin_block()
        pieces.append(out.add(lines[first].start, "cue", needs=header))
        words.append(_words(lines[first:stop]))
    _mark(out, pieces, words, header)


def _cues(lines: Sequence[Line]) -> list[int]:
    """The lines at which cues begin: a number or a name above a time, or the time."""
    out: list[int] = []
    for index, line in enumerate(lines):
        if not _TIME.match(line.text):
            continue
        above = index - 1
        named = above >= 0 and not lines[above].blank and above > (out[-1] if out else -1)
        if named and (_NUMBER.match(lines[above].text) or above == 0 or lines[above - 1].blank):
            index = above if not lines[above].text.startswith("WEBVTT") else index
        out.append(index)
    return out


def _add_header(out: Builder, lines: Sequence[Line], stop: int) -> int:
    """Pieces for what stands before the cues, comments apart; the first of them, or -1."""
    header = -1
    fresh = True
    for line in lines[:stop]:
        if not line.blank and fresh:
            out.begin_block()
            piece = out.add(line.start, "other", needs=header)
            out.mark(piece, salience=0.0 if line.text.startswith("NOTE") else 1.5)
            header = piece if header < 0 else header
        fresh = line.blank
    return header


def _words(lines: Sequence[Line]) -> str:
    """What a cue says, without its number, its time and its markup."""
    body = [line.text for line in lines if not line.blank]
    at = next((i for i, text in enumerate(body) if _TIME.match(text)), 0)
    return " ".join(_TAG.sub("", text).strip() for text in body[at + 1 :]).strip()


def _mark(out: Builder, pieces: Sequence[int], words: Sequence[str], header: int) -> None:
    first_of: dict[str, int] = {}
    for piece, text in zip(pieces, words, strict=True):
        first = first_of.setdefault(text.casefold(), piece)
        worth = 0.0 if not text else 1.5 if _FACT.search(text) else 1.0
        out.mark(piece, salience=worth, folds=first if first != piece else -1)
    start = 0
    for at in range(1, len(pieces) + 1):
        if at == len(pieces) or at - start >= _MOST_TOGETHER or not _go_on(words[at - 1], words[at]):
            group = pieces[start:at]
            for piece in group if len(group) > 1 else ():
                out.mark(piece, refers=tuple(other for other in group if other != piece))
            start = at


def _go_on(one: str, other: str) -> bool:
    """Whether a sentence that one cue begins is continued in the next."""
    if not one or not other:
        return False
    return not _ENDS.search(one[-8:]) or (one.endswith(("...", "…")) and bool(_GOES_ON.match(other)))
