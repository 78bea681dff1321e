"""The parts of a mail: their names, their bytes, their words in whatever charset."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message

from .notebook import sized

_CONTROLS = re.compile(r"[\s\x00-\x1f\x7f]+")


def header(mail: Message, name: str) -> str:
    """A header in one line, decoded as far as it can be; "" without it."""
    value = mail.get(name)
    if value is None:
        return ""
    try:
        text = str(make_header(decode_header(value)))
    except (MessageError, LookupError, ValueError):
        text = str(value)
    return _CONTROLS.sub(" ", text.encode("utf-8", "replace").decode("utf-8")).strip()


def inner(part: Message) -> list[Message]:
    payload = part.get_payload() if part.is_multipart() else []
    return [child for child in payload if isinstance(child, Message)]


def is_text(part: Message) -> bool:
    if part.get_content_maintype() != "text" or part.get_content_disposition() == "attachment":
        return False
    return part.get_filename() is None or part.get_content_type() in ("text/plain", "text/html")


def body(part: Message) -> bytes:
    try:
        data = part.get_payload(decode=True)
    except ValueError:  # a charset with a NUL in its name
        part.del_param("charset")
        data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def decoded(part: Message) -> str:
    """A part's text in UTF-8, the charset that it declares, or the most common one."""
    data = body(part)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    for charset in (str(part.get_content_charset() or "utf-8"), "cp1252"):
        try:
            return data.decode(charset, "replace").encode("utf-8", "replace").decode("utf-8")
        except (LookupError, ValueError):  # unknown, or no charset at all
            continue
    return data.decode("latin-1")


def named(part: Message) -> str:
    """``[attachment: plan.pdf, application/pdf, 34 kB]``."""
    name = filename(part)
    size = sum(len(leaf) for leaf in _payloads(part))
    label = f"{name}, " if name else ""
    return f"[attachment: {label}{part.get_content_type()}, {sized(size)}]"


def filename(part: Message) -> str:
    """The name a part gives itself, in one line; "" without one."""
    try:
        name = part.get_filename() or ""
        name = str(make_header(decode_header(name))) if "=?" in name else str(name)
    except (MessageError, LookupError, ValueError, TypeError):
        return ""
    return _CONTROLS.sub(" ", name.encode("utf-8", "replace").decode("utf-8")).strip()


def _payloads(part: Message) -> Iterator[bytes]:
    for leaf in part.walk():
        yield body(leaf) if not leaf.is_multipart() else b""
