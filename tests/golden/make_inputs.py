"""Makes the inputs that are not plain text: ``python tests/golden/make_inputs.py``.

They are kept in ``inputs/`` as bytes, so that a new version of zlib changes no recording.
"""

from __future__ import annotations

import gzip
import io
import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE.parents[1]))

import gguf_maker  # noqa: E402
import pdfs  # noqa: E402

PAGES = (
    "Inspection of pump 7\nThe pump in hall B failed on Monday.\nThe seal had run for nine years.",
    "Costs\nThe new seal costs 412.50 EUR.\nThe invoice has the number 4711.",
)
PARAGRAPHS = (
    "Contract of lease",
    "The lease begins on 1 March 2025 and ends on 28 February 2027.",
    "The rent is 1,250 EUR a month, payable on the third working day.",
    "The tenant may not sublet the flat without written consent.",
    "The deposit of 3,750 EUR is returned within six weeks of the end of the lease.",
)
CHANGES = """# Changes

## 2.1

- The cache is off unless --cache is given.
- Fixed a crash on empty files (#118).

## 2.0

- Python 3.9 is no longer supported.
"""


def docx(paragraphs: tuple[str, ...]) -> bytes:
    """The smallest package that Word's readers take."""
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    relation = "application/vnd.openxmlformats-package.relationships+xml"
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        f'<Default Extension="rels" ContentType="{relation}"/>'
        f'<Override PartName="/word/document.xml" ContentType="{word}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{office}" Target="word/document.xml"/></Relationships>',
        "word/document.xml": f'<w:document xmlns:w="{space}"><w:body>{body}</w:body></w:document>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package_file:
        for name, text in parts.items():
            entry = zipfile.ZipInfo(name, (2025, 1, 1, 0, 0, 0))
            package_file.writestr(entry, '<?xml version="1.0" encoding="UTF-8"?>' + text)
    return out.getvalue()


def gguf() -> bytes:
    """A header with all that ``models info`` and ``stats --kv`` read, and hardly a tensor."""
    metadata: dict[str, object] = {
        "general.architecture": "llama",
        "general.name": "Tiny Example",
        "general.license": "mit",
        "llama.context_length": 4096,
        "llama.block_count": 4,
        "llama.embedding_length": 64,
        "llama.feed_forward_length": 128,
        "llama.attention.head_count": 2,
        "llama.attention.head_count_kv": 1,
        "llama.vocab_size": 8,
        "tokenizer.ggml.model": "no_vocab",
    }
    return gguf_maker.build(metadata, {"token_embd.weight": ("f16", (64, 8))})


def main() -> None:
    made = {
        "report.pdf": pdfs.of_pages(*PAGES),
        "lease.docx": docx(PARAGRAPHS),
        "changes.md.gz": gzip.compress(CHANGES.encode(), mtime=0),
        "tiny.gguf": gguf(),
        "broken.gguf": gguf()[:200],
        "broken.pdf": b"%PDF-1.4\nthis is no PDF at all\n",
        "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(range(64)),
        "cafe.txt": "Le café ferme à 18 h. “Naïve” hôtes paient 12 € d’entrée.\n".encode("cp1252")
        * 8,
        "wide.txt": "Привет, как дела? Насос сломался в понедельник. Счёт номер 4711.\n".encode(
            "utf-16"
        ),
        "empty.txt": b"",
    }
    for name, data in made.items():
        (HERE / "inputs" / name).write_bytes(data)


if __name__ == "__main__":
    main()
