"""Charts as SVG: written by hand, so that a plot needs no further library."""

from __future__ import annotations

import math
from html import escape

from ..console import plain
from ..products import SVG_MARK
from .chart import BarChart, Chart, LineChart

_WIDTH = 760
_LEFT, _RIGHT, _TOP, _BOTTOM = 230, 130, 64, 56
_ROW = 26
_COLOURS = ("#1f5fa8", "#c2571a", "#3b7d3b", "#7a4fa3")
_PALE = "#c9d8ea"
_STYLE = (
    "text{font-family:system-ui,sans-serif;font-size:12px;fill:#222}"
    ".title{font-size:15px;font-weight:600}.grid{stroke:#ddd}.axis{stroke:#888}"
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
            f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
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
    """Coloured squares with names, from the left."""
    body, x = [], 16.0
    for name, colour in names:
        body.append(f'<rect x="{x:.1f}" y="{y - 10:.1f}" width="11" height="11" fill="{colour}"/>')
        body.append(_text(x + 16, y, name))
        x += 30 + 7 * len(name)
    return body


def _bars(chart: BarChart) -> str:
    height = _TOP + _ROW * len(chart.bars) + _BOTTOM
    largest = max((bar.whole for bar in chart.bars), default=0) or 1
    scale = (_WIDTH - _LEFT - _RIGHT) / largest
    bottom = height - _BOTTOM
    names = [(chart.value_name, _COLOURS[0])]
    names += [(chart.whole_name, _PALE)] if chart.compares else []
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
        for value, colour in ((bar.whole, _PALE), (bar.value, _COLOURS[0])):
            body.append(
                f'<rect x="{_LEFT}" y="{y}" width="{max(value, 0) * scale:.2f}" '
                f'height="{_ROW - 8}" fill="{colour}"/>'
            )
        shown = f"{bar.value:,.0f}"
        if chart.compares:
            shown += f" of {bar.whole:,.0f}"
        body.append(_text(_LEFT + bar.whole * scale + 6, y + 13, shown))
    return _document(height, chart.title, body)


def _lines(chart: LineChart) -> str:
    height, left, right = 420, 90, 30
    points = [point for line in chart.lines for point in line.points]
    most_x = max((x for x, _ in points), default=1) or 1
    most_y = max((y for _, y in points), default=1) or 1
    bottom = height - _BOTTOM
    wide, high = (_WIDTH - left - right) / most_x, (bottom - _TOP) / (most_y * 1.05)
    body = _key([(line.name, _COLOURS[n % 4]) for n, line in enumerate(chart.lines)], 48)
    for tick in ticks(most_y):
        y = bottom - tick * high
        body.append(
            f'<line x1="{left}" y1="{y:.1f}" x2="{_WIDTH - right}" y2="{y:.1f}" class="grid"/>'
        )
        body.append(_text(left - 8, y + 4, number(tick), anchor="end"))
    for tick in ticks(most_x, 10):
        body.append(_text(left + tick * wide, bottom + 18, number(tick), anchor="middle"))
    body.append(f'<path d="M{left},{_TOP} V{bottom} H{_WIDTH - right}" fill="none" class="axis"/>')
    body.append(_text((left + _WIDTH - right) / 2, bottom + 40, chart.x_name, anchor="middle"))
    body.append(
        f'<text transform="translate(18,{(_TOP + bottom) / 2:.0f}) rotate(-90)" '
        f'text-anchor="middle">{_safe(chart.y_name)}</text>'
    )
    for place, line in enumerate(chart.lines):
        path = " ".join(f"{left + x * wide:.1f},{bottom - y * high:.1f}" for x, y in line.points)
        colour = f'fill="none" stroke="{_COLOURS[place % 4]}" stroke-width="2"'
        body.append(f'<polyline points="{path}" {colour}/>')
    return _document(height, chart.title, body)
