"""Documents of office programs, books and markup are read with what they say, in order."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest

from ctxc.document import Document
from ctxc.input.loaders import load_bytes
from ctxc.input.media import EPUB, ODS, ODT, PPTX, ROFF, RTF, XLSX, media_type

SAMPLES = Path(__file__).parent / "fixtures" / "formats"

# What the offer says, in the order in which it says it.
OFFER = (
    "Offer for the Larkfield mill",
    "Ann Example",
    "Scope of work",
    "48,000 EUR [footnote 1: Only if the order is placed before 1 May].",
    "3×10^4",
    "m^2,",
    "H_2O level is 1.2 m",
    "1. Take down the old wheel.",
    "2. Build the new wheel:",
    "- oak spokes",
    "- steel shaft",
    "# Prices",
    "| Item | Price | Remark |",
    "| Wheel | 48,000 EUR | oak and steel |",
    "| Shaft | 9,500 EUR | steel |",
    "Term of payment",
    "30 days after the invoice",
    "The gate closes at 20:30.",
    "# Guarantee",
    "delivery.",
    "check --gate 7",
)
SLIDES = (
    "Larkfield mill",
    "## Costs",
    "- Wheel: 48,000 EUR",
    "- Shaft: 9,500 EUR",
    "Speaker notes: Do not mention the rebate of 7 percent.",
    "## Dates",
    "| Step | Date |",
    "| Delivery | 9 July |",
)
NEVER = ("\\f", "\\par", "<w:", "fonttbl", "<number>", "{", "mimetype", "@{}", "T{")


def sample(name: str) -> Document:
    return load_bytes((SAMPLES / name).read_bytes(), name)


def in_order(text: str, facts: tuple[str, ...]) -> None:
    at = 0
    for fact in facts:
        place = text.find(fact, at)
        assert place >= 0, f"{fact!r} is not behind {text[max(0, at - 60) : at]!r}"
        at = place + len(fact)


@pytest.mark.parametrize(
    "name",
    ["offer_pandoc.docx", "offer_libreoffice.docx", "offer_pandoc.odt", "offer_libreoffice.odt",
     "offer_pandoc.epub", "offer_pandoc.rtf", "offer_pandoc.org", "offer_pandoc.tex"],
)  # fmt: skip
def test_an_offer_says_the_same_in_every_format(name: str) -> None:
    text = sample(name).text
    in_order(text, OFFER)
    assert not [word for word in NEVER if word in text]


def test_a_list_and_a_table_of_libreoffice_in_rtf() -> None:
    facts = tuple(fact for fact in OFFER if not fact.startswith("# "))
    in_order(sample("offer_libreoffice.rtf").text, facts)


def test_a_manual_page_is_told_by_its_content() -> None:
    document = sample("offer_pandoc.7")
    facts = (
        "# Scope of work", "48,000 EUR.", "1. Take down the old wheel.", "- oak spokes", "# Prices",
        "| Item | Price | Remark |", "| Shaft | 9,500 EUR | steel |",
        "- Term of payment: 30 days after the invoice", "```\ncheck --gate 7\n```",
        "Only if the order is placed before 1 May.",
    )  # fmt: skip
    in_order(document.text, facts)
    assert "\\" not in document.text


def test_mdoc_pages_keep_options_with_their_arguments() -> None:
    page = (
        b'.\\" comment\n.Dd May 1, 2026\n.Dt GATE 1\n.Os\n.Sh NAME\n.Nm gate\n.Nd close a gate\n'
        b".Sh OPTIONS\n.Bl -tag\n.It Fl t Ar minutes\nWait\n.Ar minutes ,\nat most 30.\n.El\n"
    )
    text = load_bytes(page, "gate.1").text
    assert text == (
        "# NAME\n\ngate — close a gate\n\n# OPTIONS\n\n- -t minutes: Wait minutes, at most 30.\n"
    )


@pytest.mark.parametrize(
    "name", ["slides_pandoc.pptx", "slides_libreoffice.pptx", "slides_libreoffice.odp"]
)
def test_slides_are_parts_with_titles_notes_and_tables(name: str) -> None:
    document = sample(name)
    in_order(document.text, SLIDES)
    assert [part.title for part in document.parts] == [
        "slide 1: Larkfield mill", "slide 2: Costs", "slide 3: Dates",
    ]  # fmt: skip
    [second] = [part for part in document.parts if part.title == "slide 2: Costs"]
    assert "rebate of 7 percent" in document.text[second.start : second.end]
    assert "<number>" not in document.text


@pytest.mark.parametrize(
    ("name", "total"),
    [
        ("prices_libreoffice.xlsx", "| Total | 57,500.00 EUR | 100.0% |  |"),
        ("prices_libreoffice.ods", "| Total | 57,500.00 EUR | 100.0% |  |"),
        # No program has computed this one: the formula stands for its value.
        ("prices_openpyxl.xlsx", "| Total | =SUM(B3:B4) | =SUM(C3:C4) |  |"),
    ],
)
def test_sheets_are_parts_with_values_as_shown(name: str, total: str) -> None:
    document = sample(name)
    in_order(
        document.text,
        ("## Prices", "Prices 2026", "| Item | Price | Share | From |",
         "| Wheel | 48,000.00 EUR | 83.5% | 2026-06-03 |", total, "far away", "## Rebate (hidden)"),
    )  # fmt: skip
    assert [part.title for part in document.parts] == ["sheet Prices", "sheet Rebate (hidden)"]


def test_a_cell_merged_over_rows_stands_in_each() -> None:
    book = openpyxl.Workbook()
    for row in (["Ticket", "Price"], ["Child", "5 EUR"], [None, "0 EUR"], ["Adult", "12 EUR"]):
        book.active.append(row)
    book.active.merge_cells("A2:A3")
    out = io.BytesIO()
    book.save(out)
    text = load_bytes(out.getvalue(), "a.xlsx").text
    assert "| Child | 5 EUR |\n| Child | 0 EUR |\n| Adult | 12 EUR |" in text


def test_chapters_are_parts_named_by_the_table_of_contents() -> None:
    titles = [part.title for part in sample("offer_pandoc.epub").parts]
    assert titles == ["Offer for the Larkfield mill", "Scope of work", "Prices", "Guarantee"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("slides_pandoc.pptx", PPTX), ("prices_openpyxl.xlsx", XLSX), ("offer_pandoc.odt", ODT),
     ("prices_libreoffice.ods", ODS), ("offer_pandoc.epub", EPUB), ("offer_pandoc.rtf", RTF),
     ("offer_pandoc.7", ROFF)],
)  # fmt: skip
def test_types_are_told_without_a_name(name: str, kind: str) -> None:
    assert media_type("report", (SAMPLES / name).read_bytes()[:8192]) == kind


def test_a_rotated_log_is_no_manual_page() -> None:
    assert media_type("server.log.1", b"12:00 started\n.TH is not here") == "text/plain"


def test_rtf_in_old_code_pages_and_unicode() -> None:
    page = (
        rb"{\rtf1\ansi\ansicpg1251{\fonttbl{\f0\fcharset204 A;}}"
        rb"{\stylesheet{\s1 heading 1;}}\pard\s1 \'cf\'f0\par\pard\plain "
        rb"\u8364?5 {\v hidden}{\deleted gone}\b bold\b0  \{x\}{\*\unknown no}{\pict 0102}\par}"
    )
    assert load_bytes(page, "a.rtf").text == "# Пр\n\n€5 bold {x}\n"


def test_tex_keeps_formulas_and_drops_comments() -> None:
    page = rb"""\documentclass{article}\title{The \emph{mill}}\begin{document}\maketitle
\section*{Costs}% not this
It costs 5\,\% of $a_1 \times b$.\footnote{Only in May.} See \cite{x}, na\"ive \verb|a_b|.
\begin{verbatim}
% kept
\end{verbatim}
\end{document} junk"""
    assert load_bytes(page, "a.tex").text == (
        "# The mill\n\n# Costs\n\nIt costs 5 % of $a_1 \\times b$ [footnote 1: Only in May]."
        " See \\cite{x}, naïve a_b.\n\n```\n% kept\n```\n"
    )


def test_org_leaves_out_drawers_and_settings() -> None:
    page = (
        b"#+TITLE: Mill\n#+OPTIONS: toc:nil\n* Gate :tag:\n:PROPERTIES:\n:ID: 1\n:END:\n"
        b"SCHEDULED: <2026-05-01>\nOpens at 9, see [[http://x][the plan]].\n# no\n"
        b"#+begin_src sh\n* not a heading\n#+end_src\n"
    )
    assert load_bytes(page, "a.org").text == (
        "# Mill\n\n# Gate\n\nOpens at 9, see the plan.\n\n```sh\n* not a heading\n```\n"
    )
