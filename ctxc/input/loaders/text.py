"""Text of any kind, kept as it is: prose, Markdown, tables, source code."""

from __future__ import annotations

from ...document import Document
from ..media import TEXT
from .decode import decode
from .raw import Raw
from .terminal import cleaned


def load(raw: Raw) -> Document:
    """The text as a document. Raises as ``decode``."""
    text, notes = decode(raw)
    if raw.media_type == TEXT:
        text, more = cleaned(text)
        notes = (*notes, *more)
    return Document(text, raw.name, raw.media_type, notes=notes)
