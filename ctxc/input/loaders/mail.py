"""Mail (RFC 5322 and MIME) -> text: who, what, when, the words once, attachments by name.

Of the alternatives of a part the plain text is taken, else what its HTML shows. Whatever a
mail claims about itself may be wrong: charsets, encodings and headers that do not decode are
shown as far as they go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import policy
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from itertools import chain

from ...document import Document
from ..media import HTML, MAIL
from .decode import decode
from .notebook import sized
from .raw import Raw

LARGEST = 100_000_000
"""Bytes of one mail; its parts take a few times as much memory."""

_HEADERS = ("Subject", "From", "To", "Cc", "Date")
_DEEPEST = 20
_MBOX = re.compile(rb"From \S[^\n]*\n")
_CONTROLS = re.compile(r"[\s\x00-\x1f\x7f]+")


def load(raw: Raw) -> Document:
    """The mail's words as a document. Raises InputError."""
    if len(raw.data) > LARGEST:
        raise raw.refuse(f"is larger than {LARGEST / 1e6:g} MB, too large for a mail")
    data = raw.data.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
    if start := _MBOX.match(data):
        data = data[start.end() :]
    try:
        mail = BytesParser(policy=policy.compat32).parsebytes(data)
        blocks = [block for block in _blocks(mail, raw, 0) if block.strip()]
    except RecursionError:
        raise raw.refuse("is a mail whose parts are nested too deeply") from None
    if not _head(mail):
        text, notes = decode(raw)
        return Document(text, raw.name, "text/plain", notes=notes)
    whole = "\n\n".join(blocks)
    return Document(whole + "\n" * bool(whole), raw.name, MAIL)


def _blocks(mail: Message, raw: Raw, depth: int) -> Iterator[str]:
    """The head of a mail and what is in it."""
    yield _head(mail)
    yield from _parts(mail, raw, depth)


def _head(mail: Message) -> str:
    lines = (f"{name}: {value}" for name in _HEADERS if (value := _header(mail, name)))
    return "\n".join(lines)


def _header(mail: Message, name: str) -> str:
    """A header in one line, decoded as far as it can be; "" without it."""
    value = mail.get(name)
    if value is None:
        return ""
    try:
        text = str(make_header(decode_header(value)))
    except (MessageError, LookupError, ValueError):
        text = str(value)
    return _CONTROLS.sub(" ", text.encode("utf-8", "replace").decode("utf-8")).strip()


def _parts(part: Message, raw: Raw, depth: int) -> Iterator[str]:
    """The text of a part and of those in it, in order, and the names of what is no text."""
    kind = part.get_content_type()
    inner = _inner(part)
    attached = part.get_content_disposition() == "attachment" and kind != "message/rfc822"
    if depth > _DEEPEST or (inner and attached):
        yield _named(part)
    elif kind == "multipart/alternative":
        yield from _alternative(inner, raw, depth)
    elif kind == "message/rfc822" and inner:
        yield from chain(["---------- Forwarded message ----------"], _blocks(inner[0], raw, depth + 1))
    elif inner:
        for child in inner:
            yield from _parts(child, raw, depth + 1)
    elif _is_text(part):
        yield _text(part, raw)
    elif not part.is_multipart():
        yield _named(part)


def _inner(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [child for child in payload if isinstance(child, Message)] if isinstance(payload, list) else []


def _alternative(parts: list[Message], raw: Raw, depth: int) -> Iterator[str]:
    """One of several versions of the same: plain text, else the last that has any text."""
    plain = [part for part in parts if part.get_content_type() == "text/plain" and _text(part, raw)]
    for part in plain[:1] or list(reversed(parts)):
        blocks = [block for block in _parts(part, raw, depth + 1) if block.strip()]
        if blocks:
            yield from blocks
            return


def _is_text(part: Message) -> bool:
    if part.get_content_maintype() != "text" or part.get_content_disposition() == "attachment":
        return False
    return part.get_filename() is None or part.get_content_type() in ("text/plain", "text/html")


def _text(part: Message, raw: Raw) -> str:
    """The words of a part: what HTML shows, anything else as it is."""
    data = part.get_payload(decode=True)
    body = data if isinstance(data, bytes) else b""
    if part.get_content_type() == "text/html":
        from .html import load as load_html

        page = Raw(_decoded(part, body).encode(), raw.name, HTML, "utf-8", limit=raw.limit)
        return load_html(page).text.strip("\n")
    return _decoded(part, body).replace("\r\n", "\n").replace("\0", "").strip("\n")


def _decoded(part: Message, body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return _by_charset(part, body)


def _by_charset(part: Message, body: bytes) -> str:
    """The text in the charset that the part declares, or in the most common one."""
    for charset in (str(part.get_content_charset() or "utf-8"), "cp1252"):
        try:
            return body.decode(charset, "replace").encode("utf-8", "replace").decode("utf-8")
        except (LookupError, ValueError):  # unknown, or no charset at all
            continue
    return body.decode("latin-1")


def _named(part: Message) -> str:
    """``[attachment: plan.pdf, application/pdf, 34 kB]``."""
    name = _CONTROLS.sub(" ", _filename(part)).strip()
    size = sum(len(leaf) for leaf in _payloads(part))
    label = f"{name}, " if name else ""
    return f"[attachment: {label}{part.get_content_type()}, {sized(size)}]"


def _filename(part: Message) -> str:
    try:
        name = part.get_filename() or ""
        return str(make_header(decode_header(name))) if "=?" in name else str(name)
    except (MessageError, LookupError, ValueError, TypeError):
        return ""


def _payloads(part: Message) -> Iterator[bytes]:
    for leaf in part.walk():
        data = leaf.get_payload(decode=True) if not leaf.is_multipart() else b""
        if isinstance(data, bytes):
            yield data
