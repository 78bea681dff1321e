"""Mail (RFC 5322 and MIME) -> text: who, what, when, the words once, attachments by name.

Of the alternatives of a part the plain text is taken, else what its HTML shows. Attachments that
are documents are read behind the mail, each as a part of its own. Whatever a mail claims about
itself may be wrong: charsets, encodings and headers that do not decode are shown as far as they
go. A page that a browser saved as one file (MHTML) is a mail too: what it shows is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import policy
from email.message import Message
from email.parser import BytesParser
from itertools import chain

from ...console import plain
from ...document import Document, Part
from ...errors import InputError
from ..media import BINARY, CODE, HTML, MAIL, MSG, SNIFFED, TEXT, by_name, media_type
from . import mail_parts as parts
from .decode import decode
from .raw import Raw

LARGEST = 100_000_000
"""Bytes of one mail; its parts take a few times as much memory."""

_HEADERS = ("Subject", "From", "To", "Cc", "Date")
_DEEPEST = 20
_MOST_READ = 20
"""Attachments that are read; the others are only named."""
_FORWARDED = "---------- Forwarded message ----------"
_MBOX = re.compile(rb"From \S[^\n]*\n")


@dataclass(slots=True)
class _Reading:
    """The mail that is being read, and the documents attached to it: names and bytes."""

    raw: Raw
    attached: list[tuple[str, bytes]] = field(default_factory=list)


def load(raw: Raw) -> Document:
    """The mail's words as a document. Raises InputError."""
    if len(raw.data) > LARGEST:
        raise raw.refuse(f"is larger than {LARGEST / 1e6:g} MB, too large for a mail")
    try:
        mail = _parsed(raw.data)
        if _is_page(mail, raw.name):
            return _page(mail, raw)
    except RecursionError:
        raise raw.refuse("is a mail whose parts are nested too deeply") from None
    if not _head(mail):
        text, notes = decode(raw)
        return Document(text, raw.name, "text/plain", notes=notes)
    return document(mail, raw)


def document(mail: Message, raw: Raw) -> Document:
    """A message in hand as a document. Raises InputError."""
    reading = _Reading(raw)
    try:
        blocks = [block for block in _blocks(mail, reading, 0) if block.strip()]
    except RecursionError:
        raise raw.refuse("is a mail whose parts are nested too deeply") from None
    whole = "\n\n".join(blocks)
    return _with_attached(whole + "\n" * bool(whole), reading)


def _parsed(data: bytes) -> Message:
    data = data.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
    if start := _MBOX.match(data):
        data = data[start.end() :]
    return BytesParser(policy=policy.compat32).parsebytes(data)


def _blocks(mail: Message, reading: _Reading, depth: int) -> Iterator[str]:
    """The head of a mail and what is in it."""
    yield _head(mail)
    yield from _parts(mail, reading, depth)


def _head(mail: Message) -> str:
    lines = (f"{name}: {value}" for name in _HEADERS if (value := parts.header(mail, name)))
    return "\n".join(lines)


def _parts(part: Message, reading: _Reading, depth: int) -> Iterator[str]:
    """The text of a part and of those in it, in order, and the names of what is no text."""
    kind = part.get_content_type()
    inner = parts.inner(part)
    attached = part.get_content_disposition() == "attachment" and kind != "message/rfc822"
    if depth > _DEEPEST or (inner and attached):
        yield parts.named(part)
    elif kind == "multipart/alternative":
        yield from _alternative(inner, reading, depth)
    elif kind == "message/rfc822" and inner:
        yield from chain([_FORWARDED], _blocks(inner[0], reading, depth + 1))
    elif inner:
        for child in inner:
            yield from _parts(child, reading, depth + 1)
    elif parts.is_text(part):
        yield _text(part, reading.raw)
    elif not part.is_multipart():
        yield from _attachment(part, reading, depth)


def _alternative(inner: list[Message], reading: _Reading, depth: int) -> Iterator[str]:
    """One of several versions of the same: plain text, else the last that has any text."""
    plain_text = [
        part
        for part in inner
        if part.get_content_type() == "text/plain" and _text(part, reading.raw)
    ]
    for part in plain_text[:1] or list(reversed(inner)):
        blocks = [block for block in _parts(part, reading, depth + 1) if block.strip()]
        if blocks:
            yield from blocks
            return


