"""Bytes of every kind -> documents, or one line that says why not."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from pathlib import Path

import docx
import pdfs
import pytest
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter

from ctxc.document import Document
from ctxc.errors import InputError, UsageError
from ctxc.input.loaders import load, load_bytes
from ctxc.input.media import DOCX, PDF, media_type
from ctxc.input.sources import Source


def text(data: bytes, name: str = "a.txt", **options: str) -> str:
    return load_bytes(data, name, **options).text  # type: ignore[arg-type]


def refusal(data: bytes, name: str, *, limit: int = 1_000_000, **options: str) -> str:
    with pytest.raises(InputError) as caught:
        load_bytes(data, name, limit=limit, **options)  # type: ignore[arg-type]
    message = caught.value.message
    assert message.isprintable() and len(message) < 300
    assert name in message
    return message


# ------------------------------------------------------------------- types


@pytest.mark.parametrize(
    ("name", "head", "expected"),
    [
        ("a.md", b"# x", "text/markdown"),
        ("A.RST", b"x", "text/x-rst"),
        ("a", b"x", "text/plain"),
        ("a.csv", b"x", "text/csv"),
        ("a.json", b"{", "application/json"),
        ("a.ndjson", b"{", "application/jsonl"),
        ("a.yml", b"x", "application/yaml"),
        ("pyproject.toml", b"x", "application/toml"),
        ("a.py", b"x", "text/x-code"),
        ("src/Makefile", b"x", "text/x-code"),
        ("a.txt", b"%PDF-1.7", PDF),
        ("a", b"\xef\xbb\xbf <!DOCTYPE HTML>", "text/html"),
        ("a.md", b"<html>", "text/markdown"),
        ("report", b"PK\x03\x04....word/document.xml", DOCX),
        ("a.zip", b"PK\x03\x04....", "text/plain"),
    ],
)
def test_types_by_name_and_magic_bytes(name: str, head: bytes, expected: str) -> None:
    assert media_type(name, head) == expected


def test_a_source_is_loaded_under_its_name(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(b"# Hi\r\n\r\nthere\r\n")
    document = load(Source("notes/a.md", path=path))
    assert document == Document("# Hi\r\n\r\nthere\r\n", "notes/a.md", "text/markdown")
    assert load(Source("-", data=b"")).text == ""


# ------------------------------------------------------------------- encodings

RUSSIAN = "Привет, как дела? Это текст на русском языке."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_marks_and_utf8_need_no_guess(encoding: str) -> None:
    document = load_bytes(RUSSIAN.encode(encoding), "a.txt")
    assert document.text == RUSSIAN
    assert document.notes == ()


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("naïve café", "latin-1"),
        ("“quoted” – text’s fine", "cp1252"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        ("これは日本語のテキストです。", "shift_jis"),
        ("这是一个中文文本，用来测试。", "gb18030"),
    ],
)
def test_a_guess_is_made_and_reported(content: str, encoding: str) -> None:
    document = load_bytes(content.encode(encoding), "a.txt")
    assert document.text == content
    [note] = document.notes
    assert "a guess" in note and "--encoding" in note
    # Said outright, it is no guess.
    assert load_bytes(content.encode(encoding), "a.txt", encoding=encoding).notes == ()


def test_damaged_utf8_stays_utf8() -> None:
    document = load_bytes(RUSSIAN.encode()[:-2] + b"\xff.", "a.txt")
    assert document.text == RUSSIAN[:-2] + "�" * 2 + "."
    assert "damaged in 2 places" in document.notes[0]


def test_the_encoding_asked_for_wins() -> None:
    assert text("é".encode(), encoding="latin-1") == "Ã©"
    assert text("ab".encode("utf-16-le"), encoding="utf-16-le") == "ab"
    assert text("\ufeffab".encode(), encoding="UTF8") == "ab"
    assert "is not utf-8 at offset 1" in refusal(b"a\xe9", "a.txt", encoding="utf-8")
    assert "is not unicode_escape" in refusal(b"\\ud800", "a.txt", encoding="unicode_escape")
    for unknown in ("nope", "hex", "rot13", "a\0b"):
        with pytest.raises(UsageError, match="is no encoding"):
            text(b"x", encoding=unknown)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"ab\0cd", "binary (NUL bytes at offset 2)"),
        (b"x" * 100_000 + b"\0", "binary (NUL bytes at offset 100000)"),
        (b"\x89PNG\r\n\x1a\n", "a PNG image"),
        (b"GGUF\0\0", "a GGUF model"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file"),
        (b"PK\x03\x04", "a zip archive"),
    ],
)
def test_binary_is_refused(data: bytes, reason: str) -> None:
    assert f"a.txt is {reason}" in refusal(data, "a.txt")


def test_text_that_begins_like_something_else_is_text() -> None:
    assert text(b"GIF8 is a prefix") == "GIF8 is a prefix"
    assert text(b"GGUF files explained") == "GGUF files explained"


def test_names_are_shown_without_control_characters() -> None:
    with pytest.raises(InputError) as caught:
        load_bytes(b"\0", "a\x1b[31m\nb\u202e.txt")
    assert caught.value.message.isprintable()


# ------------------------------------------------------------------- gzip


def test_gzip_is_unpacked_and_typed_by_what_is_inside() -> None:
    document = load_bytes(gzip.compress(b"# a") + gzip.compress(b" b") + b"\0" * 10, "n/a.md.gz")
    assert (document.text, document.media_type) == ("# a b", "text/markdown")
    assert document.source == "n/a.md.gz"
    assert load_bytes(gzip.compress(b"x"), "noname").text == "x"
    inner = load_bytes(gzip.compress(pdfs.of_pages("Hello there")), "a.gz")
    assert inner.text.strip() == "Hello there"


def test_gzip_bombs_and_broken_gzip_are_refused() -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    assert len(bomb) < 60_000
    assert "more than 1 MB once unpacked" in refusal(bomb, "a.gz")
    assert "more than 1 MB" in refusal(gzip.compress(b"x" * 600_000) * 2, "a.gz")
    assert "cut short" in refusal(gzip.compress(b"x" * 1000)[:-12], "a.gz")
    assert "no whole gzip file" in refusal(gzip.compress(b"x") + b"garbage", "a.gz")
    assert "binary" in refusal(gzip.compress(gzip.compress(b"x")), "a.gz.gz")


# ------------------------------------------------------------------- HTML

PAGE = """<!DOCTYPE html><html><head><title>T</title><style>p{}</style></head><body>
<script>if (a < b) document.write("<p>no</p>")</script><noscript>no</noscript>
<h1>Main <b>title</b></h1><p>Hello   <i>world</i>,<br>caf&eacute; &lt;ok&gt;</p>
<ul><li>one<ul><li>deep</ul></li><li>two</li></ul><ol><li>first<li>second</ol>
<table><tr><th>A<th>B<tr><td>1<td>2|3</table><pre>code
  <b>kept</b></pre><blockquote><p>said</p></blockquote>
