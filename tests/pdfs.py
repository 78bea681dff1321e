"""PDF files made on the spot, small enough to read."""

from __future__ import annotations

import io


def objects(*bodies: bytes, trailer: bytes = b"/Root 1 0 R") -> bytes:
    """A PDF of these objects (numbered from 1), with a right cross-reference table."""
    out = io.BytesIO()
    out.write(b"%PDF-1.4\n")
    offsets = []
    for number, body in enumerate(bodies, 1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(offsets) + 1))
    for offset in offsets:
        out.write(b"%010d 00000 n \n" % offset)
    size = len(offsets) + 1
    out.write(b"trailer\n<< /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, start))
    return out.getvalue()


def stream(data: bytes, extra: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), extra, data)


def of_pages(*pages: str) -> bytes:
    """A PDF with one page for each text; a line of the text is a line of the page."""
    first = 4
    kids = b" ".join(b"%d 0 R" % (first + 2 * index) for index in range(len(pages)))
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(pages)),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for index, text in enumerate(pages):
        bodies.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R"
            b" /Resources << /Font << /F1 3 0 R >> >> >>" % (first + 2 * index + 1)
        )
        bodies.append(stream(_shown(text)))
    return objects(*bodies)


def _shown(text: str) -> bytes:
    lines = text.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(")
    lines = lines.replace(b")", b"\\)")
    shown = b" T* ".join(b"(%s) Tj" % line for line in lines.split(b"\n"))
    return b"BT /F1 12 Tf 14 TL 72 720 Td %s ET" % shown
