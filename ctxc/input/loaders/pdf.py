"""PDF -> the text layer, page by page; each page is a part titled ``page N``.

A scanned file has no text layer and is refused. pypdf's own limits are
tightened; they do not hold for everything a page can do, so a PDF is read in a
process of its own, which bounds time and memory (``apart``).
"""

from __future__ import annotations

import io
import logging
import struct
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...document import Document, Part
from ...errors import InputError
from ...remedies import install
from .pdf_layout import page_text
from .pdf_lines import clean_pages
from .raw import Raw

if TYPE_CHECKING:
    from pypdf import PdfReader

# What pypdf may raise on broken files besides its own errors: it follows what the file says about
# itself ("broken PDF files might cause other Exceptions", says pypdf.errors).
_BROKEN = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NotImplementedError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)

_LIMITS = {
    "zlib_maximum_output_length": 25_000_000,
    "lzw_maximum_output_length": 20_000_000,
    "run_length_maximum_output_length": 20_000_000,
    "stream_decoding_work_maximum_length": 100_000_000,
    "stream_parsing_work_maximum_count": 1_000_000,
    "xform_maximum_invocations_per_extraction": 1_000,
    "page_tree_maximum_entries": 100_000,
}
_MOST_TEXT, _MOST_TEXT_PER_BYTE = 2_000_000, 100
"""Characters a file may hold: these, and so many more for each byte; packed text is a tenth."""

_LEAST_LETTERS = 2
"""Letters a page at most in a scanned file: what OCR-less scanners leave behind (page marks)."""


def load(raw: Raw) -> Document:
    """The pages' text. Raises InputError: broken, encrypted, no text layer, too much work."""
    from pypdf import Configuration, apply_configuration
    from pypdf.errors import DependencyError, DeprecationError, LimitReachedError, PyPdfError

    # It reports every repaired flaw to the user's terminal; what matters arrives as an error.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL + 1)
    try:
        with apply_configuration(Configuration().with_overwrites(**_LIMITS)):
            reader = _opened(raw)
            extracted = list(_pages(raw, reader))
    except InputError:
        raise
    except DependencyError:
        raise raw.refuse("is encrypted with AES", f"to read it: {install('crypto')}") from None
    except LimitReachedError as error:
        raise raw.refuse(f"takes too much work to read ({_line(error)})") from None
    except (PyPdfError, DeprecationError, *_BROKEN) as error:
        raise raw.refuse(f"is a broken PDF ({_line(error)})") from None
    pages, notes = clean_pages([text for text, _ in extracted])
    if pictures := sum(count for _, count in extracted):
        notes = (*notes, f"not read: {pictures} picture{'s' * (pictures > 1)}")
    return _document(raw, pages, notes)


def _line(error: BaseException) -> str:
    said = " ".join(str(error).split())[:120]
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _opened(raw: Raw) -> PdfReader:
    """The reader, decrypted. Raises InputError and whatever pypdf does."""
    if b"%PDF-" not in raw.data[:1024]:
        raise raw.refuse("is no PDF (it does not begin with %PDF-)")
    from pypdf import PasswordType, PdfReader

    reader = PdfReader(io.BytesIO(raw.data), strict=False)
    if reader.is_encrypted and reader.decrypt(raw.password or "") == PasswordType.NOT_DECRYPTED:
        if raw.password is None:
            raise raw.refuse("is encrypted", "give --password")
        raise raw.refuse("is encrypted, and the password does not open it")
    return reader


def _pages(raw: Raw, reader: PdfReader) -> Iterator[tuple[str, int]]:
    """Each page's text, and how many pictures it has. Raises InputError and whatever pypdf does."""
    explained = _MOST_TEXT + _MOST_TEXT_PER_BYTE * len(raw.data)
    left = min(raw.limit, explained)
    for page in reader.pages:
        text, pictures = page_text(page, left)
        text = _clean(text)
        left -= len(text)
        if left < 0 and explained < raw.limit:
            raise raw.refuse(f"holds more text than its size explains (over {explained:,} letters)")
        if left < 0:
            raise raw.refuse(f"holds more than {raw.limit / 1e6:g} MB of text")
        yield text, pictures


def _clean(text: str) -> str:
    """A page's text without what cannot be written out or seen."""
    # Broken fonts map to NUL and to unpaired surrogates.
    text = text.encode("utf-8", "replace").decode("utf-8").replace("\0", "")
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")


def _document(raw: Raw, pages: list[str], running: tuple[str, ...]) -> Document:
    letters = sum(char.isalnum() for page in pages for char in page)
    if letters <= _LEAST_LETTERS * len(pages):
        raise raw.refuse(
            "has no text layer (it is scanned or empty)",
            "run OCR first, as with: ocrmypdf scan.pdf out.pdf",
        )
    pieces: list[str] = []
    parts: list[Part] = []
    empty: list[int] = []
    at = 0
    for number, page in enumerate(pages, 1):
        if not page.strip():
            empty.append(number)
            continue
        gap = "\n\n" if parts else ""
        start = at + len(gap)
        at = start + len(page)
        pieces += (gap, page)
        parts.append(Part(start, at, start, f"page {number}"))
    notes = (f"no text on {_numbers(empty)}", *running) if empty else running
    return Document("".join([*pieces, "\n"]), raw.name, raw.media_type, tuple(parts), notes=notes)


def _numbers(pages: list[int]) -> str:
    shown = ", ".join(map(str, pages[:10])) + (", …" if len(pages) > 10 else "")
    return f"page {shown}" if len(pages) == 1 else f"{len(pages)} pages ({shown})"
