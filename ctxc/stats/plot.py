"""``--plot FILE.svg|png``: a chart in a file, whole or absent."""

from __future__ import annotations

import io
from importlib import import_module, util
from pathlib import Path
from typing import Any

from ..console import plain
from ..errors import UsageError
from ..output.atomic import write_whole
from ..output.palette import LIGHT
from ..products import PNG_SOFTWARE
from ..remedies import install
from .chart import BarChart, Chart, LineChart
from .svg import render


def check(path: Path) -> None:
    """Raise UsageError, before any work, for a file that could not be plotted to."""
    kind = path.suffix.lower()
    if kind not in (".svg", ".png"):
        raise UsageError(f"--plot {path}: the name must end in .svg or .png")
    if kind == ".png" and util.find_spec("matplotlib") is None:
        raise UsageError(
            "a PNG needs matplotlib, which is not installed",
            hint=f"plot to a .svg, which needs nothing; for a PNG {install('plot')}",
        )


def plot(chart: Chart, path: Path) -> None:
    """Write ``chart`` to ``path``. Raises UsageError as ``check``, OutputError where it cannot."""
    check(path)
    if path.suffix.lower() == ".svg":
        write_whole(path, render(chart).encode())
        return
    write_whole(path, _png(chart))


def _png(chart: Chart) -> bytes:
    # The Agg canvas alone: no window system, no global state of pyplot.
    figures: Any = import_module("matplotlib.figure")
    rows = len(chart.bars) if isinstance(chart, BarChart) else 14
    figure = figures.Figure(figsize=(8, 1.6 + 0.28 * rows), dpi=120, layout="constrained")
    axes = figure.add_subplot(facecolor=LIGHT.paper)
    figure.set_facecolor(LIGHT.paper)
    # "$" begins mathematics to matplotlib.
    axes.set_title(_literal(chart.title), loc="left")
    if isinstance(chart, BarChart):
        _draw_bars(axes, chart)
    else:
        _draw_lines(axes, chart)
    axes.legend(loc="best")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": PNG_SOFTWARE})
    return buffer.getvalue()


def _draw_bars(axes: Any, chart: BarChart) -> None:
    places = range(len(chart.bars))
    if chart.compares:
        whole = [bar.whole for bar in chart.bars]
        axes.barh(places, whole, color=LIGHT.pale, label=chart.whole_name)
    axes.barh(
        places, [bar.value for bar in chart.bars], color=LIGHT.series[0], label=chart.value_name
    )
    axes.set_yticks(places, [_literal(bar.label[-32:]) for bar in chart.bars])
    axes.invert_yaxis()
    axes.set_xlabel(_literal(chart.unit))


def _draw_lines(axes: Any, chart: LineChart) -> None:
    for place, line in enumerate(chart.lines):
        axes.plot(
            [x for x, _ in line.points],
            [y for _, y in line.points],
            "--" if place >= len(LIGHT.series) else "-",
            color=LIGHT.series[place % len(LIGHT.series)],
            label=_literal(line.name),
        )
    axes.set_xlabel(_literal(chart.x_name))
    axes.set_ylabel(_literal(chart.y_name))
    axes.set_ylim(bottom=0)


def _literal(text: str) -> str:
    return plain(text).replace("$", r"\$")
