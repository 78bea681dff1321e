"""Colours and type of everything that is drawn: pages and charts, light and dark."""

from __future__ import annotations

from dataclasses import dataclass

FONT = "system-ui,sans-serif"


@dataclass(frozen=True, slots=True)
class Palette:
    """``series`` are for lines and bars in this order, ``pale`` is behind a bar, ``kept`` behind
    text that was kept. ``faded`` text has a contrast of 4.5 with ``paper``, as WCAG 2.2 (1.4.3)
    asks for text that is to be read.
    """

    paper: str
    ink: str
    faded: str
    rule: str
    raised: str
    mark: str
    kept: str
    pale: str
    series: tuple[str, str, str, str]


LIGHT = Palette(
    paper="#fdfcfa",
    ink="#191b1e",
    faded="#72757a",
    rule="#dcdad5",
    raised="#f3f1ec",
    mark="#ffdf9e",
    kept="#e4edf8",
    pale="#c9d8ea",
    series=("#1f5fa8", "#b34d12", "#3b7d3b", "#7a4fa3"),
)
DARK = Palette(
    paper="#15171a",
    ink="#f1efe9",
    faded="#82868d",
    rule="#3a3d42",
    raised="#1f2226",
    mark="#6b4f10",
    kept="#1c2f47",
    pale="#2d4460",
    series=("#7db0ec", "#f09a5f", "#84c784", "#c19fe0"),
)
