"""Footnotes, comments, margins, merged cells, clause numbers and text boxes of a DOCX are read."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn

from ctxc.input.loaders import load_bytes

SAMPLES = Path(__file__).parent / "fixtures" / "formats"


def text(made: Any) -> str:
    out = io.BytesIO()
    made.save(out)
    return load_bytes(out.getvalue(), "a.docx").text


@pytest.mark.parametrize("name", ["offer_pandoc.docx", "offer_libreoffice.docx"])
def test_samples_of_real_programs(name: str) -> None:
    read = load_bytes((SAMPLES / name).read_bytes(), name).text
    facts = [
        "# Offer for the Larkfield mill",
        "Scope of work",
        "48,000 EUR [footnote 1: Only if the order is placed before 1 May].",
        "3×10^4 m^2, and the H_2O level",
        "1. Take down the old wheel.",
        "2. Build the new wheel:",
        "- oak spokes",
        "| Item | Price | Remark |",
        "| Shaft | 9,500 EUR | steel |",
        "30 days after the invoice",
        "five years from delivery",
    ]
    places = [read.index(fact) for fact in facts]
    assert places == sorted(places)
    assert "# Ann Example" not in read


def test_comments_and_margins_are_marked_as_such() -> None:
    made = docx.Document()
    made.sections[0].header.paragraphs[0].text = "Draft, not binding"
    made.sections[0].footer.paragraphs[0].text = "12"
    run = made.add_paragraph("The price is ").add_run("5 EUR")
    made.add_comment(run, text="Check this.", author="Ann B", initials="A")
    assert text(made) == (
        "[header: Draft, not binding]\n\nThe price is 5 EUR [comment by Ann B: Check this]\n"
    )


def test_a_long_note_stands_behind_its_paragraph() -> None:
    made = docx.Document()
    run = made.add_paragraph("The price is ").add_run("5 EUR")
    made.add_comment(run, text="word " * 80 + "end.", author="", initials="")
    made.add_paragraph("Next")
    read = text(made)
    assert read.startswith("The price is 5 EUR [comment]\n\n[comment: word word")
    assert read.endswith("end.]\n\nNext\n")


def test_merged_cells_stand_in_their_columns() -> None:
    made = docx.Document()
    table = made.add_table(3, 3)
    for at, value in enumerate(
        ["Ticket", "Price", "Age", "Child", "5", "6-15", "", "0", "under 6"]
    ):
        table.cell(at // 3, at % 3).text = value
    table.cell(1, 0).merge(table.cell(2, 0)).text = "Child"
    assert "| Child | 5 | 6-15 |\n| Child | 0 | under 6 |" in text(made)
    wide = docx.Document()
    table = wide.add_table(2, 3)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "both"
    table.cell(0, 2).text = "third"
    table.cell(1, 2).text = "x"
    assert "| both |  | third |\n| --- | --- | --- |\n|  |  | x |" in text(wide)


NUMBERING = """<w:abstractNum {ns} w:abstractNumId="90"><w:multiLevelType w:val="multilevel"/>
<w:lvl w:ilvl="0"><w:start w:val="4"/><w:numFmt w:val="upperRoman"/><w:lvlText w:val="%1."/></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:isLgl/><w:lvlText w:val="%1.%2"/></w:lvl>
<w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="(%3)"/></w:lvl>
</w:abstractNum>"""  # noqa: E501


def test_clauses_bear_their_numbers() -> None:
    made = docx.Document()
    root = made.part.numbering_part.element
    root.insert(0, parse_xml(NUMBERING.replace("{ns}", nsdecls("w"))))
    for number, restart in (("91", ""), ("92", '<w:lvlOverride w:ilvl="0"><w:startOverride'
                                         ' w:val="1"/></w:lvlOverride>')):  # fmt: skip
        root.append(
            parse_xml(
                f'<w:num {nsdecls("w")} w:numId="{number}">'
                f'<w:abstractNumId w:val="90"/>{restart}</w:num>'
            )
        )
    for number, level, words in [
        ("91", 0, "Liability"), ("91", 1, "Limits"), ("91", 2, "theft"), ("91", 2, "fire"),
        ("91", 1, "Exclusions"), ("91", 0, "Term"), ("92", 0, "Annex"),
    ]:  # fmt: skip
        paragraph = made.add_paragraph(words, style="Heading 2" if level == 0 else None)
        properties = paragraph._p.get_or_add_pPr().get_or_add_numPr()
        properties.get_or_add_ilvl().val = level
        properties.get_or_add_numId().val = int(number)
    assert text(made) == (
        "## IV. Liability\n\n  - 4.1 Limits\n    - (a) theft\n    - (b) fire\n  - 4.2 Exclusions\n\n"  # noqa: E501
        "## V. Term\n\n## I. Annex\n"
    )


def test_text_boxes_stand_behind_their_paragraph() -> None:
    made = docx.Document()
    paragraph = made.add_paragraph("Before")
    box = parse_xml(
        f'<w:pict {nsdecls("w")} xmlns:v="urn:schemas-microsoft-com:vml"><v:shape><v:textbox>'
        "<w:txbxContent><w:p><w:r><w:t>In the box</w:t></w:r></w:p></w:txbxContent>"
        "</v:textbox></v:shape></w:pict>"
    )
    run = paragraph.add_run()
    run._r.append(box)
    paragraph.add_run(" and on")
    made.add_paragraph("After")
    assert text(made) == "Before and on\n\nIn the box\n\nAfter\n"


def test_powers_over_several_runs_are_one() -> None:
    made = docx.Document()
    paragraph = made.add_paragraph("10")
    for piece in ("-", "9"):
        align = OxmlElement("w:vertAlign")
        align.set(qn("w:val"), "superscript")
        run = paragraph.add_run(piece)
        run._r.get_or_add_rPr().append(align)
    paragraph.add_run(" m")
    assert text(made) == "10^-9 m\n"
