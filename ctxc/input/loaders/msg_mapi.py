"""The properties of an Outlook mail ([MS-OXMSG], [MS-OXPROPS]) -> a message as mail programs send.

The file is an OLE container: a stream for each long property, a table of the short ones, a
storage for each recipient and attachment. Nothing in it is run, and no link is followed.
"""

from __future__ import annotations

import io
import re
import struct
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import format_datetime, formataddr
from typing import Any

from .msg_rtf import decompressed
from .parts import missing
from .raw import Raw

_DEEPEST = 20
_MOST_STORAGES = 2_000
_LONGEST_HEADER = 20_000
_BROKEN = (OSError, ValueError, LookupError, struct.error, TypeError, AttributeError, OverflowError)
_CONTROLS = re.compile(r"[\s\x00-\x1f\x7f]+")

_SUBJECT, _SENDER, _SENDER_SMTP, _SENDER_ADDRESS = 0x0037, 0x0C1A, 0x5D01, 0x0C1F
_TO, _CC, _SENT, _RECEIVED = 0x0E04, 0x0E03, 0x0039, 0x0E06
_BODY, _HTML, _RTF, _CODE_PAGE, _MESSAGE_CODE_PAGE = 0x1000, 0x1013, 0x1009, 0x3FDE, 0x3FFD
_NAME, _SMTP, _ADDRESS, _KIND_OF_RECIPIENT = 0x3001, 0x39FE, 0x3003, 0x0C15
_LONG_NAME, _SHORT_NAME, _MIME, _DATA = 0x3707, 0x3704, 0x370E, 0x3701


def as_mail(raw: Raw) -> Message:
    """The message with its head, its words once, and its attachments. Raises InputError."""
    try:
        import olefile  # type: ignore[import-untyped]
    except ImportError:
        raise missing(raw, "olefile", "an Outlook mail (.msg)") from None
    try:
        with olefile.OleFileIO(io.BytesIO(raw.data)) as container:
            if not container.exists("__properties_version1.0"):
                raise raw.refuse("is an OLE file, but no Outlook mail")
            return _Store(container, raw).message((), 0)
    except _BROKEN as error:
        words = " ".join(str(error).split())[:120]
        raise raw.refuse(f"is a broken Outlook mail ({type(error).__name__}: {words})") from None


class _Store:
    """A container's storages by their paths."""

    def __init__(self, container: Any, raw: Raw) -> None:
        self._container = container
        self._raw = raw
        self._left = raw.limit
        self._children: dict[tuple[str, ...], list[str]] = {}
        for path in container.listdir(streams=True, storages=True):
            self._children.setdefault(tuple(path[:-1]), []).append(path[-1])

    def message(self, at: tuple[str, ...], depth: int) -> Message:
        properties = _Properties(self, at, 32 if depth == 0 else 24)
        out = Message()
        for name, value in self._head(properties):
            if value := _CONTROLS.sub(" ", value).strip()[:_LONGEST_HEADER]:
                out[name] = value
        out["Content-Type"] = "multipart/mixed"
        out.set_payload([*self._words(properties), *self._attached(at, depth)])
        return out

    def storages(self, at: tuple[str, ...], prefix: str) -> list[tuple[str, ...]]:
        names = sorted(name for name in self._children.get(at, ()) if name.startswith(prefix))
        return [(*at, name) for name in names[:_MOST_STORAGES]]

    def stream(self, path: tuple[str, ...]) -> bytes | None:
        """A stream's bytes; None where there is none. Raises InputError: more than the limit."""
        if path[-1] not in self._children.get(path[:-1], ()):
            return None
        data: bytes = self._container.openstream(list(path)).read()
        self._left -= len(data)
        if self._left < 0:
            raise self._raw.refuse(f"holds more than {self._raw.limit / 1e6:g} MB")
        return data

    def _head(self, mail: _Properties) -> Iterator[tuple[str, str]]:
        yield "Subject", mail.text(_SUBJECT)
        address = mail.text(_SENDER_SMTP) or mail.text(_SENDER_ADDRESS)
        yield "From", _person(mail.text(_SENDER), address)
        people: dict[int, list[str]] = {1: [], 2: []}
        for at in self.storages(mail.at, "__recip_version1.0_"):
            one = _Properties(self, at, 8)
            address = one.text(_SMTP) or one.text(_ADDRESS)
            people.setdefault(one.number(_KIND_OF_RECIPIENT), []).append(
                _person(one.text(_NAME), address)
            )
        yield "To", ", ".join(people[1]) or mail.text(_TO)
        yield "Cc", ", ".join(people[2]) or mail.text(_CC)
        yield "Date", _date(mail.number(_SENT) or mail.number(_RECEIVED))

    def _words(self, mail: _Properties) -> Iterator[Message]:
        """The words in the first form that has any: plain text, HTML, RTF."""
        html = mail.binary(_HTML) or mail.text(_HTML).encode("utf-8", "replace")
        if (text := mail.text(_BODY)).strip():
            yield _part("text/plain", text.encode("utf-8", "replace"), charset="utf-8")
        elif html:
            yield _part("text/html", html, charset=mail.encoding)
        elif packed := mail.binary(_RTF):
            from .rtf import load as load_rtf

            rich = Raw(decompressed(packed, self._raw.limit), self._raw.name, "application/rtf")
            yield _part("text/plain", load_rtf(rich).text.encode(), charset="utf-8")

    def _attached(self, at: tuple[str, ...], depth: int) -> Iterator[Message]:
        for place in self.storages(at, "__attach_version1.0_"):
            one = _Properties(self, place, 8)
            inner = (*place, f"__substg1.0_{_DATA:04X}000D")
            if depth < _DEEPEST and "__properties_version1.0" in self._children.get(inner, ()):
                holder = Message()
                holder["Content-Type"] = "message/rfc822"
                holder.set_payload([self.message(inner, depth + 1)])
                yield holder
                continue
            name = one.text(_LONG_NAME) or one.text(_SHORT_NAME) or one.text(_NAME)
            kind = one.text(_MIME) or "application/octet-stream"
            yield _part(kind, one.binary(_DATA), name=name)


