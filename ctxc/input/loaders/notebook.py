"""Jupyter notebooks -> Markdown: text as it is, code in fences, outputs as text, images by name.

Formats 3 and 4. What a kernel wrote for a browser (HTML tables, widgets, plots) is taken in its
text form where it has one; encoded data is never written out, only named with its size.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from ...document import Document
from ..media import HTML
from .decode import decode
from .parts import of_parts
from .raw import Raw
from .terminal import cleaned

_INLINE = re.compile(r"data:([\w.+/-]{3,60});base64,([A-Za-z0-9+/=\s]*)")
_REPR = re.compile(r"<[^<>\n]{1,200}>")
_TICKS = re.compile(r"^`{3,}", re.MULTILINE)
_SHORT_NAMES = {
    "text": "text/plain",
    "html": "text/html",
    "latex": "text/latex",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "svg": "image/svg+xml",
}
"""Keys of an output in format 3 -> media types."""
_READABLE = ("text/markdown", "text/plain", "text/latex")


def load(raw: Raw) -> Document:
    """The cells as a Markdown document; what does not parse is read as text, with a note.

    Raises as ``decode``.
    """
    text, notes = decode(raw)
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError):
        notebook = None
    cells = _cells_of(notebook)
    if cells is None:
        more = ("no notebook that can be read; taken as text",) if text.strip() else ()
        return Document(text, raw.name, "application/json", notes=(*notes, *more))
    language = _language(notebook)
    parts = (
        (f"cell {number}", "\n\n".join(filter(str.strip, _blocks(cell, language, raw))))
        for number, cell in enumerate(cells, 1)
    )
    return of_parts(raw, parts, notes)


def _cells_of(notebook: Any) -> list[dict[str, Any]] | None:
    """The cells, or None for what is no notebook."""
    if not isinstance(notebook, dict):
        return None
    cells = notebook.get("cells")
    if cells is None and isinstance(notebook.get("worksheets"), list):
        sheets = [sheet for sheet in notebook["worksheets"] if isinstance(sheet, dict)]
        cells = [cell for sheet in sheets for cell in _list(sheet.get("cells"))]
    if not isinstance(cells, list):
        return None
    return [cell for cell in cells if isinstance(cell, dict)]


def _language(notebook: dict[str, Any]) -> str:
    metadata = _dict(notebook.get("metadata"))
    names = (
        _dict(metadata.get("language_info")).get("name"),
        _dict(metadata.get("kernelspec")).get("language"),
    )
    name = next((name for name in names if isinstance(name, str) and name), "python")
    return name.lower() if re.fullmatch(r"[\w.+#-]{1,30}", name) else "python"


def _blocks(cell: dict[str, Any], language: str, raw: Raw) -> Iterator[str]:
    """A cell as Markdown blocks: its source, then its outputs."""
    source = _joined(cell.get("source", cell.get("input"))).strip("\n")
    kind = cell.get("cell_type")
    if kind == "heading":
        level = cell.get("level")
        yield "#" * (level if isinstance(level, int) and 1 <= level <= 6 else 1) + " " + source
    elif kind == "code":
        yield _fenced(source, language)
        for output in _list(cell.get("outputs")):
            yield from _output(_dict(output), raw)
    elif kind == "raw":
        yield _fenced(_without_data(source), "")
    else:
        yield _without_data(source)


def _output(output: dict[str, Any], raw: Raw) -> Iterator[str]:
    kind = output.get("output_type")
    if kind == "stream":
        yield _fenced(_plain(_joined(output.get("text"))), "text")
    elif kind in ("error", "pyerr"):
        yield _fenced(_error(output), "text")
    else:
        data = _dict(output.get("data"))
        if not data:
            data = {name: output[key] for key, name in _SHORT_NAMES.items() if key in output}
        yield from _bundle(data, raw)


def _error(output: dict[str, Any]) -> str:
    """The traceback, and its last line where the traceback lacks it."""
    trace = _plain("\n".join(_joined(line) for line in _list(output.get("traceback"))))
    name, value = _joined(output.get("ename")), _joined(output.get("evalue"))
    message = f"{name}: {value}" if value else name
    return trace if message and message in trace else f"{trace}\n{message}".strip("\n")


def _bundle(data: dict[str, Any], raw: Raw) -> Iterator[str]:
    """One output that is there in several media types: as text, and what else it is by name."""
    others = [
        name for name in data if name.startswith(("image/", "audio/", "video/", "application/pdf"))
    ]
    readable = next((name for name in _READABLE if _joined(data.get(name)).strip()), "")
    text = _plain(_joined(data.get(readable)))
    if others and _REPR.fullmatch(text.strip()):
        readable = ""  # "<Figure size 640x480 with 1 Axes>" says less than the image's name
    if readable == "text/plain":
        yield _fenced(text, "text")
    elif readable:
        yield _without_data(text)
    elif "text/html" in data and not others:
        yield _from_html(_joined(data["text/html"]), raw)
    elif not others:
        others = sorted(data)
    for name in others:
        yield _named(name, data[name])


def _from_html(markup: str, raw: Raw) -> str:
    from .html import load as load_html

    page = Raw(markup.encode("utf-8", "replace"), raw.name, HTML, "utf-8", limit=raw.limit)
    return load_html(page).text.strip("\n")


def _named(name: str, value: Any) -> str:
    """``[image/png, 34 kB]``: what stands for data that no reader of text can use."""
    body = value if isinstance(value, dict) else _joined(value)
    size = len(json.dumps(body)) if isinstance(body, dict) else len(body)
    encoded = not isinstance(body, dict) and not name.endswith(("+xml", "json"))
    return f"[{name}, {sized(size * 3 // 4 if encoded else size)}]"


def sized(size: int) -> str:
    """
    >>> sized(700), sized(34_100), sized(2_500_000)
    ('700 bytes', '34 kB', '2.5 MB')
    """
    if size < 1_000:
        return f"{size} bytes"
    return f"{size / 1e3:.0f} kB" if size < 1_000_000 else f"{size / 1e6:.1f} MB"


def _without_data(text: str) -> str:
    """Text without encoded data in its links."""
    if ";base64," not in text:
        return text
    return _INLINE.sub(lambda match: f"[{match[1]}, {sized(len(match[2]) * 3 // 4)}]", text)


def _plain(text: str) -> str:
    return _without_data(cleaned(text)[0]).strip("\n")


def _fenced(text: str, language: str) -> str:
    if not text.strip():
        return ""
    longest = max((len(ticks) for ticks in _TICKS.findall(text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _joined(value: Any) -> str:
    """A text that is kept as one string or as a list of lines; "" for anything else."""
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
