"""What is cut out of slides, sheets and chapters names the part it comes from."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from command import Ran, runner

from ctxc.answer.corpus import Corpus
from ctxc.cli import lingua as lingua_command
from ctxc.input.loaders import load_bytes

SAMPLES = Path(__file__).parent / "fixtures" / "formats"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    return runner(lingua_command.lingua, capsys)


@pytest.mark.parametrize(
    ("name", "question", "fact", "part"),
    [
        ("slides_libreoffice.odp", "date of delivery", "9 July", "slide 3: Dates"),
        ("slides_pandoc.pptx", "date of delivery", "9 July", "slide 3: Dates"),
        ("prices_libreoffice.xlsx", "rebate of the customer", "7 %", "sheet Rebate (hidden)"),
        ("offer_pandoc.epub", "when does the guarantee end", "five years", "Guarantee"),
        ("guide_pandoc.epub", "may visitors touch the stones", "Never touch", "Safety"),
        ("visitors_libreoffice.ods", "hours of Bob", "2023-09-15", "sheet Staff"),
        ("opening_pptx.pptx", "admission of a child", "3 EUR", "slide 3: Admission"),
        ("income_nbformat.ipynb", "division by zero", "ZeroDivisionError", "cell 4"),
        ("rent_python.eml", "are dogs kept on a lead", "Dogs", "guide.docx"),
        ("order_mutt.eml", "price of the wheel", "48,000", "prices.csv"),
        ("../pdf/manual_latex.pdf", "when was flour last ground", "October 1958", "page 3"),
    ],
)
def test_the_map_names_parts(
    name: str, question: str, fact: str, part: str, run: Callable[..., Ran], tmp_path: Path
) -> None:
    path = tmp_path / "map.json"
    result = run(
        SAMPLES / name, "-q", question, "--tokens", 40, "--engine", "lexical", "--map", path
    )
    assert result.code == 0 and fact in result.out
    text = load_bytes((SAMPLES / name).read_bytes(), name).text
    spans = json.loads(path.read_text())["spans"]
    [kept] = [s for s in spans if s["kept"] and fact in text[s["start"] : s["end"]]]
    assert kept["parts"][-1] == part


@pytest.mark.parametrize(
    ("name", "question", "lines"),
    [
        (
            "film_pysubs2.srt",
            "oak",
            "00:00:04,000 --> 00:00:07,000\nIt was built in 1782\nfrom oak.",
        ),
        (
            "film_webvtt.vtt",
            "oak",
            "00:00:04.000 --> 00:00:07.000\nIt was built in 1782\nfrom oak.",
        ),
    ],
)
def test_a_subtitle_keeps_its_time(
    name: str, question: str, lines: str, run: Callable[..., Ran]
) -> None:
    result = run(SAMPLES / name, "-q", question, "--tokens", 45, "--engine", "lexical")
    assert lines in result.out


@pytest.mark.parametrize("name", ["guide_pandoc.docx", "guide_libreoffice.odt", "guide_pandoc.rtf"])
def test_a_paragraph_is_a_line_of_the_map(
    name: str, run: Callable[..., Ran], tmp_path: Path
) -> None:
    path = tmp_path / "map.json"
    asked = ("-q", "are dogs kept on a lead", "--tokens", 30, "--engine", "lexical")
    run(SAMPLES / name, *asked, "--map", path)
    text = load_bytes((SAMPLES / name).read_bytes(), name).text
    spans = json.loads(path.read_text())["spans"]
    [kept] = [s for s in spans if s["kept"] and "Dogs" in text[s["start"] : s["end"]]]
    first, last = kept["lines"]
    assert "Dogs are kept on a lead." in text.splitlines()[first - 1 : last]


def test_markers_name_what_was_cut(run: Callable[..., Ran]) -> None:
    asked = ("-q", "hours of Bob", "--tokens", 60, "--engine", "lexical", "--markers")
    result = run(SAMPLES / "visitors_openpyxl.xlsx", *asked)
    assert "Bob" in result.out and "lines" in result.out


def test_an_old_office_file_is_called_by_its_name(run: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "old.doc").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    result = run(tmp_path, "--ratio", 2, "-o", tmp_path / "out", "--verbose")
    assert "an old Office file" in result.err and "binary" not in result.err
    result = run(tmp_path / "old.doc", "--ratio", 2)
    assert result.code == 1 and "save it in a format of today" in result.err


def test_answers_cite_by_name_and_part() -> None:
    documents = [
        load_bytes((SAMPLES / name).read_bytes(), name)
        for name in ("slides_pandoc.pptx", "prices_libreoffice.ods")
    ]
    titles = [part.title for part in Corpus.of(documents).document.parts]
    assert "slides_pandoc.pptx, slide 2: Costs" in titles
    assert "prices_libreoffice.ods, sheet Prices" in titles


def test_a_folder_of_documents_is_read(run: Callable[..., Ran], tmp_path: Path) -> None:
    # Outlook's mails take olefile.
    names = {path.name for path in SAMPLES.iterdir() if "_" in path.name}
    without = [] if find_spec("olefile") else ["--glob", "!*.msg"]
    result = run(
        SAMPLES, "--glob", "*_*", *without, "--ratio", 2, "-q", "price", "--engine", "lexical",
        "-o", tmp_path / "out",
    )  # fmt: skip
    assert result.code == 0
    written = {path.name.removesuffix(".ctx.md") for path in (tmp_path / "out").rglob("*.ctx.md")}
    assert written == {name for name in names if not (without and name.endswith(".msg"))}
    assert "binary" not in result.err
