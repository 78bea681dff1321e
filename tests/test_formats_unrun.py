"""What a document could run or fetch is neither run nor fetched."""

from __future__ import annotations

import io
import socket
import zipfile
from pathlib import Path

import pdfs
import pytest

from ctxc.input.loaders import apart, load_bytes
from ctxc.input.loaders.raw import Raw
from ctxc.input.media import media_type

SAMPLES = Path(__file__).parent / "fixtures" / "formats"
LINK = (
    '<Relationship Id="rIdX" TargetMode="External" Target="http://127.0.0.1:9/x"'
    ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}"/>'
    "</Relationships>"
)


def rezipped(name: str, part: str, old: str, new: str, more: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(SAMPLES / name) as source, zipfile.ZipFile(out, "w", 8) as target:
        for each in source.namelist():
            data = source.read(each)
            target.writestr(
                each, data.replace(old.encode(), new.encode()) if each == part else data
            )
        for each, data in more.items():
            target.writestr(each, data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "part", "kind"),
    [
        ("guide_pandoc.docx", "word/_rels/document.xml.rels", "attachedTemplate"),
        ("visitors_openpyxl.xlsx", "xl/_rels/workbook.xml.rels", "externalLink"),
        ("opening_pptx.pptx", "ppt/slides/_rels/slide1.xml.rels", "image"),
    ],
)
def test_no_link_is_followed_and_no_macro_run(
    name: str, part: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refused)
    macros = {f"{part.partition('/')[0]}/vbaProject.bin": b"\xd0\xcf\x11\xe0 Sub AutoOpen"}
    data = rezipped(name, part, "</Relationships>", LINK.format(kind), macros)
    raw = Raw(data, name, media_type(name, data[:8192]))
    document = apart.parse(name.rpartition(".")[2], raw)  # here, where the socket is watched
    assert "Opening hours" in document.text or "April" in document.text
    assert "AutoOpen" not in document.text


def test_a_mail_and_a_page_fetch_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refused)
    page = (
        b'<link rel=stylesheet href="http://127.0.0.1:9/a.css"><img src="http://127.0.0.1:9/b">Hi'
    )
    assert load_bytes(page, "a.html").text == "Hi\n"
    body = b"From: a@b.c\nSubject: x\nContent-Type: text/html\n\n" + page
    assert load_bytes(body, "a.eml").text.endswith("Hi\n")


def test_actions_of_a_pdf_are_not_run() -> None:
    data = pdfs.of_pages("Hello there").replace(
        b"/Type /Catalog", b"/Type /Catalog /OpenAction << /S /JavaScript /JS (app.alert(1)) >>"
    )
    assert load_bytes(data, "a.pdf").text == "Hello there\n"
