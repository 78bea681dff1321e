"""Samples of real programs: what their text must say in order, and what it must not say."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from ctxc.document import Document
from ctxc.input.loaders import load_bytes

SAMPLES = Path(__file__).parent / "fixtures" / "formats"

GUIDE = (
    "Guide to the mill", "Opening hours",
    "The museum is open from 10:00 to 17:00, except on Mondays",
    "On bank holidays it is open on Mondays too", "| Adult | 8 EUR |", "| Child | 3 EUR |",
    "1. Buy a ticket at the gate.", "2. Keep it until you leave.", "1.2×10^3", "m^2", "H_2O",
    "Dogs are kept on a lead.", "sluice --open 3", "Plan of the building", "Safety",
    "Never touch the stones while they turn.",
)  # fmt: skip
# A page of roff knows no raised letters, and its notes stand at its end.
MANUAL = tuple(fact for fact in GUIDE[1:] if fact not in (GUIDE[3], "1.2×10^3", "m^2", "H_2O"))
# LibreOffice's books lose a table's header, the numbers of lists, and put notes at the end.
BOOK = (
    "Guide to the mill", "except on Mondays.^1", "| Adult | 8 EUR |", "Buy a ticket at the gate.",
    "1.2×10^3 m^2. Water: H_2O", "^1On bank holidays", "Never touch the stones",
)  # fmt: skip
RST = (
    "Opening hours", "except on Mondays", "On bank holidays it is open on Mondays too", "Note",
    "Tickets are sold until 16:30.", "| Visitor | Price |", "| Adult | 8 EUR |",
    "- Parking: behind the barn", "```\nsluice --open 3\n```", "Safety",
    "1. Never touch the stones.", "2. Keep dogs on a lead.",
)  # fmt: skip
VISITORS = (
    "## Visitors", "| Month | Adults | Children | Income |", "| April | 310 | 122 | 2,846.00 EUR |",
    "| June | 391 | 260 | 3,908.00 EUR |",
)  # fmt: skip
STAFF = (*VISITORS, "All figures before tax", "## Staff", "| Bob | 20 | 2023-09-15 |")
OPENING = (
    "## Opening hours", "Open from 10:00 to 17:00", "  - except on Mondays",
    "Speaker notes: Mention the bank holidays.", "## Visitors",
)  # fmt: skip
CHART = (*OPENING, "| April | 310 |", "| May | 428 |", "## Admission", "| Adult | 8 EUR |")
FILM = ("00:00:01", "The wheel turns.", "00:00:04", "00:00:07", "1782\nfrom oak.")
SHOP = (
    "# Stone ground flour, 25 kg", "Price: ~~34.00 EUR~~ 31.00 EUR", "12 sacks in stock",
    "Discounts", "| Sacks | Price a sack |", "| 5 | 29.50 EUR |", "- Not on islands",
    "[image: A sack of flour]",
)  # fmt: skip
NEWS = (
    "# The wheel turns again", "By Ann Example", "turned again on Sunday.", "48,000 EUR",
    "> It sounds better than before", "- Wheel: eleven new paddles", "- Weir: sealed with clay",
)  # fmt: skip
SLUICE = (
    "# 2 Sluice", "```\nsluice --open 3\nsluice --close\n```", "Never open two gates at once.",
    "| Gate | Limit, low | Limit, high |", "| 1 | 10 cm | 90 cm |",
)  # fmt: skip
SIGNS = ("<w:", "\\par", "{\\", "@{", "&nbsp;", "=3D", "base64", "xmlns", ".TH", "#+", "\\begin")
BROWSER = ("cookies", "SECRET-ID", "Contact", "Breadcrumb", "Imprint", "Gazette", "1 Start",
           "Mayor", "Saved by Blink", "Newsletter")  # fmt: skip

# File: what its text says in this order, and what it does not say (beside SIGNS).
TABLE: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    **{f"guide_pandoc.{suffix}": (GUIDE, ()) for suffix in ("docx", "epub", "odt", "org", "rtf")},
    **{f"guide_libreoffice.{suffix}": (GUIDE, ()) for suffix in ("docx", "odt", "rtf")},
    "guide_pandoc.tex": (GUIDE, ("includegraphics", "\\label", "keepaspectratio")),
    "guide_pandoc.1": (MANUAL, ()),
    "guide_docutils.1": (RST, ("rst2man", "INDENT", "This is a comment")),
    "guide_docutils.html": (RST, ("This is a comment", "font-family")),
    "guide_ebooklib.epub": (
        ("# Opening hours", "| Adult | 8 EUR |", "# Safety", "[image: Warning sign]"), (),
    ),
    "guide_libreoffice.epub": (BOOK, ("10^33", "103 m2")),
    "manual_latex.tex": (
        ("Start", "check that the sluice is fully closed.", "Closing", "1. The mill at Larkfield",
         "| Part | Interval | By |", "| Hoist chain | one month | inspector |"),
        ("fancyhdr", "toprule", "thispagestyle"),
    ),
    "visitors_openpyxl.xlsx": (STAFF, ("46000", "38.50")),
    "visitors_libreoffice.ods": (STAFF, ()),
    "visitors_xlsxwriter.xlsx": ((*VISITORS, "| Total | 1129 | 12.3% |"), ("=SUM", "internal")),
    "total_libreoffice.ods": (
        ("| Month [comment: internal] | Adults |", *VISITORS[2:], "| Total | 1129 | 12.3% |"),
        ("=SUM",),
    ),
    "gates_odfpy.odp": (("Gates", "Upper: 1.80 m", "Lower: 2.10 m", "Eels", "0.30 m wide."), ()),
    "gates_jupytext.ipynb": (
        ("# Gates", "Width in metres.", "```python\nwidths = [1.8, 2.1]\nsum(widths)\n```"),
        ("jupytext", "kernelspec"),
    ),
    "opening_pptx.pptx": (CHART, ("Click to",)),
    "opening_libreoffice.pptx": (CHART, ("Click to",)),
    "opening_libreoffice.odp": ((*OPENING, "## Admission", "| Adult | 8 EUR |"), ("Click to",)),
    "guide_pandoc.ipynb": (("# Opening hours", "[1] On bank holidays"), ('"cells"', "metadata")),
    "income_nbformat.ipynb": (
        ("# Income of the mill", "```python\ntotal = 2846 + 4039", "6885", "[image/png, 308 bytes]",
         "ZeroDivisionError: division by zero"),
        ("iVBOR", "\x1b", '"cells"'),
    ),
    "film_pysubs2.srt": ((*FILM, "01:00:05", "The end"), ("\\N",)),
    "film_pysubs2.vtt": ((*FILM, "01:00:05", "The end"), ("\\N",)),
    "film_webvtt.vtt": (FILM, ()),
    "order_mutt.eml": (
        ("Subject: Bestellung für die Mühle", "From: Ann Bäcker <ann@larkfield.example>",
         "12 Säcke Mehl bis 3. Juni.", "> Wie viele brauchst du?", "-- \nAnn Bäcker",
         "[attachment: prices.csv, text/csv, 30 bytes]", 'Wheel,"48,000 EUR"'),
        ("=C3", "boundary", "Content-Type"),
    ),
    "rent_python.eml": (
        ("Subject: Rent for June – reminder", "900 € is due on 5 June.", "[attachment: guide.docx",
         *GUIDE),
        ("tracker.example", "=E2", "Content-Type"),
    ),
    "gates_git.eml": (
        ("Subject: [PATCH] Open four gates in spring", "The brook carries more water then.",
         "diff --git a/gate b/gate", "-3\n+4"),
        ("0:00:00 2001",),
    ),
    **{f"shop_chromium.{suffix}": (SHOP, BROWSER) for suffix in ("html", "mhtml")},
    **{f"news_chromium.{suffix}": (NEWS, BROWSER) for suffix in ("html", "mhtml")},
    **{f"manual_chromium.{suffix}": (SLUICE, BROWSER) for suffix in ("html", "mhtml")},
    "offer_oxmsg.msg": (("Subject: Offer", "48,000 EUR", "The gate closes", "Item,Price"), ()),
    "rent_html.msg": (("Subject: Rent", "900 € a month", "| May | 900 € |"), ("<b>",)),
    "term_rtf.msg": (("Subject: Term", "30 June 2031", "by letter, once"), ("\\b",)),
}  # fmt: skip


def read(name: str) -> Document:
    if name.endswith(".msg") and find_spec("olefile") is None:
        pytest.skip("olefile is not installed")
    return load_bytes((SAMPLES / name).read_bytes(), name)


@pytest.mark.parametrize("name", TABLE)
def test_a_sample_says_what_it_says(name: str) -> None:
    text = read(name).text
    must, must_not = TABLE[name]
    at = 0
    for fact in must:
        place = text.find(fact, at)
        assert place >= 0, f"{fact!r} is not behind {text[max(0, at - 80) : at]!r} in {text!r}"
        at = place + len(fact)
    signs = SIGNS if not name.endswith(("eml", "msg")) else ()
    assert not [word for word in (*must_not, *signs) if word in text]


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("guide_pandoc.docx", "picture"),
        ("guide_pandoc.epub", "picture"),
        ("opening_libreoffice.odp", "embedded object"),
        ("visitors_xlsxwriter.xlsx", "chart, cell comments"),
        ("shop_chromium.mhtml", "left out of the saved page"),
        ("shop_chromium.html", "cookie notice"),
    ],
)
def test_what_is_left_out_is_noted(name: str, note: str) -> None:
    assert any(note in line for line in read(name).notes)


def test_every_format_has_three_samples() -> None:
    counts: dict[str, int] = {}
    for path in SAMPLES.iterdir():
        suffix = {"7": "man", "1": "man", "vtt": "srt"}.get(path.suffix[1:], path.suffix[1:])
        counts[suffix] = counts.get(suffix, 0) + 1
    known = "docx pptx xlsx odt ods odp epub rtf man tex ipynb eml msg srt html mhtml".split()
    assert {suffix: counts.get(suffix, 0) for suffix in known if counts.get(suffix, 0) < 3} == {}
