"""A PDF's page -> its text as a reader goes through it.

Words are put into rows, columns are read one after the other, tables row by row. Text that is
turned is read by itself, behind the text that most of the page is written in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from .pdf_columns import regions
from .pdf_glyphs import Drawn, drawn
from .pdf_page import Word, median
from .pdf_rows import Row, once, text_of
from .pdf_tables import bare, ruled
from .pipes import pipe_table

if TYPE_CHECKING:
    from pypdf import PageObject

_PARAGRAPH = 1.35
"""A gap this much larger than the lines' usual one begins a paragraph."""
_OTHER_SIZE = 0.13
_EMPTY_LINES = re.compile(r"\n{3,}")
_ENDS = (".", "!", "?", ":", ";", "”", '"', ")", "|")


def page_text(page: PageObject, most: int) -> tuple[str, int]:
    """A page's text, and how many pictures it has; stops behind ``most`` letters.

    Raises what pypdf does.
    """
    content = drawn(page, most)
    turns: dict[int, list[Word]] = {}
    for word in once(content.words):
        turns.setdefault(word.turn, []).append(word)
    by_size = sorted(turns, key=lambda turn: (-sum(len(w.glyphs) for w in turns[turn]), turn))
    texts = [_upright(turns[turn], content, turn) for turn in by_size]
    text = "\n\n".join(text for text in texts if text)
    return _EMPTY_LINES.sub("\n\n", text), content.pictures


def _upright(words: Sequence[Word], content: Drawn, turn: int) -> str:
    rules = [rule.turned(turn) for rule in content.rules] if turn % 90 == 0 else []
    blocks = [list(_lines(rows)) for rows in regions(ruled(words, rules))]
    return _joined(blocks)


def _joined(blocks: Iterable[list[str]]) -> str:
    """Regions one after the other; a sentence that goes on in the next one is not parted."""
    out: list[str] = []
    for lines in blocks:
        if out and lines:
            goes_on = not out[-1].endswith(_ENDS) and lines[0][:1].islower()
            out += [] if goes_on else [""]
        out += lines
    return "\n".join(out)


def _lines(rows: Sequence[Row]) -> Iterator[str]:
    """The lines of a region, with an empty one between paragraphs."""
    usual = median(one.base - other.base for one, other in pairwise(rows))
    before: Row | None = None
    for item in bare(rows):
        if isinstance(item, Row):
            if before is not None and _begins(before, item, usual):
                yield ""
            if item.words[0].lines:
                yield from ("", *item.words[0].lines.split("\n"), "")
            else:
                yield text_of(item.words)
            before = item
        elif len(item[0]) > 2:
            yield from ("", *pipe_table(item).split("\n"), "")
            before = None
        else:
            yield from ("  ".join(filter(None, cells)) for cells in item)
            before = None


def _begins(before: Row, row: Row, usual: float) -> bool:
    """Whether a row begins something new: it stands apart, or is of another size."""
    apart = before.base - row.base > _PARAGRAPH * max(usual, 1.05 * min(before.size, row.size))
    return apart or abs(before.size - row.size) > _OTHER_SIZE * max(before.size, row.size)