<div hidden>no</div><p style="display:none">no</p><!-- no --><p>end"""


def test_html_becomes_what_a_reader_sees() -> None:
    document = load_bytes(PAGE.encode(), "a.html")
    assert document.media_type == "text/markdown"
    assert document.text == (
        "# Main title\n\nHello world,\ncafé <ok>\n\n- one\n  - deep\n- two\n1. first\n2. second\n\n"
        "| A | B |\n| --- | --- |\n| 1 | 2\\|3 |\n\n```\ncode\n  kept\n```\n\n> said\n\nend\n"
    )


def test_a_table_that_lays_out_a_page_is_no_table() -> None:
    page = b"<table><tr><td><h2>Left</h2><p>one</p><td>two</table><table><tr><td>box</table>"
    assert text(page, "a.html") == "## Left\n\none\n\ntwo\n\nbox\n"


def test_html_in_its_declared_encoding() -> None:
    page = f'<meta charset="koi8-r"><p>{RUSSIAN}'.encode("koi8-r")
    document = load_bytes(page, "a.html")
    assert document.text.strip() == RUSSIAN
    assert document.notes == ()


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        ("<div>" * 200_000 + "deep", "deep"),
        ("<b>" * 200_000 + "deep", "deep"),
        ("<ul><li>" * 50_000 + "deep", "deep"),
        ("<table><tr><td>" * 20_000 + "deep", "deep"),
        ("<svg><g>" * 50_000 + "</svg>", ""),
        ("<div " + " ".join(f"a{index}" for index in range(100_000)) + ">deep", "deep"),
        ("".join(f"<font id={index}>" for index in range(5000)) + "<p>deep" * 100, "deep"),
        ("<a " * 200_000, ""),
        ("<!--" * 200_000, ""),
        ("<script>" * 100_000, ""),
    ],
    ids=["div", "b", "list", "table", "svg", "attributes", "fonts", "open", "comment", "script"],
)
def test_html_made_to_hurt_is_read_in_bounded_time(page: str, shown: str) -> None:
    # Unbounded, several of these take hours (their time grows with the square of their size).
    read = text(page.encode(), "a.html")
    assert shown in read
    assert "<" not in read


def test_scripts_survive_simplification_as_nothing() -> None:
    page = (
        "<div>" * 1000 + "<script>for(i=0;i<n;i++){s='</div>'}</script><p>seen</p><style>x</style>"
    )
    assert text(page.encode(), "a.html") == "seen\n"


@given(
    st.lists(
        st.sampled_from(
            "<p> </p> <table> <tr> <td> </td> </table> <ul> <li> </ul> <h1> a b"
            " <pre> </pre> <br> <blockquote> </blockquote> <b> &amp; <".split()
        )
    )
)
def test_any_html_is_read(tags: list[str]) -> None:
    read = text("".join(tags).encode(), "a.html")
    inside = "".join(tags)
    if "<" not in inside.replace("<p>", "").replace("</p>", ""):
        plain = inside.replace("<p>", " ").replace("</p>", " ").replace("&amp;", "&")
        assert read.split() == plain.split()


# ------------------------------------------------------------------- PDF


def test_pdf_pages_are_parts_with_their_numbers() -> None:
    document = load_bytes(pdfs.of_pages("Hello (world)\nsecond café", "", "Page three"), "a.pdf")
    assert document.text == "Hello (world)\nsecond café\n\nPage three\n"
    assert [(part.title, document.text[part.body : part.end]) for part in document.parts] == [
        ("page 1", "Hello (world)\nsecond café"),
        ("page 3", "Page three"),
    ]
    assert document.notes == ("no text on page 2",)


def test_a_scanned_pdf_has_no_text_layer() -> None:
    for pages in (["", ""], ["1"]):
        assert "has no text layer" in refusal(pdfs.of_pages(*pages), "a.pdf")


def test_encrypted_pdfs() -> None:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdfs.of_pages("Secret text"))))
    writer.encrypt("open", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    assert refusal(out.getvalue(), "a.pdf") == "a.pdf is encrypted"
    assert "does not open it" in refusal(out.getvalue(), "a.pdf", password="x")
    assert text(out.getvalue(), "a.pdf", password="open") == "Secret text\n"


def test_aes_without_its_library_is_said_plainly() -> None:
    encryption = (
        b"<< /Filter /Standard /V 5 /R 6 /Length 256 /P -4 /O <%s> /U <%s> /OE <%s> /UE <%s>"
        b" /Perms <%s> /CF << /StdCF << /CFM /AESV3 /Length 32 >> >> /StmF /StdCF /StrF /StdCF >>"
        % (b"00" * 48, b"00" * 48, b"00" * 32, b"00" * 32, b"00" * 16)
    )
    data = pdfs.objects(
        CATALOG, PAGES, PAGE_3, FONT, pdfs.stream(b"x"), encryption,
        trailer=b"/Root 1 0 R /Encrypt 6 0 R /ID [<00> <00>]",
    )  # fmt: skip
    # With the library it asks for the password, without it for the library.
    assert "a.pdf is encrypted" in refusal(data, "a.pdf")


CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
PAGES = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
PAGE_3 = (
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 5 0 R /Resources"
    b" << /Font << /F1 4 0 R >> /XObject << /X 6 0 R >> >> >>"
)
FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
FORM = (
    b"/Type /XObject /Subtype /Form /BBox [0 0 1 1] /Resources << /XObject << /X 6 0 R >> >>"
)  # fmt: skip


def page_of(contents: bytes, extra: bytes = b"", form: bytes = b"null") -> bytes:
    return pdfs.objects(CATALOG, PAGES, PAGE_3, FONT, pdfs.stream(contents, extra), form)


@pytest.mark.parametrize(
    "data",
    [
        b"hello",
        b"%PDF-1.4",
        pdfs.of_pages("Hello there")[:400],
        pdfs.of_pages("Hello there")[:-200],
        pdfs.objects(CATALOG, b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"),
        pdfs.objects(
            CATALOG,
            b"<< /Type /Pages /Kids [3 0 R] /Parent 3 0 R >>",
            b"<< /Type /Pages /Kids [2 0 R] /Parent 2 0 R >>",
        ),
        pdfs.objects(b"1 0 R"),
        pdfs.objects(CATALOG, b"[" * 100_000),
        pdfs.objects(CATALOG, b"null"),
        page_of(b"/X Do", form=pdfs.stream(b"/X Do /X Do", FORM)),
        page_of(zlib.compress(b"\0" * 100_000_000), b"/Filter /FlateDecode"),
        page_of(b"x", b"/Filter /Nonsense"),
    ],
    ids=["text", "header", "cut", "cut-end", "cycle", "cycle-2", "self", "deep", "null", "form",
         "bomb", "filter"],
)  # fmt: skip
def test_broken_and_hostile_pdfs_are_one_line(data: bytes) -> None:
    refusal(data, "a.pdf")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_pdf_with_bytes_changed_is_read_or_refused(data: st.DataObject) -> None:
    pdf = bytearray(pdfs.of_pages("Hello there", "Second page"))
    for _ in range(data.draw(st.integers(1, 8))):
        pdf[data.draw(st.integers(0, len(pdf) - 1))] = data.draw(st.integers(0, 255))
    read_or_refused(bytes(pdf), "a.pdf")


# ------------------------------------------------------------------- DOCX


def saved(document: object) -> bytes:
    out = io.BytesIO()
    document.save(out)  # type: ignore[attr-defined]
    return out.getvalue()


def test_docx_keeps_headings_lists_and_tables_in_order() -> None:
    made = docx.Document()
    made.add_heading("The title", 0)
    made.add_heading("A section", 2)
    made.add_paragraph("Some text")
    made.add_paragraph("one", style="List Bullet")
    made.add_paragraph("two", style="List Bullet")
    table = made.add_table(2, 2)
    for at, cell in enumerate(["A", "B", "1", "2|3"]):
        table.cell(at // 2, at % 2).text = cell
    made.add_paragraph("first", style="List Number")
    made.add_paragraph("second", style="List Number")
    made.add_paragraph("the end")
    assert text(saved(made), "a.docx") == (
        "# The title\n\n## A section\n\nSome text\n\n- one\n- two\n\n"
        "| A | B |\n| --- | --- |\n| 1 | 2\\|3 |\n\n1. first\n2. second\n\nthe end\n"
    )


def test_docx_insertions_and_content_controls_count_deletions_do_not() -> None:
    made = docx.Document()
    for wrapper in ("w:ins", "w:del", "w:hyperlink"):
        paragraph = made.add_paragraph("seen ")
        run = paragraph.add_run(wrapper[2:])
        around = OxmlElement(wrapper)
        run._r.addprevious(around)
        around.append(run._r)
    control, content = OxmlElement("w:sdt"), OxmlElement("w:sdtContent")
    inside = made.add_paragraph("in a control")
    inside._p.addprevious(control)
    control.append(content)
    content.append(inside._p)
    assert text(saved(made), "a.docx") == "seen ins\n\nseen\n\nseen hyperlink\n\nin a control\n"


def test_a_docx_table_spanning_a_billion_columns_is_small() -> None:
    made = docx.Document()
    table = made.add_table(1, 2)
    table.cell(0, 0).text = "wide"
    table.cell(0, 1).text = "x"
    span = OxmlElement("w:gridSpan")
    span.set(qn("w:val"), "1000000000")
    table.rows[0]._tr.tc_lst[0].get_or_add_tcPr().append(span)
    assert "| wide | x |" in text(saved(made), "a.docx")


def rezipped(data: bytes, **changes: bytes) -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, changes.pop(name, None) or old.read(name))
        for name, content in changes.items():
            new.writestr(name, content)
    return out.getvalue()


def test_hostile_docx_files_are_one_line() -> None:
    good = saved(docx.Document())
    bomb = rezipped(good, **{"word/media/zeros.bin": b"\0" * 5_000_000})
    assert len(bomb) < 100_000
    assert "more than is safe to open" in refusal(bomb, "a.docx")
    assert "not a DOCX" in refusal(rezipped_without(good, "word/document.xml"), "a.docx")
    assert "broken DOCX" in refusal(good[: len(good) // 2], "a.docx")
    assert "broken DOCX" in refusal(rezipped(good, **{"word/document.xml": b"<a>"}), "a.docx")
    assert "broken DOCX" in refusal(b"hello", "a.docx")
    deep = b"<w:document xmlns:w='x'>" + b"<w:p>" * 10_000
    assert "broken DOCX" in refusal(rezipped(good, **{"word/document.xml": deep}), "a.docx")
    laughs = b"<!DOCTYPE a [<!ENTITY a 'haha'>" + b"".join(
        b"<!ENTITY a%d '%s'>" % (level, b"&a%d;" % (level - 1) * 10 if level else b"&a;")
        for level in range(12)
    )
    laughs += b"]><document>&a11;</document>"
    read_or_refused(rezipped(good, **{"word/document.xml": laughs}), "a.docx")


def test_a_docx_whose_parts_are_not_what_they_say_is_one_line() -> None:
    good = saved(docx.Document())
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        types = archive.read("[Content_Types].xml")
        styles = archive.read("word/styles.xml")
    mislabelled = types.replace(b"wordprocessingml.styles+xml", b"wordprocessingml.other+xml")
    bodiless = b"<w:document xmlns:w='%s'/>" % docx.oxml.ns.nsmap["w"].encode()
    for name, content in (
        ("[Content_Types].xml", mislabelled),
        ("word/document.xml", bodiless),
        # The parser's complaint quotes the file: no control character may come through.
        ("word/styles.xml", styles.replace(b"http://", b"\x7f://", 3)),
    ):
        assert "broken DOCX" in refusal(rezipped(good, **{name: content}), "a.docx")


def rezipped_without(data: bytes, left_out: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            if name != left_out:
                new.writestr(name, old.read(name))
    return out.getvalue()


# ------------------------------------------------------------------- anything


def read_or_refused(data: bytes, name: str) -> None:
    try:
        document = load_bytes(data, name, limit=1_000_000)
    except InputError as error:
        assert error.message.isprintable()
        return
    document.text.encode("utf-8")
    assert all(0 <= p.start <= p.body <= p.end <= len(document.text) for p in document.parts)


MAGIC = [b"", b"%PDF-1.4\n", b"\x1f\x8b\x08\0", b"PK\x03\x04word/", b"<html>", b"\xff\xfe"]


@settings(deadline=None)
@given(
    st.sampled_from(MAGIC),
    st.binary(max_size=300),
    st.sampled_from(["a", "a.html", "a.pdf", "a.docx", "a.gz", "a.json", "a.py"]),
)
def test_any_bytes_under_any_name_are_read_or_refused(magic: bytes, data: bytes, name: str) -> None:
    read_or_refused(magic + data, name)


@given(st.text())
def test_utf8_text_comes_back_as_it_was(content: str) -> None:
    if "\0" not in content and not content.startswith("\ufeff"):
        assert text(content.encode(), "a.md") == content


@pytest.mark.parametrize("name", ["a.txt", "a.json", "a.html", "a.csv"])
def test_ten_megabytes_on_one_line(name: str) -> None:
    assert len(text(b"word " * 2_000_000, name)) >= 9_999_999


def test_deep_json_is_text_like_any_other() -> None:
    assert text(b"[" * 1_000_000, "a.json") == "[" * 1_000_000
