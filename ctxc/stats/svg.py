"""Charts as SVG: written by hand, so that a plot needs no further library."""

from __future__ import annotations

import math
from html import escape

from ..console import plain
from ..output.palette import DARK, FONT, LIGHT, Palette
from ..products import SVG_MARK
from .chart import BarChart, Chart, LineChart

_WIDTH = 760
_LEFT, _RIGHT, _TOP, _BOTTOM = 230, 130, 64, 56
_ROW = 26
_MOST_DOTS = 20  # points of a line that are marked one by one
_SERIES = len(LIGHT.series)  # colours; a line beyond them is dashed
_KEY = 30  # between two names of a key, beside their own width


def _colours(palette: Palette) -> str:
    """Plain values in classes: not every viewer of SVG knows variables."""
    series = (
        f".f{n}{{fill:{colour}}}.l{n}{{stroke:{colour}}}" for n, colour in enumerate(palette.series)
    )
    return (
        f"text{{fill:{palette.ink}}}.paper{{fill:{palette.paper}}}.pale{{fill:{palette.pale}}}"
        f".grid{{stroke:{palette.rule}}}.axis{{stroke:{palette.faded}}}{''.join(series)}"
    )


_STYLE = (
    f"text{{font-family:{FONT};font-size:12px}}.title{{font-size:15px;font-weight:600}}"
    f".line{{fill:none;stroke-width:2}}.beyond{{stroke-dasharray:6 4}}{_colours(LIGHT)}"
    f"@media(prefers-color-scheme:dark){{{_colours(DARK)}}}"
)


def render(chart: Chart) -> str:
    """The chart as one SVG document."""
    return _bars(chart) if isinstance(chart, BarChart) else _lines(chart)


def ticks(largest: float, about: int = 5) -> list[float]:
    """Round numbers from 0 to ``largest``, about so many of them.

    >>> ticks(23)
    [0.0, 5.0, 10.0, 15.0, 20.0]
    """
    if not largest > 0 or not math.isfinite(largest):
        return [0.0]
    step = 10 ** math.floor(math.log10(largest / about))
    factor = next(factor for factor in (1, 2, 5, 10) if step * factor * about >= largest * 0.9)
    step *= factor
    return [round(step * n, 12) for n in range(math.floor(largest / step + 1e-9) + 1)]


def number(value: float) -> str:
    """>>> number(1500000), number(0.25), number(12)
    ('1.5M', '0.25', '12')
    """
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.4g}{unit}"
    return f"{value:.4g}"


