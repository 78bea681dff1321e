"""Media types by file name and by first bytes.

The magic bytes of PDF, DOCX and gzip win over the name; for text only the name
can tell. Nothing here reads a file or decides what to do with a type.
"""

from __future__ import annotations

import os
import re

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ODT = "application/vnd.oasis.opendocument.text"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
ODP = "application/vnd.oasis.opendocument.presentation"
EPUB = "application/epub+zip"
RTF = "application/rtf"
ORG = "text/x-org"
ROFF = "text/troff"
TEX = "application/x-tex"
PDF = "application/pdf"
GZIP = "application/gzip"
HTML = "text/html"
NOTEBOOK = "application/x-ipynb+json"
MAIL = "message/rfc822"
MSG = "application/vnd.ms-outlook"
TEXT = "text/plain"
CODE = "text/x-code"
BINARY = "application/octet-stream"

OUTPUT_SUFFIX = ".ctx.md"
"""How the names of mirrored outputs end; a folder's walk leaves these files out."""

SNIFFED = 8192
"""Bytes from the start of a file that are looked at to tell its type."""

_KINDS = {
    TEXT: "txt text log srt vtt adoc asciidoc textile me",
    "text/markdown": "md markdown mdown mkd mkdn mdx qmd rmd",
    "text/x-rst": "rst rest",
    HTML: "html htm xhtml",
    PDF: "pdf",
    DOCX: "docx docm dotx dotm",
    PPTX: "pptx pptm ppsx ppsm potx",
    XLSX: "xlsx xlsm xltx xltm",
    ODT: "odt ott",
    ODS: "ods ots",
    ODP: "odp otp",
    EPUB: "epub",
    RTF: "rtf",
    ORG: "org",
    ROFF: "roff man mdoc",
    TEX: "tex latex ltx",
    GZIP: "gz",
    "text/csv": "csv tsv",
    "application/json": "json geojson webmanifest",
    NOTEBOOK: "ipynb",
    MAIL: "eml mht mhtml",
    MSG: "msg oft",
    "application/jsonl": "jsonl ndjson",
    "application/yaml": "yaml yml",
    "application/toml": "toml",
    CODE: (
        "py pyi pyx js mjs cjs jsx ts tsx c h cc cpp cxx hpp hh hxx cs java kt kts scala go rs rb"
        " php pl pm lua r jl swift m mm dart ex exs erl hrl hs ml mli fs fsx clj cljs el lisp scm"
        " sh bash zsh fish ps1 bat cmd sql graphql proto css scss sass less vue svelte xml xsl svg"
        " ini cfg conf properties env tf hcl nix cmake mk make gradle groovy vim asm s v sv vhd"
        " vhdl zig nim d f f90 f95 cu cl glsl wgsl diff patch"
    ),
}
_BY_SUFFIX = {suffix: kind for kind, names in _KINDS.items() for suffix in names.split()}
_BY_NAME = {
    name: CODE
    for name in ("makefile", "gnumakefile", "dockerfile", "containerfile", "cmakelists.txt")
}

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OLD_OFFICE = "an old Office file (.doc, .xls or .ppt)"
_PROPERTIES = "__substg1.0_".encode("utf-16-le")
"""Begins the names of an Outlook mail's streams ([MS-OXMSG] 2.1.3)."""

_BINARY_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"PK\x03\x04", "a zip archive"),
    (b"PK\x05\x06", "an empty zip archive"),
    (_OLE, OLD_OFFICE),
    (b"\x7fELF", "a program"),
    (b"GGUF", "a GGUF model"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ\x00", "an xz file"),
    (b"\x28\xb5\x2f\xfd", "a zstd file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
)
ARCHIVES = (DOCX, PPTX, XLSX, ODT, ODS, ODP, EPUB)
"""Documents that are zip archives."""

_FOLDERS = ((DOCX, b"word/"), (PPTX, b"ppt/"), (XLSX, b"xl/"))
_DECLARED = re.compile(rb"(?:application/(?:epub\+zip|vnd\.oasis\.opendocument\.[a-z]{4,12}))")
# A manual page begins with its title, behind comments at most.
_MANUAL = re.compile(
    rb"(?:[.']\\\"[^\n]*+\n|[.']\n|[ \t\r\f\v]*+\n){0,200}+\.(?:TH|Dd)[ \t]"
)  # possessive: blank lines are read one way only
# Longest first: the UTF-32 little-endian mark begins with the UTF-16 one.
_COMMENT = (b"'\\\"", b'.\\"')
"""Begins what only a page of roff begins with."""
_BOMS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
)


