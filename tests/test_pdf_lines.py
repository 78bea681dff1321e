"""Words broken at line ends, ligatures, and the running lines of a PDF's pages."""

from __future__ import annotations

import pdfs
import pytest

from ctxc.input.loaders import load_bytes
from ctxc.input.loaders.pdf_lines import clean_pages


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("an exam-\nple of it", "an example\nof it"),
        ("an exam\u00ad\nple.", "an example."),
        ("a well-known fact, the well-\nknown fact", "a well-known fact, the well-known\nfact"),
        ("pages 12-\n14", "pages 12-\n14"),
        ("Anne-\nMarie", "Anne-\nMarie"),
        ("the ﬁrst oﬃce", "the first office"),
        ("a - \nb", "a - \nb"),
    ],
)
def test_words_are_whole(page: str, text: str) -> None:
    assert clean_pages([page])[0] == [text]


def test_running_lines_stand_once_and_page_numbers_go() -> None:
    words = ("one", "two", "three", "four")
    pages = [
        f"Prices without VAT\nFact {word} here\nPage {at} of 4" for at, word in enumerate(words, 1)
    ]
    document = load_bytes(pdfs.of_pages(*pages), "a.pdf")
    facts = "\n\n".join(f"Fact {word} here" for word in words)
    assert document.text == f"Prices without VAT\n{facts}\n"
    assert document.notes == (
        "running lines left out of the pages behind their first: Prices without VAT; page numbers",
    )
    assert [part.title for part in document.parts] == [f"page {at}" for at in (1, 2, 3, 4)]


def test_lines_that_differ_or_are_all_a_page_has_stay() -> None:
    sums = [17, 300, 20, 4, 81]
    pages, notes = clean_pages([f"row {value}x\nmore {value}y\nSubtotal {value}" for value in sums])
    assert all(page.endswith(f"Subtotal {value}") for page, value in zip(pages, sums, strict=True))
    assert notes == ()
    assert clean_pages(["Draft"] * 5)[0] == ["Draft"] * 5
    assert clean_pages(["Title\na", "Title\nb"]) == (["Title\na", "Title\nb"], ())
