"""Bytes -> Document: one module per format, named in one table and imported on use.

The type is told by magic bytes where a format has them and by the name
otherwise; gzip is unpacked first. Every loader raises InputError with one line
for what it cannot read, and none trusts its input: sizes are bounded before
anything is unpacked or parsed, and what can keep a parser busy is parsed in a
process that can be killed (``apart``).
"""

from __future__ import annotations

from typing import Protocol

from ...console import plain
from ...document import Document
from ..media import (
    DOCX,
    EPUB,
    GZIP,
    HTML,
    MAIL,
    MSG,
    NOTEBOOK,
    ODP,
    ODS,
    ODT,
    ORG,
    PDF,
    PPTX,
    ROFF,
    RTF,
    SNIFFED,
    TEX,
    XLSX,
    media_type,
)
from . import apart
from .raw import Raw

__all__ = ["LARGEST", "Readable", "load", "load_bytes"]

LARGEST = 200_000_000
"""Bytes of one document once unpacked, unless the caller says otherwise."""

_MODULES = {
    HTML: "html",
    PDF: "pdf",
    DOCX: "docx",
    PPTX: "pptx",
    XLSX: "xlsx",
    ODT: "odf",
    ODS: "odf",
    ODP: "odf",
    EPUB: "epub",
    RTF: "rtf",
    ORG: "org",
    ROFF: "roff",
    TEX: "tex",
    NOTEBOOK: "notebook",
    MAIL: "mail",
    MSG: "msg",
}
"""Media type -> module of this package with ``load(Raw) -> Document``; all others are text."""


class Readable(Protocol):
    """What ``load`` reads; ``sources.Source`` is one."""

    @property
    def name(self) -> str: ...

    @property
    def limit(self) -> int: ...

    def read(self) -> bytes: ...


def load(source: Readable, *, encoding: str | None = None, password: str | None = None) -> Document:
    """Read a source and make a document of it.

    ``encoding`` overrides what the bytes suggest; ``password`` opens an
    encrypted PDF. Raises InputError; UsageError for an unknown encoding.
    """
    data = source.read()
    return load_bytes(data, source.name, encoding=encoding, password=password, limit=source.limit)


def load_bytes(
    data: bytes,
    name: str,
    *,
    encoding: str | None = None,
    password: str | None = None,
    limit: int = LARGEST,
) -> Document:
    """A document of bytes at hand; ``name`` tells the type where the bytes do not.

    ``limit`` bounds the bytes once unpacked. Raises as ``load``.
    """
    kind = media_type(name, data[:SNIFFED])
    inner = name
    if kind == GZIP:
        from .unpack import gunzip

        data = gunzip(data, plain(name), limit)
        inner = name[:-3] if name.lower().endswith(".gz") else name
        kind = media_type(inner, data[:SNIFFED])
    raw = Raw(data, name, kind, encoding, password, limit)
    module = _MODULES.get(kind, "text")
    return apart.read(module, raw) if apart.wanted(raw) else apart.parse(module, raw)
