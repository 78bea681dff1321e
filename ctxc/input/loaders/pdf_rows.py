"""Words of a PDF's page -> rows by their baselines, and the text of a piece of a row.

Glyphs stand in the order in which they are seen; a text written from right to left is put
into the order in which it is read (UAX 9 backwards, by runs of one direction).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .pdf_page import Word, median
from .raised import raised

_SAME_ROW = 0.45
"""Ems between the baselines of words in one row: superscripts, but not the next line."""
_SPACE = 0.16
_RAISED_SIZE = 0.8
_NEAR = 8
"""Clusters to either side that tell the direction of signs which have none."""
_MIRRORED = dict(zip("()[]{}<>«»‹›", ")(][}{><»«›‹", strict=True))


@dataclass(slots=True)
class Row:
    """Words on one baseline from left to right."""

    words: list[Word]
    base: float
    size: float

    @property
    def start(self) -> float:
        return self.words[0].start

    @property
    def end(self) -> float:
        return max(word.end for word in self.words)

    def pieces(self, gap: float) -> list[list[Word]]:
        """The words in groups that are ``gap`` points apart or more."""
        out = [[self.words[0]]]
        end = self.words[0].end
        for word in self.words[1:]:
            if word.start - end >= gap:
                out.append([])
            out[-1].append(word)
            end = max(end, word.end)
        return out


def rows_of(words: Iterable[Word]) -> list[Row]:
    """Rows from the top down."""
    rows: list[Row] = []
    for word in sorted(words, key=lambda word: (-word.base, word.start)):
        last = rows[-1] if rows else None
        joins = last is not None and not word.lines and not last.words[0].lines
        if last is not None and joins and _in_row(word, last):
            if word.size > last.size:
                last.base, last.size = word.base, word.size
            last.words.append(word)
        else:
            rows.append(Row([word], word.base, word.size))
    for row in rows:
        row.words.sort(key=lambda word: (word.start, word.order))
    return rows


def _in_row(word: Word, row: Row) -> bool:
    return row.base - word.base <= _SAME_ROW * max(word.size, row.size)


def once(words: Sequence[Word]) -> list[Word]:
    """The words without those printed twice in one place (which makes them look bold)."""
    seen: set[tuple[str, int, int]] = set()
    out: list[Word] = []
    for word in words:
        text = "".join(word.glyphs)
        step = max(word.size, 1.0) * 0.15
        x, y = round(word.start / step), round(word.base / step)
        near = any((text, x + i, y + j) in seen for i in (-1, 0, 1) for j in (-1, 0, 1))
        seen.add((text, x, y))
        if not near:
            out.append(word)
    return out


def is_rtl(words: Iterable[Word]) -> bool:
    """Whether most letters are of a script written from right to left."""
    balance = 0
    for word in words:
        for glyph in word.glyphs:
            side = unicodedata.bidirectional(glyph[0]) if glyph else ""
            balance += (side in ("R", "AL")) - (side == "L")
    return balance > 0


def text_of(words: Sequence[Word], *, rtl: bool | None = None) -> str:
    """The text of words in one row, from left to right as they are seen."""
    if not any(_strong_rtl(glyph) for word in words for glyph in word.glyphs):
        return _left_to_right(words)
    clusters: list[str] = []
    for at, word in enumerate(words):
        if at and word.start - words[at - 1].end > _SPACE * max(word.size, words[at - 1].size):
            clusters.append(" ")
        clusters += _normal(word)
    return logical(clusters, is_rtl(words) if rtl is None else rtl)


def _left_to_right(words: Sequence[Word]) -> str:
    """The words with spaces; what is raised or lowered gets its mark."""
    size = median(word.size for word in words)
    base = median(word.base for word in words if word.size >= size)
    texts = ["".join(word.glyphs) for word in words]
    out: list[str] = []
    for at, word in enumerate(words):
        before = words[at - 1] if at else None
        apart = before is None or word.start - before.end > _SPACE * max(word.size, before.size)
        if before is not None and apart:
            out.append(" ")
        text = texts[at]
        shift = word.base - base
        if not apart and word.size < _RAISED_SIZE * size and abs(shift) > 0.08 * size:
            close = at + 1 < len(words) and words[at + 1].start - word.end < _SPACE * size
            text = raised("^" if shift > 0 else "_", text, texts[at + 1] if close else "")
        out.append(text)
    return "".join(out)


def _strong_rtl(glyph: str) -> bool:
    return any("\u0590" <= char <= "\u08ff" or "\ufb1d" <= char <= "\ufefc" for char in glyph)


def _normal(word: Word) -> list[str]:
    """A word's glyphs as letters (not as the forms they take); accents with their letters."""
    out: list[str] = []
    glyphs = ["".join(word.glyphs)] if word.spelled else word.glyphs
    for glyph in glyphs:
        text = unicodedata.normalize("NFKC", glyph)
        if out and text and all(unicodedata.combining(char) for char in text):
            out[-1] += text
        else:
            out.append(text)
    return out


def logical(clusters: Sequence[str], rtl: bool) -> str:
    """Clusters in the order in which they are seen -> the text as it is read.

    >>> logical(["ג", "ב", "א", " ", "1", "2"], True)
    '12 אבג'
    """
    runs: list[tuple[bool, list[str]]] = []
    for at, cluster in enumerate(clusters):
        side = _side(clusters, at, rtl)
        if runs and runs[-1][0] == side:
            runs[-1][1].append(cluster)
        else:
            runs.append((side, [cluster]))
    texts = ["".join(map(_mirrored, reversed(run))) if side else "".join(run) for side, run in runs]
    return "".join(reversed(texts) if rtl else texts)


def _side(clusters: Sequence[str], at: int, rtl: bool) -> bool:
    """Whether a cluster belongs to a run from right to left."""
    side = _direction(clusters[at])
    if side is not None:
        return side
    before = _first_direction(reversed(clusters[max(0, at - _NEAR) : at]), rtl)
    after = _first_direction(clusters[at + 1 : at + 1 + _NEAR], rtl)
    return before if before == after else rtl


def _first_direction(clusters: Iterable[str], rtl: bool) -> bool:
    directions = (_direction(cluster) for cluster in clusters)
    return next((side for side in directions if side is not None), rtl)


def _direction(cluster: str) -> bool | None:
    """True from right to left, False from left to right (numbers too), None for either."""
    for char in cluster:
        side = unicodedata.bidirectional(char)
        if side in ("R", "AL"):
            return True
        if side in ("L", "EN", "AN"):
            return False
    return None


def _mirrored(cluster: str) -> str:
    return _MIRRORED.get(cluster, cluster)