class _Properties:
    """One storage's properties: the table of short ones, and a stream for each long one."""

    def __init__(self, store: _Store, at: tuple[str, ...], head: int) -> None:
        self.at = at
        self._store = store
        table = store.stream((*at, "__properties_version1.0")) or b""
        self._short: dict[int, int] = {}
        for offset in range(head, len(table) - 15, 16):
            tag, _, value = struct.unpack_from("<IIQ", table, offset)
            self._short[tag >> 16] = value
        page = self.number(_MESSAGE_CODE_PAGE) or 1252
        self._page = "utf-8" if page == 65001 else f"cp{page}"
        page = self.number(_CODE_PAGE)
        self.encoding = {0: "utf-8", 65001: "utf-8", 20127: "ascii"}.get(page, f"cp{page}")

    def number(self, tag: int) -> int:
        return self._short.get(tag, 0)

    def binary(self, tag: int) -> bytes:
        return self._store.stream((*self.at, f"__substg1.0_{tag:04X}0102")) or b""

    def text(self, tag: int) -> str:
        """A property that is a text, "" without it; what does not decode is shown as far as it
        goes."""
        wide = self._store.stream((*self.at, f"__substg1.0_{tag:04X}001F"))
        if wide is not None:
            return wide.decode("utf-16-le", "replace").replace("\0", "")
        narrow = self._store.stream((*self.at, f"__substg1.0_{tag:04X}001E")) or b""
        try:
            return narrow.decode(self._page, "replace").replace("\0", "")
        except LookupError:
            return narrow.decode("cp1252", "replace").replace("\0", "")


def _person(name: str, address: str) -> str:
    name, address = (_CONTROLS.sub(" ", text).strip(" '\"") for text in (name, address))
    if "@" not in address:  # the directory's own form, which says nothing to a reader
        return name or address
    if not name or name == address:
        return address
    return (
        formataddr((name, address))
        if name.isascii() and address.isascii()
        else (f"{name} <{address}>")
    )


def _date(ticks: int) -> str:
    """The tenths of microseconds since 1601 as mail writes a date; "" for what is none."""
    try:
        moment = datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=ticks // 10)
    except OverflowError:
        return ""
    return format_datetime(moment) if ticks else ""


def _part(kind: str, data: bytes, *, charset: str = "", name: str = "") -> Message:
    out = Message()
    if not re.fullmatch(r"[\w.+-]{1,60}/[\w.+-]{1,90}", kind):
        kind = "application/octet-stream"
    out.add_header("Content-Type", kind, **({"charset": charset} if charset else {}))
    if not charset:
        clean = _CONTROLS.sub(" ", name).strip()[:300]
        out.add_header("Content-Disposition", "attachment", filename=clean)
    out["Content-Transfer-Encoding"] = "base64"
    out.set_payload(b64encode(data).decode("ascii"))
    return out
