"""Prose into sentences, and over-long ones into clauses: bounded pieces that tile.

Boundaries come from ``sentencex`` (Wikimedia's rules; exact offsets, offline),
which knows abbreviations, numbers, URLs and quotations by language (``language``). What it does
not do is added here: bounded windows, ideographic full stops with their closing quotes,
Markdown spans that stay whole, sentences without an end, more abbreviations (``stops``),
and texts in Unicode's decomposed form, which read like the composed one.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

from ...document import Span
from ..language import language_of
from ..markdown_spans import inline_spans
from .stops import ends_no_sentence
from .words import extends, first_joint

WINDOW = 8_000  # characters given to sentencex at once (its quotation rule is not linear)
LONG = 800  # characters: longer than this, a sentence is cut at clause ends
SHORT = 160  # characters: no clause is cut off that is shorter
HARD = 4_000  # characters: a run without any white space is cut here at the latest

_ODD = re.compile(r"[\r\n\x0b\x0c\x1c-\x1f\x85\u2028\u2029\ud800-\udfff]")
_FULL_STOP = re.compile(r"[。！？｡।॥؟۔።]+[」』）】”’\"')\]]*\s*")
_CLOSERS = "」』）】”’"
_CLAUSE = re.compile(r"[;:,!?.](?=\s)|\n|[、，；：。！？]| [—–-](?= )")
_SPACE = re.compile(r"\s+")
_CLUSTER = re.compile(
    r".[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u064b-\u065f\u3099\u309a]*",
    re.DOTALL,
)
# A sentence that begins like a block would become one when what stands before it is dropped.
_BLOCK_START = re.compile(
    r"#{1,6}(?:\s|$)|>|`{3}|~{3}|[-+*](?:\s|$)|\d{1,9}[.)](?:\s|$)|=+\s*$|-+\s*$"
    r"|\[[^\]\n]{1,1000}\]:|<|[-*_][ \t]*[-*_][ \t]*[-*_]|\||:?-+:?[ \t]*\|",
    re.MULTILINE,
)


def sentences(text: str, start: int, end: int) -> list[int]:
    """Where the sentences of ``text[start:end]`` begin; the first is ``start``.

    Linear in the length. No sentence is longer than `HARD` characters (plus
    one unbreakable cluster), few are longer than `LONG`.
    """
    if end - start <= 0:
        return []
    kept_whole = inline_spans(text, start, end)
    ends = [s.end for s in kept_whole]
    starts = [start]
    language = language_of(text)
    for cut in _boundaries(text, start, end, language):
        if ends_no_sentence(text, starts[-1], cut, language):
            continue
        if cut <= starts[-1] or cut >= end or text[starts[-1] : cut].isspace():
            continue
        if not text[cut - 1].isspace() and text[cut - 1].isascii():
            continue  # never within a word: only ideographic stops need no space behind them
        at = bisect_right(ends, cut)
        if at < len(kept_whole) and kept_whole[at].start < cut:
            continue
        if _BLOCK_START.match(text, cut, end):
            continue
        starts.append(cut)
    return _bounded(text, starts, end, kept_whole, ends)


def _boundaries(text: str, start: int, end: int, language: str) -> list[int]:
    """Sentence starts as offsets into ``text``, unfiltered, increasing."""
    cuts: list[int] = []
    at = start
    while at < end:
        stop = _window_end(text, at, end)
        # A line end inside a paragraph is a space; a lone surrogate is not UTF-8.
        chunk = _ODD.sub(_stand_in, text[at:stop])
        inner = [at + offset for offset in _ends(chunk, language)]
        inner = [c for c in inner if at < c < stop]
        cuts += inner
        if stop < end and inner and inner[-1] > at + WINDOW // 2:
            at = cuts[-1]  # the last sentence may go on: read it again with what follows
        else:
            at = stop
    if not text.isascii():
        cuts = sorted({*cuts, *(m.end() for m in _FULL_STOP.finditer(text, start, end))})
        cuts = [_past_closers(text, c, end) for c in cuts]
    return [_past_space(text, c, end) for c in cuts]


def _ends(chunk: str, language: str) -> list[int]:
    """The offsets in ``chunk`` at which a sentence of ``language`` ends."""
    from sentencex import get_sentence_boundaries

    if unicodedata.is_normalized("NFC", chunk):
        return [b["end_index"] for b in get_sentence_boundaries(language or "en", chunk)]
    # A letter and its marks are one character when composed, and so is their place.
    clusters = [m.group() for m in _CLUSTER.finditer(chunk)]
    composed = [unicodedata.normalize("NFC", cluster) for cluster in clusters]
    places = dict(zip(accumulate(map(len, composed)), accumulate(map(len, clusters)), strict=True))
    found = get_sentence_boundaries(language or "en", "".join(composed))
    return [places[b["end_index"]] for b in found if b["end_index"] in places]


def _stand_in(match: re.Match[str]) -> str:
    return "\ufffd" if match.group() >= "\ud800" else " "


def _window_end(text: str, at: int, end: int) -> int:
    stop = min(end, at + WINDOW)
    if stop == end:
        return end
    space = max(text.rfind(" ", at + WINDOW // 2, stop), text.rfind("\n", at + WINDOW // 2, stop))
    return space + 1 if space > 0 else stop


def _past_closers(text: str, cut: int, end: int) -> int:
    while cut < end and text[cut] in _CLOSERS and not text[cut - 1].isspace():
        cut += 1
    return cut


def _past_space(text: str, cut: int, end: int) -> int:
    match = _SPACE.match(text, cut, end)
    return match.end() if match else cut


def _bounded(
    text: str, starts: list[int], end: int, whole: list[Span], ends: list[int]
) -> list[int]:
    out: list[int] = []
    for index, first in enumerate(starts):
        stop = starts[index + 1] if index + 1 < len(starts) else end
        out.append(first)
        if stop - first > LONG:
            out += _clause_starts(text, first, stop, whole, ends)
    return out


def _clause_starts(
    text: str, first: int, stop: int, whole: list[Span], ends: list[int]
) -> Iterator[int]:
    """Cuts inside a long sentence: the last clause end in reach, else white space, else a joint."""
    at = first
    while stop - at > LONG:
        cut = _last_cut(text, at, stop, whole, ends)
        if cut >= stop:
            return
        yield cut
        at = cut


def _last_cut(text: str, at: int, stop: int, whole: list[Span], ends: list[int]) -> int:
    def free(cut: int) -> bool:
        i = bisect_right(ends, cut)
        inside = i < len(whole) and whole[i].start < cut
        return at < cut < stop and not inside and not _BLOCK_START.match(text, cut, stop)

    reach = min(stop, at + LONG)
    for pattern in (_CLAUSE, _SPACE):
        found = [m.end() for m in pattern.finditer(text, at + SHORT, reach)]
        for cut in reversed(found):
            cut = _past_space(text, cut, stop)
            if free(cut):
                return cut
    # Nothing in reach: the first white space or joint between ideographs up to HARD.
    limit = min(stop, at + HARD)
    cut = first_joint(text, at + LONG, limit)
    while cut < limit:
        if free(cut) or cut - at > HARD // 2:
            return _past_space(text, cut, stop)
        cut = first_joint(text, cut + 1, limit)
    cut = limit
    while cut < stop and extends(text, cut):
        cut += 1
    return _past_space(text, cut, stop)
