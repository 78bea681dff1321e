"""A longer fuzzing run than the test suite's.

``python tests/bench/fuzz_loaders.py [SECONDS] [SEED]``

Small valid files of every format are damaged at random and loaded. Each must
become a document whose text can be written out, or an InputError of one
printable line; anything else is saved beside the report and ends with exit 1.
"""

from __future__ import annotations

import gzip
import io
import random
import re
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
import docx
import pdfs
from pypdf import PdfReader, PdfWriter

from ctxc.errors import InputError
from ctxc.input.loaders import load_bytes

_WORD_PARTS = (
    "word/document.xml",
    "word/styles.xml",
    "word/numbering.xml",
    "[Content_Types].xml",
    "word/_rels/document.xml.rels",
    "_rels/.rels",
)
_PIECES = (b"999999999", b"-1", b"0 R", b"<<", b"]", b"null", b"\0", b"<table>", b"&#", b"\xff")
_MARKUP = (".xml", ".rels", ".xhtml", ".html", ".opf", ".ncx", ".css", "mimetype")
_FIXTURES = Path(__file__).parent.parent / "fixtures"
_PAGE = (
    b"<html><h1>Title</h1><ul><li>one<li>two</ul><table><tr><th>A<td>B</table><pre>x</pre>"
    b"<blockquote><p>said</blockquote><p style='display:none'>no<!-- c --><script>1<2</script>"
)


def damaged(content: bytes) -> bytes:
    """``content`` with a few bytes changed, cut, doubled or put in."""
    out = bytearray(content)
    for _ in range(random.randint(1, 6)):
        choice, at = random.random(), random.randrange(len(out) + 1)
        if choice < 0.5 and at < len(out):
            out[at] = random.randrange(256)
        elif choice < 0.7:
            del out[at : at + random.randint(1, 50)]
        elif choice < 0.9:
            out[at:at] = out[random.randrange(len(out) + 1) :][: random.randint(1, 60)]
        else:
            out[at:at] = random.choice(_PIECES)
    return bytes(out)


def shuffled(content: bytes) -> bytes:
    """Markup with a few tags or texts exchanged or left out."""
    tokens = re.findall(rb"<[^>]*>|[^<]+", content)
    for _ in range(random.randint(1, 4)):
        one, other = random.randrange(len(tokens)), random.randrange(len(tokens))
        tokens[one], tokens[other] = tokens[other], tokens[one] if random.random() < 0.5 else b""
    return b"".join(tokens)


def damaged_docx(content: bytes) -> bytes:
    """A DOCX with one of its parts damaged, zipped rightly again."""
    out = io.BytesIO()
    victim = random.choice(_WORD_PARTS)
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name == victim:
                part = random.choice((damaged, shuffled))(part)
            new.writestr(name, part)
    return out.getvalue()


def damaged_archive(content: bytes) -> bytes:
    """A zip archive with one of its parts of markup damaged, or the archive itself."""
    if random.random() < 0.2:
        return damaged(content)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        names = [name for name in old.namelist() if name.endswith(_MARKUP)]
        victim = random.choice(names)
        for name in old.namelist():
            part = old.read(name)
            if name == victim and part:
                part = random.choice((damaged, shuffled, cut))(part)
            new.writestr(name, part)
    return out.getvalue()


def cut(content: bytes) -> bytes:
    """The beginning of ``content``."""
    return content[: random.randrange(len(content))]


def damaged_or_cut(content: bytes) -> bytes:
    return random.choice((damaged, damaged, cut))(content)


def samples() -> dict[str, tuple[bytes, Callable[[bytes], bytes]]]:
    """The files of real programs in the tests' fixtures."""
    out = {}
    for path in sorted([*_FIXTURES.glob("formats/*_*"), *_FIXTURES.glob("pdf/*.pdf")]):
        archive = zipfile.is_zipfile(path)
        out[path.name] = (path.read_bytes(), damaged_archive if archive else damaged_or_cut)
    return out


def specimens() -> dict[str, tuple[bytes, Callable[[bytes], bytes]]]:
    """A valid file of each format by a name that tells it, and how it is damaged."""
    pdf = pdfs.of_pages("Hello there", "Second (x) page")
    writer, encrypted = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf))), io.BytesIO()
    writer.encrypt("", algorithm="RC4-128")
    writer.write(encrypted)
    made, word = docx.Document(), io.BytesIO()
    made.add_heading("x", 1)
    made.add_paragraph("b", style="List Bullet")
    made.add_table(2, 2).cell(0, 0).text = "x"
    made.save(word)
    return {
        "a.pdf": (pdf, damaged),
        "encrypted.pdf": (encrypted.getvalue(), damaged),
        "a.docx": (word.getvalue(), damaged_docx),
        "a.gz": (gzip.compress(b"hello " * 100), damaged),
        "a.html": (_PAGE, damaged),
        "shuffled.html": (_PAGE * 3, shuffled),
        "a.txt": ("Zażółć gęślą jaźń, Größe".encode(), damaged),
    }


def main(seconds: float, seed: int) -> int:
    random.seed(seed)
    known = specimens() | samples()
    counts: Counter[tuple[str, str]] = Counter()
    slowest, failed = (0.0, ""), 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        name = random.choice(list(known))
        content, damage = known[name]
        data = damage(content)
        begun = time.monotonic()
        try:
            load_bytes(data, name, limit=10_000_000).text.encode("utf-8")
            result = "read"
        except InputError as error:
            result = "refused" if error.message.isprintable() else "unprintable"
        except Exception:  # whatever it is, it is what this script looks for
            traceback.print_exc()
            result = "crashed"
        slowest = max(slowest, (time.monotonic() - begun, name))
        counts[name, result] += 1
        if result in ("unprintable", "crashed"):
            failed += 1
            saved = Path(tempfile.mkdtemp(prefix="ctxc-fuzz-")) / name
            saved.write_bytes(data)
            print(f"{result}: {saved}")
    for (name, result), count in sorted(counts.items()):
        print(f"{name:28}{result:12}{count:8}")
    print(f"slowest: {slowest[1]} {slowest[0]:.2f} s; seed {seed}; {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    options = [float(word) for word in sys.argv[1:3]]
    sys.exit(main(options[0] if options else 60, int(options[1]) if len(options) > 1 else 1))
