"""PDFs of real programs are read in order: columns, tables, forms, scripts, turned pages."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pdf_truth import SET, in_order, letters, measured

from ctxc.errors import InputError
from ctxc.input.loaders import load_bytes
from ctxc.input.loaders.pdf_rows import logical

TRUTHS: dict[str, Any] = json.loads((SET / "truth.json").read_text("utf-8"))
PARTED = {"paper_latex": 2}
"""Lines that a footnote and a table stand in the middle of, as they do on the page."""


def read(name: str) -> str:
    return load_bytes((SET / f"{name}.pdf").read_bytes(), f"{name}.pdf").text


@pytest.mark.parametrize("name", [name for name in TRUTHS if not TRUTHS[name].get("refused")])
def test_lines_are_in_order_and_rows_whole(name: str) -> None:
    truth = TRUTHS[name]
    lines, rows = measured(read(name), truth)
    assert (lines, rows) == (len(truth["lines"]) - PARTED.get(name, 0), len(truth["rows"]))


def test_a_scan_is_refused() -> None:
    with pytest.raises(InputError, match="has no text layer"):
        read("scan_pillow")


def test_the_measure_sees_disorder() -> None:
    truth = {"lines": ["one two", "three", "four"], "rows": [["a", "b"]]}
    assert measured("one\ntwo three four a b", truth) == (3, 1)
    assert measured("four three one two a\nb", truth) == (1, 0)
    assert in_order([5, -1, 3, 4, 9]) == 3
    assert letters("| A-b |") == "Ab"


def test_tables_have_their_cells_in_columns() -> None:
    assert (
        "| 4.1 | The tenant clears snow from the path to the gate before eight in the morning |"
        " on Sundays before nine |"
    ) in read("rules_weasyprint")
    assert "| 2020 | 12.9 | 1,377 | closed from March to July |" in read("statistics_chromium")


def test_right_to_left_is_read_from_the_right() -> None:
    text = read("hebrew_chromium")
    assert "לפרטים נוספים" in text and "של Larkfield בטלפון." in text
    assert "| מבוגר | 25 |" in text
    assert "سنة 1782 على" in read("arabic_libreoffice")


@pytest.mark.parametrize(
    ("seen", "rtl", "text"),
    [
        ("12 גבא", True, "אבג 12"),
        ("abc גבא def", False, "abc אבג def"),
        (".(גבא)", True, "(אבג)."),
        ("3.5 גבא", True, "אבג 3.5"),
    ],
)
def test_what_is_seen_becomes_what_is_read(seen: str, rtl: bool, text: str) -> None:
    assert logical(list(seen), rtl) == text


def test_what_is_raised_is_marked() -> None:
    assert "year.^1" in read("paper_latex")


def test_running_lines_go_and_broken_words_are_whole() -> None:
    document = load_bytes((SET / "manual_latex.pdf").read_bytes(), "a.pdf")
    assert document.text.count("Operating the mill") == 1
    assert "Page 2" not in document.text
    assert any("page numbers" in note for note in document.notes)
    assert not [line for line in document.text.splitlines() if line.endswith(("-", "‐"))]


def test_what_is_filled_in_is_read() -> None:
    text = read("form_acrobat")
    assert "Name  Ann Example" in text
    assert "Agreed  [x]" in text and "Newsletter  [ ]" in text


def test_pictures_are_counted() -> None:
    document = load_bytes((SET / "form_acrobat.pdf").read_bytes(), "a.pdf")
    assert "not read: 1 picture" in document.notes
