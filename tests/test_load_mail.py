"""Mail: read once, decoded, attachments named; as text its head, words, quotes and signatures."""

from __future__ import annotations

import random
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit_subsets import closure, kind_of, random_subset, units, write

import ctxc
from ctxc.errors import InputError
from ctxc.input.loaders import load_bytes

BLOB = bytes(range(256)) * 20


def mail(**headers: str) -> EmailMessage:
    out = EmailMessage()
    for name, value in {"From": "Ann <ann@example.com>", "Subject": "Größe", **headers}.items():
        out[name] = value
    return out


def read(message: EmailMessage | bytes, name: str = "a.eml") -> str:
    data = message if isinstance(message, bytes) else message.as_bytes()
    return load_bytes(data, name).text


def test_words_come_once_and_attachments_by_name() -> None:
    message = mail(To="bob@example.com", Date="Tue, 24 Nov 2026 10:00:00 +0000")
    message.set_content("Die Halle hat 1.200 m².\n", cte="base64")
    message.add_alternative("<p>Die Halle hat <b>1.200 m²</b>.</p>", subtype="html")
    message.add_attachment(BLOB, "application", "pdf", filename="Pläne.pdf")
    message.add_attachment("a;b\n1;2\n" * 400, subtype="csv", filename="data.csv")
    assert read(message) == (
        "Subject: Größe\nFrom: Ann <ann@example.com>\nTo: bob@example.com\n"
        "Date: Tue, 24 Nov 2026 10:00:00 +0000\n\n"
        "Die Halle hat 1.200 m².\n\n"
        "[attachment: Pläne.pdf, application/pdf, 5 kB]\n\n"
        "[attachment: data.csv, text/csv, 3 kB]\n\n" + "a;b\n1;2\n" * 400
    )


def test_html_alone_is_read_as_pages_are() -> None:
    message = mail()
    message.set_content("<h1>Order</h1><script>x()</script><p>240&nbsp;&euro;</p>", subtype="html")
    message.add_related(BLOB, "image", "png", cid="<logo>", filename="logo.png")
    text = read(message)
    assert text.endswith("# Order\n\n240\u00a0€\n\n[attachment: logo.png, image/png, 5 kB]\n")


def test_a_forwarded_mail_is_read_too() -> None:
    inner = mail(Subject="Inner")
    inner.set_content("The valve is stuck.")
    outer = mail(Subject="Outer")
    outer.set_content("See below.")
    outer.add_attachment(inner)
    assert read(outer).endswith(
        "See below.\n\n---------- Forwarded message ----------\n\n"
        "Subject: Inner\nFrom: Ann <ann@example.com>\n\nThe valve is stuck.\n"
    )


def test_a_piped_mail_is_decoded() -> None:
    message = mail()
    message.set_content("Die Prüfung ist am 3. Dezember.", cte="base64")
    assert "Die Prüfung" in read(message, "-")


@pytest.mark.parametrize(
    "text",
    [
        "From: HR\nTo: all\nSubject: Lunch\n\nAt one.\n",
        "From the start, this was a story: a long one.\nMIME-Version: no\n",
        "Content-Type: text/html\nFrom: x\nnot a header\nMIME-Version: 1.0\n\nb",
    ],
)
def test_other_text_is_left_as_it_is(text: str) -> None:
    assert read(text.encode(), "-") == text


def test_what_lies_about_itself_is_shown_as_far_as_it_goes() -> None:
    raw = (
        b"From: =?x-none?q?a?= <a@b>\r\nSubject: =?utf-8?b?!!!?=\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: text/plain; charset="no-such"\r\n\r\nCaf\xe9 \x80 100\r\n'
    )
    assert "Café € 100" in read(raw)
    deep = b"From: a@b\nSubject: s\nContent-Type: multipart/mixed; boundary=b\n\n"
    nested = deep + b"".join(
        b"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n" % (i, i + 1) for i in range(3000)
    )
    try:
        assert "Subject: s" in read(nested)
    except InputError as error:
        assert "nested" in str(error)


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        read(b"Subject: x\nFrom: a@b\nMIME-Version: 1.0\nContent-Type: " + data, "a.eml")
    except InputError as error:
        assert "a.eml" in str(error)


THREAD = """\
Subject: Pump 4
From: Ann <ann@example.com>
Received: by mx.example.com with SMTP id 77
Date: Mon, 23 Nov 2026 09:00:00 +0000

Hello Bob,

the pump failed on Monday at 3.2 bar. Please order the seal today.

Best regards
Ann

On Sun, 22 Nov 2026 Bob wrote:
> is the pump running?
>> it was on Friday

--\x20
Ann Ray, Larkfield Ltd

-----Original Message-----
From: Carl <carl@example.com>
Sent: Friday
Subject: Seals

The seals came in two boxes.
"""


def test_a_thread_is_told_by_its_heads() -> None:
    assert kind_of(THREAD) == "mail"
    assert kind_of("To: all staff\nFrom: HR\nSubject: Lunch\n\nAt one.\n") == "mail"
    for other in (
        "Subject: physics\n\nA lesson.\n",
        "From: Ann\nTo: Bob\n\nHow far is it?\n",
        "From 0123 Mon Sep 17 00:00:00 2001\nFrom: A <a@b.c>\nSubject: [PATCH] x\n\n---\n"
        "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n",
        "Ann: from Leeds\nBob: to York\nAnn: on which date\nBob: Monday\n",
    ):
        assert kind_of(other) != "mail", other


def test_words_outrank_quotes_and_signatures() -> None:
    segments = units(THREAD, "mail")
    worth = {s.core(THREAD): s.salience for s in segments}
    assert worth["Please order the seal today."] > worth["Hello Bob,"]
    assert worth["Please order the seal today."] > worth["The seals came in two boxes."]
    assert worth["> is the pump running?"] > worth[">> it was on Friday"] > 0
    assert worth["--\x20\nAnn Ray, Larkfield Ltd".replace("\x20\n", " \n")] == 0
    assert worth["Received: by mx.example.com with SMTP id 77"] == 0


def test_a_sentence_brings_the_head_of_its_own_mail() -> None:
    segments = units(THREAD, "mail")
    by_text = {s.core(THREAD): i for i, s in enumerate(segments)}
    left = write(THREAD, segments, closure(segments, {by_text["The seals came in two boxes."]}))
    assert "Carl" in left and "Seals" in left and "Pump 4" not in left
    left = write(THREAD, segments, closure(segments, {by_text["Please order the seal today."]}))
    assert "Pump 4" in left and "Ann <ann" in left and "Carl" not in left


def test_shortened_it_keeps_head_and_facts() -> None:
    result = ctxc.compress(THREAD, tokens=70, engine="lexical").text
    assert result.startswith("Subject: Pump 4\nFrom: Ann")
    assert "\n\nthe pump failed on Monday at 3.2 bar." in result
    assert "Larkfield" not in result


@settings(deadline=None)
@given(st.text() | st.builds(lambda a, b: THREAD[a:b], st.integers(0, 300), st.integers(0, 900)))
def test_any_text_is_tiled(text: str) -> None:
    kind_of(text)
    segments = units(text, "mail")
    if text.strip():
        assert random_subset(text, segments, random.Random(0)).strip()
