"""What HTML says by its elements, not by its letters, is in the text that is read."""

from __future__ import annotations

import pytest

from ctxc.document import Document
from ctxc.input.loaders import load_bytes


def read(page: str) -> Document:
    return load_bytes(page.encode(), "a.html")


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        ("3&times;10<sup>9</sup> cells", "3×10^9 cells"),
        ("10<sup>-9</sup> m", "10^-9 m"),
        ("H<sub>2</sub>O", "H_2O"),
        ("x<sup>n+1</sup>", "x^(n+1)"),
        ("x<sub>1</sub>2", "x_(1)2"),
        ("the 1<sup>st</sup> of May", "the 1st of May"),
        ("proven<sup><a href='#n'>[1]</a></sup> true", "proven[1] true"),
        ("5 m<sup><b>2</b></sup>.", "5 m^2."),
        ("a<sup></sup>b", "ab"),
        ("a <sup>whole sentence that only a forgotten end tag makes a power</sup> b",
         "a whole sentence that only a forgotten end tag makes a power b"),
        ('a <sup>1<span style="display:none">no</span></sup>', "a ^1"),
        ('see <img src=x alt="the lift is  north"> here', "see [image: the lift is north] here"),
        ('a <img src=x alt=""> b<img src=y> c', "a b c"),
        ('so <math alttext="E=mc^2"><mi>E</mi></math>', "so E=mc^2"),
    ],
)  # fmt: skip
def test_inline_elements_keep_their_meaning(inside: str, text: str) -> None:
    assert read(f"<p>{inside}</p>").text == text + "\n"


def test_an_unclosed_sup_does_not_swallow_the_page() -> None:
    page = "<p>10<sup>9 cells<p>Second paragraph" + "<p>more" * 30
    assert "Second paragraph" in read(page).text


def test_definitions_stand_with_their_terms() -> None:
    page = "<dl><dt>Fee<dd>12 EUR<dt>Age<dt>Height<dd>over 6<dd>over 1.2 m</dl><p>end"
    assert read(page).text == "- Fee: 12 EUR\n- Age, Height: over 6\n  over 1.2 m\n\nend\n"


def test_spans_and_inner_tables_stand_under_their_headers() -> None:
    page = """<table><thead><tr><th rowspan=2>Ticket<th colspan=2>2026<tr><th>price<th>age</thead>
    <tr><td rowspan=2>Child<td>5 EUR<td>6 to 15<tr><td>0 EUR<td>under 6
    <tr><td>Group<td>9 EUR<td>from 10<table><tr><td>school<td>4 EUR</table>
    <tr><td>All<td colspan=2><ul><li>closed<li>in May</ul></table>"""
    assert read(page).text == (
        "| Ticket | 2026, price | 2026, age |\n| --- | --- | --- |\n"
        "| Child | 5 EUR | 6 to 15 |\n| Child | 0 EUR | under 6 |\n"
        "| Group | 9 EUR | from 10; school, 4 EUR |\n| All | closed; in May |  |\n"
    )


def test_an_inner_table_with_a_header_names_its_values() -> None:
    page = (
        "<table><tr><th>A<th>B<tr><td>x<td>"
        "<table><tr><th>who<th>fee<tr><td>school<td>4</table></table>"
    )
    assert "| x | who school, fee 4 |" in read(page).text


def test_spans_made_to_hurt_stay_small() -> None:
    cell = "<td rowspan=65534 colspan=1000>" + "x" * 150
    page = "<table><tr><th>a<th>b" + f"<tr>{cell}" + "<tr><td>y" * 3000 + "</table>"
    text = read(page).text
    assert "y" in text
    assert len(text) < 30_000_000


BANNER = '<div id="cookie-banner">Our 214 partners use cookies. <button>OK</button></div>'
NAV = "<nav><ul><li>Home<li>Shop</ul></nav>"


def test_the_main_text_is_read_and_the_rest_is_named() -> None:
    page = (
        f"<body>{BANNER}<header><h1>Mill</h1></header>{NAV}<main><p>Open all year.</p>"
        "<aside>Not on Mondays</aside></main><aside>Ten mills</aside><footer>Imprint</footer>"
    )
    document = read(page)
    assert document.text == "# Mill\n\nOpen all year.\n\nNot on Mondays\n"
    [note] = document.notes
    assert "navigation" in note and "cookie notice" in note and "outside the main text" in note


def test_a_sole_article_is_the_main_text_two_are_not() -> None:
    one = "<aside>Ad</aside><article><p>The story, long enough to stand alone.</article>"
    assert read(one).text == "The story, long enough to stand alone.\n"
    assert "Ad" in read(one + "<article>Another</article>").text


def test_a_page_that_marks_no_main_text_keeps_all_but_navigation() -> None:
    document = read(f"{BANNER}{NAV}<p>Prices<footer>From May on</footer>")
    assert document.text == "Prices\n\nFrom May on\n"
    assert document.notes == ("left out as the page marks it: cookie notice, navigation",)


def test_marks_that_would_leave_nothing_are_not_believed() -> None:
    assert "Home" in read(NAV).text
    assert "The text" in read("<main></main><p>The text").text
    long = "<p>" + "The text. " * 100
    assert "The text" in read(f"<main>Loading</main>{long}").text


def test_what_only_speaks_of_cookies_is_text() -> None:
    assert "oven" in read('<div class="cookie-notice">Oven hot, 12 minutes in the oven</div>').text
    assert "bake" in read('<section id="cookies">How we bake cookies</section>').text


def test_a_footnote_stands_in_the_sentence_it_restricts() -> None:
    page = (
        '<p>It costs 5 EUR.<a href="#fn1" role="doc-noteref"><sup>1</sup></a> Next.</p>'
        '<aside id="fn1"><p>Only in May. <a href="#r">↩</a></p></aside><p>end'
    )
    assert read(page).text == "It costs 5 EUR [footnote 1: Only in May]. Next.\n\nend\n"
    long = page.replace("Only in May.", "Only in May. " * 40)
    assert "It costs 5 EUR [1]. Next." in read(long).text
    assert "Only in May. Only" in read(long).text


def test_a_definition_in_a_paragraph_of_its_own_goes_on_behind_its_term() -> None:
    page = "<dl><dt>Fee</dt>\n<dd>\n<p>12 EUR</p>\n<p>in cash</p></dd></dl>"
    assert read(page).text == "- Fee: 12 EUR\n  in cash\n"
