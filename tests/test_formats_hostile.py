"""Office files and books made to hurt, broken or locked: one line each, in bounded time."""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctxc.document import Document
from ctxc.errors import InputError
from ctxc.input.loaders import apart, load_bytes
from ctxc.input.loaders.raw import Raw
from ctxc.input.media import media_type

SAMPLES = Path(__file__).parent / "fixtures" / "formats"
ARCHIVES = [
    "offer_pandoc.docx", "slides_pandoc.pptx", "prices_openpyxl.xlsx", "offer_pandoc.odt",
    "prices_libreoffice.ods", "slides_libreoffice.odp", "offer_pandoc.epub",
]  # fmt: skip
MAIN = {
    "docx": "word/document.xml", "pptx": "ppt/slides/slide1.xml",
    "xlsx": "xl/worksheets/sheet1.xml", "odt": "content.xml", "ods": "content.xml",
    "odp": "content.xml", "epub": "EPUB/content.opf",
}  # fmt: skip


def refusal(data: bytes, name: str, *, limit: int = 50_000_000) -> str:
    with pytest.raises(InputError) as caught:
        load_bytes(data, name, limit=limit)
    message = caught.value.message
    assert message.isprintable() and len(message) < 300
    return message


def rezipped(name: str, changes: dict[str, bytes], *, without: str = "") -> bytes:
    """A sample with some parts changed, added, or one left out."""
    out = io.BytesIO()
    with zipfile.ZipFile(SAMPLES / name) as old, zipfile.ZipFile(out, "w", 8) as new:
        for part in old.namelist():
            if part not in changes and part != without:
                new.writestr(part, old.read(part))
        for part, data in changes.items():
            new.writestr(part, data)
    return out.getvalue()


def suffix(name: str) -> str:
    return name.rpartition(".")[2]


@pytest.mark.parametrize("name", ARCHIVES)
def test_bombs_are_refused_before_they_go_off(name: str) -> None:
    bomb = rezipped(name, {"media/big.png": b"\0" * 60_000_000})
    assert len(bomb) < 200_000
    assert "more than is safe to open" in refusal(bomb, name)
    markup = rezipped(name, {MAIN[suffix(name)]: b"<a>" + b" " * 51_000_000 + b"</a>"})
    assert "more than is safe to open" in refusal(markup, name, limit=500_000_000)
    parts = rezipped(name, {f"x/{at}": b"" for at in range(10_001)})
    assert "more than is safe to open" in refusal(parts, name)


