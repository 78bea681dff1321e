"""EPUB -> chapters as parts, in the order of the book's spine (EPUB 3.3; EPUB 2 alike).

The archive is read from memory, chapters go through the reader for HTML, and
nothing outside the file is looked at. A spine may lie: what it names twice is
read once, what is not there is said.
"""

from __future__ import annotations

import posixpath
import re
from typing import Any
from urllib.parse import unquote

from ...document import Document
from .archive import Package
from .css import raised_classes
from .html import markdown
from .parts import of_parts
from .raw import Raw

_CHAPTERS = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")
# HTML knows no empty elements but a few: <title/> would begin a title without an end.
_EMPTY = re.compile(r"<([A-Za-z][\w:.-]{0,60})((?:\s[^<>]{0,2000})?)/>")
_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp")
_MOST_SHEETS, _LARGEST_SHEET = 20, 200_000
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr")
)
_HEADING = re.compile(r"^#{1,6} (.{1,200})$", re.M)


def load(raw: Raw) -> Document:
    """Each chapter as a part. Raises InputError: no EPUB, broken, protected, a zip bomb."""
    package = Package(raw, "EPUB", "META-INF/container.xml")
    book = _Book(package, raw)
    styles = _styles(package)
    parts: list[tuple[str, str]] = []
    missing = broken = 0
    for path in book.chapters():
        if path not in package.names:
            missing += 1
            continue
        try:
            text = markdown(_unpacked(package.read(path)), styles)
        except ValueError:
            broken += 1
            continue
        parts.append((_title(text, book.titles.get(path, ""), len(parts) + 1), text))
    notes = [
        f"{count} of the chapters that the book names {what}"
        for count, what in ((missing, "are not in it"), (broken, "cannot be read"))
        if count
    ]
    if pictures := sum(name.lower().endswith(_PICTURES) for name in package.names):
        notes.append(f"not read: {pictures} picture{'s' * (pictures > 1)}")
    document = of_parts(raw, parts, tuple(notes))
    if not document.text:
        raise raw.refuse("holds no chapter with text")
    return document


def _styles(package: Package) -> dict[str, str]:
    """The classes that the book's style sheets raise or lower."""
    sheets = sorted(name for name in package.names if name.lower().endswith(".css"))[:_MOST_SHEETS]
    texts = (package.read(name)[:_LARGEST_SHEET].decode("utf-8", "replace") for name in sheets)
    return raised_classes("\n".join(texts))


def _unpacked(data: bytes) -> str:
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = data.decode("utf-16" if wide else "utf-8-sig", "replace")
    return _EMPTY.sub(_closed, text)


def _closed(match: re.Match[str]) -> str:
    name = match[1]
    return match[0] if name.lower() in _VOID else f"<{name}{match[2]}></{name}>"


def _title(text: str, known: str, number: int) -> str:
    """What the table of contents calls a chapter, else its first heading, else its number."""
    heading = _HEADING.search(text)
    return known or (heading[1] if heading else f"chapter {number}")


class _Book:
    """The package document: manifest, spine and table of contents."""

    def __init__(self, package: Package, raw: Raw) -> None:
        self._package = package
        container = package.tree("META-INF/container.xml")
        roots = [e.get("full-path") for e in container.iter("{*}rootfile")]
        path = next((path for path in roots if path in package.names), None)
        if path is None:
            raise raw.refuse("is a broken EPUB (it names no package document)")
        self._base = posixpath.dirname(path)
        self._opf = package.tree(path)
        items = list(self._opf.iter("{*}item"))
        self._items = {item.get("id"): item for item in items if item.get("href")}
        self._check_protection(raw)
        self.titles = self._contents()

    def chapters(self) -> list[str]:
        """The paths of the chapters in order, each once."""
        paths: dict[str, None] = {}
        for reference in self._opf.iter("{*}itemref"):
            item = self._items.get(reference.get("idref"))
            if item is None or item.get("media-type") not in _CHAPTERS:
                continue
            if "nav" not in (item.get("properties") or "").split():
                paths[self._path(item.get("href"))] = None
        return list(paths)

    def _path(self, href: str, base: str | None = None) -> str:
        start = self._base if base is None else base
        return posixpath.normpath(posixpath.join(start, unquote(href.partition("#")[0])))

    def _check_protection(self, raw: Raw) -> None:
        if "META-INF/encryption.xml" not in self._package.names:
            return
        tree = self._package.tree("META-INF/encryption.xml")
        locked = {unquote(e.get("URI") or "") for e in tree.iter("{*}CipherReference")}
        if locked & set(self.chapters()):  # fonts are often scrambled, which does no harm
            raise raw.refuse("is protected against copying (its chapters are encrypted)")

    def _contents(self) -> dict[str, str]:
        """Path -> title, from the navigation document or the older NCX; {} where there is none."""
        for item in self._items.values():
            path = self._path(item.get("href"))
            if path not in self._package.names:
                continue
            base = posixpath.dirname(path)
            if "nav" in (item.get("properties") or "").split():
                pairs = [(a.get("href"), a) for a in self._package.tree(path).iter("{*}a")]
            elif item.get("media-type") == "application/x-dtbncx+xml":
                points = self._package.tree(path).iter("{*}navPoint")
                pairs = [(_source(point), point.find("{*}navLabel")) for point in points]
            else:
                continue
            titles: dict[str, str] = {}
            for href, label in pairs:
                if href and label is not None:
                    titles.setdefault(self._path(href, base), _words(label))
            return titles
        return {}


def _source(point: Any) -> str:
    content = point.find("{*}content")
    return "" if content is None else content.get("src") or ""


def _words(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())[:200]
