"""A PDF's fonts as pypdf knows them: what codes show, and how wide that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pypdf.generic._font import Font

SKIPPED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What a malformed object or operation raises: it is passed over, as viewers do."""


@dataclass(frozen=True, slots=True)
class Face:
    """A font with what its glyphs are measured in: ``unit`` text space units a width of 1."""

    font: Font
    unit: float = 0.001
    height: float = 1.0


def face_of(source: Any) -> Face | None:
    """The font of a resource; None where nothing of it can be read."""
    from pypdf.generic._font import Font

    try:
        font = Font.from_font_resource(source)
    except SKIPPED:
        return None
    if not font.interpretable:
        return None
    if font.character_widths.get(font.space_char, 0) == 0 and font.sub_type != "Type3":
        font.space_width = font.space_width or 250
    if font.sub_type != "Type3":
        return Face(font)
    try:
        unit = abs(float(source["/FontMatrix"].get_object()[0])) or 0.001
        box = [float(value) for value in source["/FontBBox"].get_object()]
        height = (box[3] - box[1]) * unit
    except SKIPPED:
        return Face(font)
    return Face(font, unit, height if 0.1 < height < 100 else 1.0)


def decoded(font: Font, text: bytes) -> tuple[str, list[str]]:
    """The codes of a string (by which widths are kept), and what each of them shows."""
    if isinstance(font.encoding, str):
        codes = text.decode(font.encoding, "replace" if len(text) % 2 else "surrogatepass")
        return codes, [font.character_map.get(code, code) for code in codes]
    codes = text.decode("latin-1")
    glyphs = (font.encoding.get(byte, chr(byte)) for byte in text)
    return codes, [font.character_map.get(char, char) for char in glyphs]
