"""Texts one after the other -> a document of parts (slides, sheets, chapters)."""

from __future__ import annotations

from collections.abc import Iterable

from ...document import Document, Part
from ...remedies import install
from .raw import Raw


def of_parts(raw: Raw, parts: Iterable[tuple[str, str]], notes: tuple[str, ...] = ()) -> Document:
    """A Markdown document of ``(title, text)`` in order; parts without text are left out.

    The titles are what citations name; they do not stand in the text.
    """
    pieces: list[str] = []
    placed: list[Part] = []
    at = 0
    for title, text in parts:
        text = text.strip("\n")
        if not text.strip():
            continue
        gap = "\n\n" if placed else ""
        start = at + len(gap)
        at = start + len(text)
        pieces += (gap, text)
        placed.append(Part(start, at, start, " ".join(title.split())))
    text = "".join([*pieces, "\n"]) if pieces else ""
    return Document(text, raw.name, "text/markdown", tuple(placed), notes=notes)


def missing(raw: Raw, library: str, what: str) -> Exception:
    """The error for a format whose library is not installed: what to type to have it."""
    return raw.refuse(f"is {what}, which takes {library} to read", install("office"))
