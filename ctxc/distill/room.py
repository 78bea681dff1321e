"""A text of lines that grows by one line at a time; its tokens are counted where it changes.

To count the whole text for each line that is tried takes the time of a long
document. Where a tokenizer's counts add up at known places (``pieces``), a line
changes the count only between the nearest two such places.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..pieces import first_cut, last_cut

if TYPE_CHECKING:
    from ..text.salience import Line
    from .lines import Layout

_NEAR = 256  # characters in which a cut is looked for first


class Room:
    """``lines`` in the order of ``place``, their text's ``tokens``, and whether one more fits."""

    def __init__(
        self,
        layout: Layout,
        count: Callable[[str], int],
        place: Callable[[Line], tuple[int, int, int]],
        lines: list[Line],
        additive: bool,
    ) -> None:
        self.lines = lines
        self._layout, self._count, self._place, self._additive = layout, count, place, additive
        self._texts = layout.texts(lines)
        self.tokens = count("".join(self._texts)) if lines else 0

    def add(self, line: Line, left: int) -> bool:
        """Add ``line`` if that takes at most ``left`` tokens; whether it did."""
        at = bisect_left(self.lines, self._place(line), key=self._place)
        # A line changes the break in front of the one behind it, and nothing further on.
        new = self._layout.texts([line, *self.lines[at : at + 1]], self.lines[:at])
        before, after = self._before(at), self._after(at + 1)
        old = self._texts[at : at + 1]
        grown = self._count("".join([before, *new, after]))
        used = grown - self._count("".join([before, *old, after]))
        if used > left:
            return False
        self.lines.insert(at, line)
        self._texts[at : at + 1] = new
        self.tokens += used
        return True

    def _before(self, at: int) -> str:
        """What stands before line ``at``, back to a cut."""
        texts: list[str] = []
        size, wanted = 0, _NEAR
        while at:
            at -= 1
            texts.append(self._texts[at])
            size += len(texts[-1])
            if self._additive and size >= wanted:
                text = "".join(reversed(texts))
                if cut := last_cut(text):
                    return text[cut:]
                wanted = 4 * size
        return "".join(reversed(texts))

    def _after(self, at: int) -> str:
        """What stands from line ``at`` on, up to a cut."""
        texts: list[str] = []
        size, wanted = 0, _NEAR
        while at < len(self._texts):
            texts.append(self._texts[at])
            at += 1
            size += len(texts[-1])
            if self._additive and size >= wanted:
                text = "".join(texts)
                if cut := first_cut(text):
                    return text[:cut]
                wanted = 4 * size
        return "".join(texts)
