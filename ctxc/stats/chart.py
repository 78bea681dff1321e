"""Charts as values, and as text for a terminal. ``svg`` draws the same values.

A bar chart shows one length per row (what is left) inside a longer one (the
original); a line chart shows costs over the cache-hit share.
"""

from __future__ import annotations

from dataclasses import dataclass

_EIGHTHS = " \u258f\u258e\u258d\u258c\u258b\u258a\u2589"
_FULL, _LIGHT = "\u2588", "\u2591"


@dataclass(frozen=True, slots=True)
class Bar:
    """``value`` out of ``whole`` (the same where there is only one number)."""

    label: str
    value: float
    whole: float


@dataclass(frozen=True, slots=True)
class BarChart:
    title: str
    unit: str
    bars: tuple[Bar, ...]
    value_name: str = "compressed"
    whole_name: str = "original"

    @property
    def compares(self) -> bool:
        """Whether any bar has a part to show."""
        return any(bar.value != bar.whole for bar in self.bars)


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class LineChart:
    title: str
    x_name: str
    y_name: str
    lines: tuple[Line, ...]


Chart = BarChart | LineChart


def bar_text(value: float, whole: float, largest: float, columns: int) -> str:
    """A bar of at most ``columns`` characters: solid for ``value``, light up to ``whole``.

    >>> bar_text(50, 100, 200, 8)
    '\u2588\u2588\u2591\u2591'
    >>> bar_text(0.001, 0.001, 1, 8)
    '\u258f'
    """
    if largest <= 0 or columns <= 0:
        return ""
    eighths = min(max(round(value / largest * columns * 8), 1 if value > 0 else 0), columns * 8)
    solid = _FULL * (eighths // 8) + (_EIGHTHS[eighths % 8] if eighths % 8 else "")
    return solid + _LIGHT * (round(whole / largest * columns) - len(solid))
