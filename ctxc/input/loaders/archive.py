"""Documents that are zip archives: bounded before anything is unpacked, parsed without entities.

Parts are read from memory only: nothing is written out, no link is followed, and
what a document could run (macros, scripts) is never more than bytes in a part
that nobody asks for.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import Any

from ...errors import InputError
from .raw import Raw

MOST_PARTS = 10_000
LARGEST_XML = 50_000_000
"""Bytes of markup unpacked; its tree takes some ten times as much memory."""

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MARKUP = (".xml", ".rels", ".html", ".htm", ".xhtml", ".opf", ".ncx", ".svg")
_BROKEN = (
    zipfile.BadZipFile, zlib.error, EOFError, LookupError, NotImplementedError, OSError,
    RuntimeError, ValueError,
)  # fmt: skip


class Package:
    """The parts of a document called ``what`` (``DOCX``). Every method raises InputError."""

    def __init__(self, raw: Raw, what: str, needed: str = "") -> None:
        """Opens it; ``needed`` is a part that it must have."""
        self._raw, self._what = raw, what
        if raw.data.startswith(_OLE):
            raise raw.refuse(
                f"is no {what} that can be read (it is encrypted, or an old Office file)",
                "save it without a password, in a format of today",
            )
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(raw.data))
            entries = self._zip.infolist()
        except _BROKEN as error:
            raise raw.refuse(f"is a broken {what} ({error})") from None
        self.names = frozenset(entry.filename for entry in entries)
        if needed and needed not in self.names:
            raise raw.refuse(f"is a zip archive, not {_article(what)} {what} (it has no {needed})")
        self._check(entries)

    def _check(self, entries: list[zipfile.ZipInfo]) -> None:
        """Refuse what unpacks to too much; zipfile then reads no more than these sizes say."""
        markup = sum(e.file_size for e in entries if e.filename.lower().endswith(_MARKUP))
        total = sum(e.file_size for e in entries)
        if total > self._raw.limit or markup > LARGEST_XML or len(entries) > MOST_PARTS:
            raise self._raw.refuse(
                f"unpacks to {total / 1e6:.0f} MB in {len(entries)} parts,"
                " more than is safe to open"
            )
        if any(entry.flag_bits & 1 for entry in entries):
            raise self._raw.refuse("is encrypted", "save it without a password")

    def read(self, name: str) -> bytes:
        try:
            return self._zip.read(name)
        except _BROKEN as error:
            raise self.broken(error) from None

    def tree(self, name: str) -> Any:
        """The root element of a part; entities stand as they are written, nothing is fetched."""
        from lxml import etree  # type: ignore[import-untyped]

        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True,
            remove_pis=True, huge_tree=False,
        )  # fmt: skip
        try:
            root = etree.fromstring(self.read(name), parser)
        except (etree.LxmlError, ValueError) as error:
            raise self.broken(error) from None
        if root is None:
            raise self._raw.refuse(f"is a broken {self._what} ({name} is empty)")
        return root

    def broken(self, error: BaseException) -> InputError:
        """The one line for what a part's reader ran into."""
        words = " ".join(str(error).split())[:120]
        return self._raw.refuse(f"is a broken {self._what} ({type(error).__name__}: {words})")


def _article(what: str) -> str:
    return "an" if what[:1] in "AEIO" or what == "XLSX" else "a"