@pytest.mark.parametrize("name", ARCHIVES)
def test_cut_emptied_and_garbled_files_are_one_line(name: str) -> None:
    data = (SAMPLES / name).read_bytes()
    assert "broken" in refusal(data[: len(data) // 2], name)
    assert "broken" in refusal(rezipped(name, {MAIN[suffix(name)]: b"<a><b></a>"}), name)
    gone = rezipped(name, {}, without=MAIN[suffix(name)])
    if suffix(name) == "xlsx":  # its other sheet is whole
        note = "1 of the sheets that it names are not in it"
        assert note in load_bytes(gone, name).notes
    else:
        refusal(gone, name)
    refusal(rezipped(name, {MAIN[suffix(name)]: b""}), name)


@pytest.mark.parametrize("name", ARCHIVES)
def test_what_is_encrypted_says_so(name: str) -> None:
    # Office programs put an encrypted document into an OLE file under the same name.
    locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
    assert "encrypted" in refusal(locked, name)
    data = bytearray((SAMPLES / name).read_bytes())
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        data[at + 8] |= 1
        at = data.find(b"PK\x01\x02", at + 4)
    assert "encrypted" in refusal(bytes(data), name)


def test_locked_odf_and_protected_books_say_so() -> None:
    manifest = b'<manifest xmlns="m"><file-entry><encryption-data/></file-entry></manifest>'
    assert "is encrypted" in refusal(
        rezipped("offer_pandoc.odt", {"META-INF/manifest.xml": manifest}), "a.odt"
    )
    locked = b'<e xmlns="x"><CipherReference URI="EPUB/text/ch001.xhtml"/></e>'
    data = rezipped("offer_pandoc.epub", {"META-INF/encryption.xml": locked})
    assert "is protected" in refusal(data, "a.epub")


SECRET = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd"><!ENTITY b "&a;&a;">]>'


@pytest.mark.parametrize("name", ["offer_pandoc.odt", "prices_libreoffice.ods"])
def test_entities_are_neither_unfolded_nor_fetched(name: str) -> None:
    with zipfile.ZipFile(SAMPLES / name) as archive:
        content = archive.read("content.xml").decode()
    head, _, rest = content.partition("?>")
    place = rest.index(">", rest.index("<text:p")) + 1
    content = f"{head}?>{SECRET}{rest[:place]}&a;{rest[place:]}"
    text = load_bytes(rezipped(name, {"content.xml": content.encode()}), name).text
    assert "root:" not in text
    assert "&a;" in text


def test_a_spine_that_lies_is_read_as_far_as_it_is_true() -> None:
    with zipfile.ZipFile(SAMPLES / "offer_pandoc.epub") as archive:
        book = archive.read("EPUB/content.opf").decode()
    item = (
        '<item id="gone" href="../../../etc/passwd" media-type="application/xhtml+xml"/></manifest>'
    )
    again = (
        '<itemref idref="gone"/><itemref idref="nowhere"/>' + '<itemref idref="ch001_xhtml"/>' * 900
    )
    book = book.replace("</manifest>", item).replace("</spine>", again + "</spine>")
    document = load_bytes(
        rezipped("offer_pandoc.epub", {"EPUB/content.opf": book.encode()}), "a.epub"
    )
    assert document.text.count("Take down the old wheel") == 1
    assert document.notes == ("1 of the chapters that the book names are not in it",)


def sheet(rows: str) -> bytes:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    page = (
        f'<worksheet xmlns="{space}"><dimension ref="A1:XFD1048576"/>'
        f"<sheetData>{rows}</sheetData></worksheet>"
    )
    return rezipped("prices_openpyxl.xlsx", {"xl/worksheets/sheet1.xml": page.encode()})


def test_a_sheet_that_claims_a_million_rows_costs_what_it_holds() -> None:
    cell = '<c r="{0}" t="inlineStr"><is><t>{1}</t></is></c>'
    rows = (
        f'<row r="1">{cell.format("A1", "first")}{cell.format("B1", "second")}</row>'
        f'<row r="900000">{cell.format("A900000", "last")}</row>'
    )
    document = load_bytes(sheet(rows), "a.xlsx")
    assert "| first | second |" in document.text and "last" in document.text
    assert len(document.text) < 300


def test_a_million_wide_rows_are_too_many() -> None:
    rows = "".join(f'<row r="{at}"><c r="XFD{at}"><v>1</v></c></row>' for at in range(1, 1000))
    assert "more than is safe to read" in refusal(sheet(rows), "a.xlsx")


def test_repeated_cells_of_ods_are_bounded() -> None:
    with zipfile.ZipFile(SAMPLES / "prices_libreoffice.ods") as archive:
        content = archive.read("content.xml").decode()
    many = (
        '<table:table-row table:number-rows-repeated="1048576"><table:table-cell'
        ' table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell>'
        "</table:table-row></table:table>"
    )
    content = content.replace("</table:table>", many, 1)
    text = load_bytes(
        rezipped("prices_libreoffice.ods", {"content.xml": content.encode()}), "a.ods"
    )
    assert len(text.text) < 500_000


def test_tables_in_tables_are_read_once_each() -> None:
    with zipfile.ZipFile(SAMPLES / "offer_pandoc.odt") as archive:
        content = archive.read("content.xml").decode()
    start, end = (
        "<table:table><table:table-row><table:table-cell>",
        ("</table:table-cell></table:table-row></table:table>"),
    )
    nested = start * 50 + "<text:p>deep</text:p>" + end * 50
    content = content.replace("</office:text>", nested + "</office:text>")
    text = load_bytes(rezipped("offer_pandoc.odt", {"content.xml": content.encode()}), "a.odt").text
    assert text.count("deep") == 1


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"{\\rtf1 " + b"{" * 200_000, "a.rtf"),
        (b"{\\rtf1\\bin999999999999 x", "a.rtf"),
        (b"{\\rtf1 }", "a.rtf"),
        (b"no rtf", "a.rtf"),
    ],
    ids=["groups", "bin", "empty", "text"],
)
def test_rtf_made_to_hurt_is_one_line(data: bytes, name: str) -> None:
    refusal(data, name)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"\\textbf{" * 50_000 + b"deep", "a.tex"),
        (b"\\begin{itemize}\\item " * 20_000 + b"deep", "a.tex"),
        (b"\\begin{tabular}{l}" * 5_000 + b"deep", "a.tex"),
        (b"\\begin{verbatim}" * 20_000 + b"deep", "a.tex"),
        (b":DRAWER:\n" * 30_000 + b"deep", "a.org"),
        (b"#+begin_src\n" * 30_000 + b"deep", "a.org"),
        (b"[fn:1] x\n" * 10_000 + b"deep[fn:1]", "a.org"),
        (b".TH A 1\n" + b".TP\n.de x\n" * 20_000 + b"..\ndeep", "a.1"),
        (b".TH A 1\n" + b".Op " * 100_000 + b"\ndeep", "a.1"),
    ],
)
def test_markup_made_to_hurt_is_read(data: bytes, name: str) -> None:
    assert "deep" in load_bytes(data, name).text


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_file_with_bytes_changed_is_read_or_refused(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([*ARCHIVES, "offer_pandoc.rtf"]))
    changed = bytearray((SAMPLES / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    try:
        assert isinstance(load_bytes(bytes(changed), name), Document)
    except InputError as error:
        assert error.message.isprintable()


@pytest.mark.parametrize(
    ("name", "library"), [("slides_pandoc.pptx", "pptx"), ("prices_openpyxl.xlsx", "openpyxl")]
)
def test_a_missing_library_names_what_to_install(
    name: str, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = (SAMPLES / name).read_bytes()
    raw = Raw(data, name, media_type(name, data[:8192]))
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(InputError) as caught:
        apart.parse(suffix(name), raw)
    assert caught.value.hint == (
        "pip install '.[office]' in a checkout, or pip install 'ctxc-cli[office]' from an index"
    )


def test_a_broken_address_in_a_book_does_no_harm() -> None:
    with zipfile.ZipFile(SAMPLES / "offer_pandoc.epub") as archive:
        book = archive.read("EPUB/content.opf").decode()
    bad = '<item id="bad" href="http://[x" media-type="application/xhtml+xml"/></manifest>'
    book = book.replace("</manifest>", bad).replace("</spine>", '<itemref idref="bad"/></spine>')
    data = rezipped("offer_pandoc.epub", {"EPUB/content.opf": book.encode()})
    document = load_bytes(data, "a.epub")
    assert "Take down the old wheel" in document.text
    assert len(document.notes) == 1
