"""What is cut out of slides, sheets and chapters names the part it comes from."""

from __future__ import annotations

import json
from collections.abc import Callable
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


def test_answers_cite_by_name_and_part() -> None:
    documents = [
        load_bytes((SAMPLES / name).read_bytes(), name)
        for name in ("slides_pandoc.pptx", "prices_libreoffice.ods")
    ]
    titles = [part.title for part in Corpus.of(documents).document.parts]
    assert "slides_pandoc.pptx, slide 2: Costs" in titles
    assert "prices_libreoffice.ods, sheet Prices" in titles


def test_a_folder_of_documents_is_read(run: Callable[..., Ran], tmp_path: Path) -> None:
    result = run(
        SAMPLES, "--glob", "*_*", "--ratio", 2, "-q", "price", "--engine", "lexical",
        "-o", tmp_path / "out",
    )  # fmt: skip
    assert result.code == 0
    written = {path.name.removesuffix(".ctx.md") for path in (tmp_path / "out").rglob("*.ctx.md")}
    assert written == {path.name for path in SAMPLES.iterdir() if "_" in path.name}
    assert "binary" not in result.err
