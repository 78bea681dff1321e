"""What is attached to a mail is read behind it; Outlook's mails are read as any other."""

from __future__ import annotations

import json
import random
import struct
from email.message import EmailMessage
from importlib.util import find_spec
from pathlib import Path

import pdfs
import pytest

from ctxc.document import Document
from ctxc.errors import InputError
from ctxc.input.loaders import load_bytes
from ctxc.input.loaders.msg_rtf import decompressed
from ctxc.text.segment import segments

SAMPLES = Path(__file__).parent / "fixtures" / "formats"
outlook = pytest.mark.skipif(find_spec("olefile") is None, reason="olefile is not installed")


def mail(subject: str = "Offer") -> EmailMessage:
    out = EmailMessage()
    out["From"], out["Subject"] = "Ann <ann@example.com>", subject
    out.set_content("See the plan.")
    return out


def read(message: EmailMessage) -> Document:
    return load_bytes(message.as_bytes(), "a.eml")


def test_documents_are_parts_under_their_names() -> None:
    message = mail()
    plan = pdfs.of_pages("The gate closes at 20:30.", "The key is with Ann.")
    message.add_attachment(plan, "application", "pdf", filename="plan.pdf")
    message.add_attachment("<p>Rent: 900</p>", subtype="html", filename="rent.html")
    message.add_attachment(bytes(500), "image", "png", filename="logo.png")
    document = read(message)
    parts = {part.title: document.text[part.body : part.end] for part in document.parts}
    assert list(parts) == ["message", "plan.pdf, page 1", "plan.pdf, page 2", "rent.html"]
    assert "See the plan." in parts["message"] and "logo.png" in parts["message"]
    assert parts["plan.pdf, page 2"] == "The key is with Ann."
    assert parts["rent.html"] == "Rent: 900"


def test_what_cannot_be_read_is_named_and_noted() -> None:
    message = mail()
    message.add_attachment(b"%PDF-1.7 broken", "application", "pdf", filename="plan.pdf")
    for at in range(30):
        message.add_attachment(f"note {at}", filename=f"{at}.txt")
    document = read(message)
    assert "[attachment: plan.pdf, application/pdf, 15 bytes]" in document.text
    assert any("plan.pdf is a broken PDF" in note for note in document.notes)
    assert "11 more attachments not read" in document.notes
    assert "note 18" in document.text and "note 19\n" not in document.text


def test_what_is_attached_is_no_mail() -> None:
    message = mail()
    page = "<h1>Rent</h1><p>It is 900 EUR. It is due on 5 June.</p>"
    message.add_attachment(page, subtype="html", filename="rent.html")
    document = read(message)
    kinds = {one.kind for one in segments(document) if one.part == 1}
    assert kinds == {"heading", "sentence"}


def test_attached_data_is_cut_as_data() -> None:
    message = mail()
    data = json.dumps([{"item": at, "price": at * 7} for at in range(20)], indent=1)
    message.add_attachment(data.encode(), "application", "json", filename="prices.json")
    rows = "".join(f"{at},{at * 7}\n" for at in range(20))
    message.add_attachment("item,price\n" + rows, subtype="csv", filename="prices.csv")
    kinds = [(one.part, one.kind) for one in segments(read(message))]
    assert {(1, "record"), (1, "close")} <= set(kinds)
    assert kinds.count((2, "row")) == 21


def test_an_attached_mail_file_stands_where_it_is_attached() -> None:
    inner = mail("Inner")
    outer = mail("Outer")
    outer.add_attachment(inner.as_bytes(), "application", "octet-stream", filename="old.eml")
    text = read(outer).text
    assert "---------- Forwarded message ----------\n\nSubject: Inner" in text


def test_mails_in_mails_fifty_deep_end() -> None:
    head = "From: a@b.c\nSubject: {}\nMIME-Version: 1.0\nContent-Type: {}\n\n"
    whole = "".join(head.format(at, "message/rfc822") for at in range(50))
    text = load_bytes((whole + head.format(50, "text/plain") + "x").encode(), "a.eml").text
    assert 10 < text.count("Subject:") < 30
    assert "[attachment: message/rfc822" in text


@outlook
def test_outlook_mail() -> None:
    document = load_bytes((SAMPLES / "offer_oxmsg.msg").read_bytes(), "offer.msg")
    assert document.text.startswith(
        "Subject: Offer for the Larkfield mill\nFrom: Ann Example <ann@larkfield.example>\n"
        "To: Bob Müller <bob@example.com>\nCc: Carl <carl@example.com>\n"
        "Date: Thu, 28 May 2026 20:26:40 +0000\n\nDear Bob,\n\nthe wheel is rebuilt for 48,000 EUR."
    )
    assert document.text.count("48,000 EUR.") == 1
    assert "[attachment: logo.png, image/png, 208 bytes]" in document.text
    assert "Subject: The gate" in document.text and "closes at 20:30." in document.text
    [last] = document.parts[1:]
    assert last.title == "prices.csv"
    assert document.text[last.body : last.end].startswith("Item,Price\nWheel")


@outlook
@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("rent_html.msg", ("The rent is 900 € a month.", "| May | 900 € |")),
        ("term_rtf.msg", ("The lease ends on 30 June 2031.", "extend it once, by letter, once,")),
    ],
)
def test_outlook_mail_in_other_forms(name: str, facts: tuple[str, ...]) -> None:
    data = (SAMPLES / name).read_bytes()
    for file in (name, "message"):
        text = load_bytes(data, file).text
        assert all(fact in text for fact in facts)


@outlook
@pytest.mark.parametrize("name", ["offer_oxmsg.msg", "rent_html.msg", "term_rtf.msg"])
def test_damaged_outlook_mails_are_read_or_refused(name: str) -> None:
    data = (SAMPLES / name).read_bytes()
    chance = random.Random(1)
    for _ in range(40):
        damaged = bytearray(data)
        for _ in range(chance.randint(1, 20)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        del damaged[chance.choice((len(data), chance.randrange(600, len(data)))) :]
        try:
            load_bytes(bytes(damaged), name)
        except InputError as error:
            assert error.message.isprintable() and name in error.message


def test_a_charset_with_a_nul_in_its_name_is_no_traceback() -> None:
    raw = b'From: a@b.c\nSubject: x\nContent-Type: text/plain; charset="utf\0-8"\n\nCaf\xc3\xa9\n'
    assert "Café" in load_bytes(raw, "a.eml").text


def test_a_word_file_is_no_mail() -> None:
    with pytest.raises(InputError, match="Outlook mail"):
        load_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a.msg")


def test_packed_rtf_ends_where_it_is_cut() -> None:
    packed = struct.pack("<II4sI", 100, 5_000_000, b"LZFu", 0)
    assert decompressed(packed + b"\x00ab", 100) == b"ab"
    assert len(decompressed(packed + b"\xff" + b"\x00\x0f" * 8, 30)) == 30
    with pytest.raises(ValueError):
        decompressed(b"short", 10)