def _text(part: Message, raw: Raw) -> str:
    """The words of a part: what HTML shows, anything else as it is."""
    if part.get_content_type() == "text/html":
        return _html(part, raw).text.strip("\n")
    return parts.decoded(part).replace("\r\n", "\n").replace("\0", "").strip("\n")


def _html(part: Message, raw: Raw) -> Document:
    from .html import load as load_html

    return load_html(Raw(parts.decoded(part).encode(), raw.name, HTML, "utf-8", limit=raw.limit))


def _attachment(part: Message, reading: _Reading, depth: int) -> Iterator[str]:
    """The name of an attachment; a mail's words too. A document is kept to be read later."""
    yield parts.named(part)
    name, data = parts.filename(part), parts.body(part)
    kind = media_type(name, data[:SNIFFED])
    if kind == MAIL and (mail := _parsed(data)) and _head(mail):
        yield from chain([_FORWARDED], _blocks(mail, reading, depth + 1))
    elif _is_document(name, kind) and data:
        reading.attached.append((name, data))


def _is_document(name: str, kind: str) -> bool:
    """Whether an attachment is something to read: by its bytes, or by a name that says so."""
    if kind in (BINARY, CODE, MAIL):
        return False
    return kind == MSG or kind != TEXT or (by_name(name) == TEXT and name.lower().endswith(".txt"))


def _with_attached(text: str, reading: _Reading) -> Document:
    """The mail with the documents attached to it behind it, each a part under its name."""
    from . import load_bytes

    raw, notes = reading.raw, []
    placed = [Part(0, len(text.rstrip("\n")), 0, "message")]
    pieces = [text]
    at = len(text)
    for name, data in reading.attached[:_MOST_READ]:
        try:
            inside = load_bytes(data, name, limit=raw.limit)
        except InputError as error:
            notes.append(f"attachment not read: {plain(error.message, 160)}")
            continue
        notes += [f"{plain(name, 60)}: {note}" for note in inside.notes]
        body = inside.text.strip("\n")
        if not body.strip() or at + len(body) > raw.limit:
            continue
        start = at + 1
        placed += _placed(inside, body, start, name)
        pieces += ("\n", body, "\n")
        at = start + len(body) + 1
    if len(reading.attached) > _MOST_READ:
        notes.append(f"{len(reading.attached) - _MOST_READ} more attachments not read")
    several = tuple(placed) if len(placed) > 1 else ()
    return Document("".join(pieces), raw.name, MAIL, several, notes=tuple(notes))


def _placed(inside: Document, body: str, start: int, name: str) -> Iterator[Part]:
    """An attached document's parts by its name and theirs; one without any is one part."""
    shift = start - inside.text.find(body)
    if not inside.parts:
        yield Part(start, start + len(body), start, name)
    for part in inside.parts:
        title = f"{name}, {part.title}" if part.title else name
        yield Part(part.start + shift, part.end + shift, part.body + shift, title)


def _is_page(mail: Message, name: str) -> bool:
    """Whether a browser saved a page here (MHTML, RFC 2557) rather than somebody a mail."""
    saved = mail.get("Snapshot-Content-Location") or name.lower().endswith((".mht", ".mhtml"))
    return bool(saved) and (
        mail.get_content_type() == "multipart/related" or mail.get_content_type() == "text/html"
    )


def _page(mail: Message, raw: Raw) -> Document:
    """What a saved page shows: its first HTML, as any page."""
    pages = [part for part in mail.walk() if part.get_content_type() == "text/html"]
    if not pages:
        raise raw.refuse("is a saved page without any HTML")
    page = _html(pages[0], raw)
    others = sum(not part.is_multipart() for part in mail.walk()) - 1
    left_out = f"left out of the saved page: {others} pictures, styles and frames"
    return Document(
        page.text, raw.name, "text/markdown", notes=(*page.notes, *((left_out,) * (others > 0)))
    )