def bom_encoding(head: bytes) -> str | None:
    """The encoding a byte order mark at the start declares, or None.

    >>> bom_encoding(b"\\xff\\xfea\\x00")
    'utf-16'
    """
    return next((encoding for mark, encoding in _BOMS if head.startswith(mark)), None)


def by_name(name: str) -> str:
    """The media type a file's name promises; ``text/plain`` where it says nothing.

    >>> by_name("notes/a.MD"), by_name("Makefile"), by_name("README")
    ('text/markdown', 'text/x-code', 'text/plain')
    """
    base = os.path.basename(name).lower()
    return _BY_NAME.get(base) or _BY_SUFFIX.get(
        base.rpartition(".")[2] if "." in base else "", TEXT
    )


def media_type(name: str, head: bytes) -> str:
    """The media type of a file called ``name`` that begins with ``head``."""
    # A PDF may have up to 1,024 bytes of anything before its header, but then only its name tells.
    if head.startswith(b"%PDF-"):
        return PDF
    if head.startswith(b"\x1f\x8b"):
        return GZIP
    named = by_name(name)
    if head.startswith(b"PK\x03\x04"):
        return _archive(named, head)
    if head.startswith(_OLE) and _PROPERTIES in head:
        return MSG
    if head.startswith(b"{\\rtf"):
        return RTF
    if named == TEXT and _starts_as_html(head):
        return HTML
    if named == TEXT and _starts_as_mail(head):
        return MAIL
    if named in (TEXT, CODE) and (_MANUAL.match(head) or _is_manual(head)):
        return ROFF
    return named


def _is_manual(head: bytes) -> bool:
    """Whether a page begins with a comment, and has its title behind macros of its own."""
    return head.startswith(_COMMENT) and (b"\n.TH " in head or b"\n.Dd " in head)


def _archive(named: str, head: bytes) -> str:
    """The type of a zip archive: the name's, the one it declares, or what its folders are called.

    OpenDocument and EPUB begin with an unpacked entry that is their type (ODF 1.3, part 2, 3.3).
    """
    if named in ARCHIVES:
        return named
    declared = _DECLARED.match(head[38:120]) if head[30:38] == b"mimetype" else None
    if declared and (kind := declared[0].decode("ascii")) in ARCHIVES:
        return kind
    return next((kind for kind, folder in _FOLDERS if folder in head), named)


def _starts_as_html(head: bytes) -> bool:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:15].lower()
    return start.startswith((b"<!doctype html", b"<html"))


def _starts_as_mail(head: bytes) -> bool:
    """Whether a mail as servers pass it on begins here: its words may be encoded."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().replace(b"\r\n", b"\n")
    block = text.partition(b"\n\n")[0]
    lines = [line for line in block.split(b"\n") if not line.startswith((b" ", b"\t"))]
    if lines and lines[0].startswith(b"From "):
        lines = lines[1:]
    names = {line.partition(b":")[0].strip().lower() for line in lines if b":" in line}
    whole = len(names) >= 4 and all(b":" in line[:60] for line in lines)
    return whole and {b"from", b"mime-version", b"content-type"} <= names


def binary_reason(data: bytes, *, wide: bool = False) -> str | None:
    """Why these bytes are no text, or None where they may be.

    ``wide``: the encoding is known to be one with NUL bytes in it (UTF-16, UTF-32).

    >>> binary_reason(b"ab\\0c")
    'binary (NUL bytes at offset 2)'
    """
    for magic, what in _BINARY_MAGIC:
        # Short printable marks also begin honest text ("BZh", "GIF8"); those need a NUL as well.
        if data.startswith(magic) and (b"\0" in data[:SNIFFED] or not magic.isalnum()):
            return what
    if wide or (bom_encoding(data) or "").startswith(("utf-16", "utf-32")):
        return None
    offset = data.find(b"\0")
    return f"binary (NUL bytes at offset {offset})" if offset >= 0 else None