def _document(height: int, title: str, body: list[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
        f'viewBox="0 0 {_WIDTH} {height}" role="img">'
    )
    return "\n".join(
        [
            head,
            SVG_MARK,
            f"<title>{_safe(title)}</title>",
            f"<style>{_STYLE}</style>",
            f'<rect width="{_WIDTH}" height="{height}" class="paper"/>',
            _text(16, 26, title, "title"),
            *body,
            "</svg>",
            "",
        ]
    )


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    mark = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{mark}>{_safe(text)}</text>'


def _safe(text: str) -> str:
    """Printable and escaped: control characters are not allowed in XML at all."""
    return escape(plain(text), quote=False)


def _key(names: list[tuple[str, str]], y: float) -> list[str]:
    """Coloured squares with names, from the left, in as many rows as they take."""
    body, x = [], 16.0
    for name, colour in names:
        if x > 16 and x + _KEY + 7 * len(name) > _WIDTH:
            x, y = 16.0, y + 18
        body.append(f'<rect x="{x:.1f}" y="{y - 10:.1f}" width="11" height="11" class="{colour}"/>')
        body.append(_text(x + 16, y, name))
        x += _KEY + 7 * len(name)
    return body


def _rows(names: list[str]) -> int:
    """How many rows the key of these names takes."""
    rows, x = 1, 16.0
    for name in names:
        wide = _KEY + 7 * len(name)
        if x > 16 and x + wide > _WIDTH:
            rows, x = rows + 1, 16.0
        x += wide
    return rows


def _bars(chart: BarChart) -> str:
    height = _TOP + _ROW * len(chart.bars) + _BOTTOM
    largest = max((bar.whole for bar in chart.bars), default=0) or 1
    scale = (_WIDTH - _LEFT - _RIGHT) / largest
    bottom = height - _BOTTOM
    names = [(chart.value_name, "f0")]
    names += [(chart.whole_name, "pale")] if chart.compares else []
    body = _key(names, 48)
    for tick in ticks(largest):
        x = _LEFT + tick * scale
        body.append(f'<line x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" y2="{bottom}" class="grid"/>')
        body.append(_text(x, bottom + 18, number(tick), anchor="middle"))
    body.append(_text(_LEFT, bottom + 38, chart.unit))
    for row, bar in enumerate(chart.bars):
        y = _TOP + row * _ROW + 4
        label = bar.label if len(bar.label) <= 32 else "\u2026" + bar.label[-31:]
        body.append(_text(_LEFT - 8, y + 13, label, anchor="end"))
        for value, colour in ((bar.whole, "pale"), (bar.value, "f0")):
            body.append(
                f'<rect x="{_LEFT}" y="{y}" width="{max(value, 0) * scale:.2f}" '
                f'height="{_ROW - 8}" class="{colour}"/>'
            )
        shown = f"{bar.value:,.0f}"
        if chart.compares:
            shown += f" of {bar.whole:,.0f}"
        body.append(_text(_LEFT + bar.whole * scale + 6, y + 13, shown))
    return _document(height, chart.title, body)


def _dot(x: float, y: float, value: float, series: int) -> str:
    """A measured point, with its figure for who points at it."""
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" class="f{series}">'
        f"<title>{number(value)}</title></circle>"
    )


def _lines(chart: LineChart) -> str:
    names = [line.name for line in chart.lines]
    top = _TOP + 18 * (_rows(names) - 1)
    height, left, right = 420 + top - _TOP, 90, 30
    points = [point for line in chart.lines for point in line.points]
    most_x = max((x for x, _ in points), default=1) or 1
    most_y = max((y for _, y in points), default=1) or 1
    bottom = height - _BOTTOM
    wide, high = (_WIDTH - left - right) / most_x, (bottom - top) / (most_y * 1.05)
    body = _key([(name, f"f{n % _SERIES}") for n, name in enumerate(names)], 48)
    for tick in ticks(most_y):
        y = bottom - tick * high
        body.append(
            f'<line x1="{left}" y1="{y:.1f}" x2="{_WIDTH - right}" y2="{y:.1f}" class="grid"/>'
        )
        body.append(_text(left - 8, y + 4, number(tick), anchor="end"))
    for tick in ticks(most_x, 10):
        body.append(_text(left + tick * wide, bottom + 18, number(tick), anchor="middle"))
    body.append(f'<path d="M{left},{top} V{bottom} H{_WIDTH - right}" fill="none" class="axis"/>')
    body.append(_text((left + _WIDTH - right) / 2, bottom + 40, chart.x_name, anchor="middle"))
    body.append(
        f'<text transform="translate(18,{(top + bottom) / 2:.0f}) rotate(-90)" '
        f'text-anchor="middle">{_safe(chart.y_name)}</text>'
    )
    for place, line in enumerate(chart.lines):
        path = " ".join(f"{left + x * wide:.1f},{bottom - y * high:.1f}" for x, y in line.points)
        series = place % _SERIES
        dashed = " beyond" if place >= _SERIES else ""
        body.append(f'<polyline points="{path}" class="line l{series}{dashed}"/>')
        if len(line.points) <= _MOST_DOTS:
            body += [_dot(left + x * wide, bottom - y * high, y, series) for x, y in line.points]
    return _document(height, chart.title, body)
