"""Tables, bars and plots: what is drawn is what was counted."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from command import Ran, runner

from ctxc.cli import stats as stats_command
from ctxc.errors import InputError, UsageError
from ctxc.stats.chart import Bar, BarChart, Line, LineChart, bar_text
from ctxc.stats.plot import check, plot
from ctxc.stats.svg import render
from ctxc.stats.table import Column, Table, width

SVG = "{http://www.w3.org/2000/svg}"
BARS = BarChart("Tokens <&> \x1b", "tokens", (Bar("a<b>.md", 25, 100), Bar("b.md", 50, 50)))
LINES = LineChart(
    "Costs",
    "hits, %",
    "dollars",
    (Line("full", ((0, 4), (100, 1))), Line("less", ((0, 2), (100, 2)))),
)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    return runner(stats_command.stats, capsys)


def test_bars_are_as_long_as_their_share() -> None:
    assert bar_text(100, 100, 100, 10) == "\u2588" * 10
    assert bar_text(25, 100, 100, 8) == "\u2588\u2588" + "\u2591" * 6
    assert bar_text(0, 100, 100, 4) == "\u2591" * 4
    assert bar_text(0, 0, 0, 10) == ""
    assert bar_text(1, 1, 10_000, 10) == "\u258f"  # little is not nothing
    for value in range(0, 101, 7):
        assert len(bar_text(value, 100, 100, 20)) == 20


def test_columns_line_up_whatever_the_names_are() -> None:
    table = Table([Column("n", True), Column("name"), Column("x", True)])
    table.add("1", "\u4e2d\u6587.md", "2")
    table.add("10", "caf\u0065\u0301.md", "20")
    table.rule()
    table.add("11", "total", "22")
    assert {width(line) for line in table.lines()[1:]} == {width(table.lines()[1])}
    assert table.lines()[3].replace("-", "").strip() == ""


def test_an_svg_of_bars_is_valid_and_to_scale() -> None:
    root = ElementTree.fromstring(render(BARS))
    heights = [rect for rect in root.iter(f"{SVG}rect") if rect.get("height") == "18"]
    widths = [float(rect.get("width", "")) for rect in heights]
    assert widths[1] / widths[0] == pytest.approx(25 / 100, abs=0.001)
    assert widths[2] / widths[0] == pytest.approx(50 / 100, abs=0.001)
    texts = [text.text or "" for text in root.iter(f"{SVG}text")]
    assert "a<b>.md" in texts
    assert "25 of 100" in texts


def test_an_svg_of_lines_goes_where_the_points_are() -> None:
    root = ElementTree.fromstring(render(LINES))
    full, less = [line.get("points", "") for line in root.iter(f"{SVG}polyline")]
    ys = [float(y) for y in re.findall(r",([\d.]+)", full)]
    level = [float(y) for y in re.findall(r",([\d.]+)", less)]
    assert ys[0] < level[0] == level[1] < ys[1]  # dearer is higher up


def test_an_empty_chart_is_still_a_picture() -> None:
    ElementTree.fromstring(render(BarChart("none", "tokens", ())))
    ElementTree.fromstring(render(LineChart("none", "x", "y", ())))


def test_a_plot_is_whole_or_absent(tmp_path: Path) -> None:
    plot(BARS, tmp_path / "chart.svg")
    ElementTree.parse(tmp_path / "chart.svg")
    with pytest.raises(InputError):
        plot(BARS, tmp_path / "gone" / "chart.svg")
    assert [path.name for path in tmp_path.iterdir()] == ["chart.svg"]


def test_the_kind_is_told_by_the_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"svg or \.png"):
        check(tmp_path / "chart.jpeg")


def test_a_png_without_matplotlib_names_the_install_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctxc.stats.plot.util.find_spec", lambda name: None)
    with pytest.raises(UsageError) as caught:
        check(Path("chart.png"))
    assert "pip install 'ctxc-cli[plot]'" in caught.value.hint


@pytest.mark.skipif(not importlib.util.find_spec("matplotlib"), reason="the extra is not installed")
@pytest.mark.parametrize("chart", [BARS, LINES])
def test_a_png_is_a_png(tmp_path: Path, chart: BarChart | LineChart) -> None:
    plot(chart, tmp_path / "chart.png")
    assert (tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG\r\n")


def test_stats_plots_what_it_counted(run: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("some words here")
    ran = run(tmp_path / "a.txt", "--plot", tmp_path / "files.svg")
    assert ran.code == 0
    assert "a.txt" in (tmp_path / "files.svg").read_text()
    options = ["--context-tokens", "9000", "--ratio", "4", "--price", "3,3.75,0.3"]
    run(*options, "--plot", tmp_path / "costs.svg")
    root = ElementTree.parse(tmp_path / "costs.svg").getroot()
    assert len(list(root.iter(f"{SVG}polyline"))) == 2


def test_nothing_to_plot_is_said(run: Callable[..., Ran], tmp_path: Path) -> None:
    ran = run("--kv", "smollm2-135m", "--plot", tmp_path / "x.svg")
    assert ran.code == 2
    assert ran.out == ""
    assert not (tmp_path / "x.svg").exists()
