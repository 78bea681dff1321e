"""A PDF page's content stream -> words with their places, ruled lines, and a count of pictures.

The operators are those of ISO 32000-2, 8.4 to 9.4. pypdf parses the stream and knows the
fonts' encodings and widths; where a word stands is worked out here, for pypdf's own extraction
tells the beginning of a text only. A malformed operation is passed over, as viewers do.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from .pdf_fonts import SKIPPED, Face, decoded, face_of
from .pdf_page import Rule, Word, turned

if TYPE_CHECKING:
    from pypdf import PageObject

Matrix = tuple[float, float, float, float, float, float]

_IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_DEEPEST = 12
_MOST_FORMS = 1_000
_MOST_RULES = 4_000
_MOST_PATH = 10_000
_SPACE = 0.16
"""Ems between two glyphs from which on they belong to two words."""
_BACK = 0.3
"""Ems that a glyph may go back (kerning, accents) within its word."""
_LONGEST_ACTUAL = 200


def _times(m: Matrix, n: Matrix) -> Matrix:
    return (
        m[0] * n[0] + m[1] * n[2],
        m[0] * n[1] + m[1] * n[3],
        m[2] * n[0] + m[3] * n[2],
        m[2] * n[1] + m[3] * n[3],
        m[4] * n[0] + m[5] * n[2] + n[4],
        m[4] * n[1] + m[5] * n[3] + n[5],
    )


@dataclass(frozen=True, slots=True)
class _State:
    """The part of the graphics state that places text (9.3.1)."""

    matrix: Matrix = _IDENTITY
    face: Face | None = None
    size: float = 0.0
    spacing: float = 0.0
    word_spacing: float = 0.0
    scale: float = 1.0
    leading: float = 0.0
    rise: float = 0.0


@dataclass(slots=True)
class Drawn:
    """What a page shows: words in the order of the stream, rules, and how many pictures."""

    words: list[Word] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    pictures: int = 0


def drawn(page: PageObject, most: int) -> Drawn:
    """The page's words; stops behind ``most`` letters. Raises what pypdf does."""
    painter = _Painter(page.pdf, most)
    content = page.get("/Contents")
    if content is not None:
        painter.run(content.get_object(), page.get("/Resources"), 0)
    painter.fields(page.get("/Annots"))
    return painter.out


class _Painter:
    """Follows a content stream and the forms it calls."""

    def __init__(self, pdf: Any, most: int) -> None:
        self.out = Drawn()
        self._pdf = pdf
        self._left = most
        self._forms = 0
        self._faces: dict[int, Face | None] = {}
        self._resources: Any = None
        self._state = _State()
        self._stack: list[_State] = []
        self._line = self._text = _IDENTITY
        self._path: list[tuple[float, float, float, float]] = []
        self._at = (0.0, 0.0)
        self._actual: list[tuple[str, int]] = []
        self._joins = False
        self._handlers: dict[bytes, Callable[[list[Any]], None]] = {
            b"q": lambda _: self._stack.append(self._state),
            b"Q": self._restore,
            b"cm": self._concatenate,
            b"BT": lambda _: self._place(_IDENTITY),
            b"Tf": self._font,
            b"Tc": lambda o: self._set(spacing=float(o[0])),
            b"Tw": lambda o: self._set(word_spacing=float(o[0])),
            b"Tz": lambda o: self._set(scale=float(o[0]) / 100),
            b"TL": lambda o: self._set(leading=float(o[0])),
            b"Ts": lambda o: self._set(rise=float(o[0])),
            b"Td": lambda o: self._move(float(o[0]), float(o[1])),
            b"TD": self._move_and_lead,
            b"Tm": lambda o: self._place(_matrix(o)),
            b"T*": lambda _: self._move(0, -self._state.leading),
            b"Tj": lambda o: self._show(o[0]),
            b"'": self._next_line,
            b'"': self._spaced_line,
            b"TJ": self._show_all,
            b"Do": self._form,
            b"INLINE IMAGE": lambda _: self._picture(),
            b"BDC": self._begin_marked,
            b"BMC": lambda _: self._actual.append(("", 0)),
            b"EMC": self._end_marked,
            b"m": self._go,
            b"l": self._draw,
            b"re": self._rectangle,
            b"n": lambda _: self._path.clear(),
        } | dict.fromkeys((b"S", b"s", b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*"), self._paint)

    def run(self, content: Any, resources: Any, depth: int) -> None:
        from pypdf.generic import ContentStream

        before, self._resources = self._resources, resources.get_object() if resources else {}
        self._depth = depth
        for operands, operator in ContentStream(content, self._pdf, "bytes").operations:
            handler = self._handlers.get(operator)
            if handler is None or self._left < 0:
                continue
            try:
                handler(operands)
            except SKIPPED:
                continue
        self._resources, self._depth = before, depth - 1

    def _set(self, **changes: Any) -> None:
        self._state = replace(self._state, **changes)

    def _restore(self, _: list[Any]) -> None:
        if self._stack:
            self._state = self._stack.pop()

    def _concatenate(self, operands: list[Any]) -> None:
        self._set(matrix=_times(_matrix(operands), self._state.matrix))

    def _place(self, matrix: Matrix) -> None:
        self._line = self._text = matrix

    def _move(self, x: float, y: float) -> None:
        self._place(_times((1.0, 0.0, 0.0, 1.0, x, y), self._line))

    def _move_and_lead(self, operands: list[Any]) -> None:
        self._set(leading=-float(operands[1]))
        self._move(float(operands[0]), float(operands[1]))

    def _next_line(self, operands: list[Any]) -> None:
        self._move(0, -self._state.leading)
        self._show(operands[0])

    def _spaced_line(self, operands: list[Any]) -> None:
        self._set(word_spacing=float(operands[0]), spacing=float(operands[1]))
        self._next_line(operands[2:])

    def _font(self, operands: list[Any]) -> None:
        name, size = operands[0], float(operands[1])
        fonts = self._resources.get("/Font")
        source = fonts.get_object().get(name) if fonts is not None else None
        self._set(face=self._face(source.get_object()) if source is not None else None, size=size)

    def _face(self, source: Any) -> Face | None:
        """The font of a resource, read once; None where nothing of it can be read."""
        if id(source) not in self._faces:
            self._faces[id(source)] = face_of(source)
        return self._faces[id(source)]

    def _show_all(self, operands: list[Any]) -> None:
        state = self._state
        for item in operands[0]:
            if isinstance(item, bytes):
                self._show(item)
            elif isinstance(item, int | float):
                self._advance(-float(item) / 1000 * state.size * state.scale)

    def _advance(self, x: float) -> None:
        m = self._text
        self._text = (m[0], m[1], m[2], m[3], m[4] + x * m[0], m[5] + x * m[1])

    def _show(self, text: Any) -> None:
        """Show a string glyph by glyph (9.4.4)."""
        state, face = self._state, self._state.face
        if face is None or not isinstance(text, bytes):
            return
        codes, glyphs = decoded(face.font, text)
        self._left -= len(codes)
        for code, glyph in zip(codes, glyphs, strict=True):
            width = face.font.space_width if code == face.font.space_char else None
            if width is None:
                width = face.font.get_text_width(code)
            step = width * face.unit * state.size * state.scale
            self._glyph(glyph, step)
            gap = state.spacing + (state.word_spacing if text == b" " or code == " " else 0.0)
            self._advance(step + gap * state.scale)

    def _glyph(self, glyph: str, step: float) -> None:
        state = self._state
        assert state.face is not None
        m = _times((1.0, 0.0, 0.0, 1.0, 0.0, state.rise), _times(self._text, state.matrix))
        size = abs(state.size) * state.face.height * math.hypot(m[2], m[3])
        length = step * math.hypot(m[0], m[1])
        if not (math.isfinite(size + length + m[4] + m[5])) or size <= 0:
            return
        turn = round(math.degrees(math.atan2(m[1], m[0]))) % 360
        turn = round(turn / 90) * 90 % 360 if abs((turn + 45) % 90 - 45) <= 3 else turn
        x, y = turned(m[4], m[5], turn)
        if not glyph.strip():
            self._joins = False
            return
        words = self.out.words
        last = words[-1] if words else None
        if last is not None and self._joins and last.goes_on(x, y, size, turn, _SPACE, _BACK):
            last.glyphs.append(glyph)
            last.end = max(last.end, x + length)
        else:
            words.append(Word([glyph], x, x + length, y, size, turn, len(words)))
        self._joins = True

    def _form(self, operands: list[Any]) -> None:
        shape = self._resources["/XObject"].get_object()[operands[0]].get_object()
        if shape.get("/Subtype") == "/Image":
            self._picture()
            return
        self._forms += 1
        if self._depth >= _DEEPEST or self._forms > _MOST_FORMS:
            return
        kept = (self._state, self._stack, self._line, self._text)
        if "/Matrix" in shape:
            self._concatenate(list(shape["/Matrix"].get_object()))
        self._stack = []
        try:
            self.run(shape, shape.get("/Resources") or self._resources, self._depth + 1)
        finally:
            self._state, self._stack, self._line, self._text = kept

    def fields(self, annotations: Any) -> None:
        """What is filled into a form, and text typed onto a page, as it is shown (12.5.5)."""
        for reference in list(annotations.get_object())[:_MOST_FORMS] if annotations else ():
            try:
                note = reference.get_object()
                if note.get("/Subtype") in ("/Widget", "/FreeText") and not note.get("/F", 0) & 2:
                    self._appearance(note)
            except SKIPPED:
                continue

    def _appearance(self, note: Any) -> None:
        shape = note["/AP"].get_object()["/N"].get_object()
        place = [float(value) for value in note["/Rect"].get_object()]
        if not hasattr(shape, "get_data"):  # a box to tick: one appearance for each state
            self._tick(note.get("/AS", "/Off") != "/Off", place)
            return
        box = [float(value) for value in shape["/BBox"].get_object()]
        x, y = min(place[0], place[2]) - box[0], min(place[1], place[3]) - box[1]
        self._state, self._stack, self._joins = _State((1.0, 0.0, 0.0, 1.0, x, y)), [], False
        self.run(shape, shape.get("/Resources"), 1)

    def _tick(self, ticked: bool, place: list[float]) -> None:
        x, y, high = min(place[0], place[2]), min(place[1], place[3]), abs(place[3] - place[1])
        size = min(high, 12.0)
        glyphs, words = ["[x]" if ticked else "[ ]"], self.out.words
        words.append(Word(glyphs, x, x + high, y + (high - size) / 2 + 1, size, 0, len(words)))

    def _picture(self) -> None:
        self.out.pictures += 1

    def _begin_marked(self, operands: list[Any]) -> None:
        """Marked content may say what its glyphs spell (14.9.4)."""
        marks = operands[1] if len(operands) > 1 else None
        if isinstance(marks, str):
            marks = self._resources["/Properties"].get_object()[marks].get_object()
        actual = marks.get("/ActualText") if isinstance(marks, dict) else None
        self._actual.append((_text_string(actual), len(self.out.words)))
        self._joins = self._joins and not self._actual[-1][0]

    def _end_marked(self, _: list[Any]) -> None:
        text, first = self._actual.pop() if self._actual else ("", 0)
        words = self.out.words[first:]
        if not text or len(words) != 1 or len(text) > _LONGEST_ACTUAL:
            return
        words[0].glyphs[:] = [text]
        words[0].spelled = True

    def _point(self, x: Any, y: Any) -> tuple[float, float]:
        m, x, y = self._state.matrix, float(x), float(y)
        return m[0] * x + m[2] * y + m[4], m[1] * x + m[3] * y + m[5]

    def _go(self, operands: list[Any]) -> None:
        self._at = self._point(operands[0], operands[1])

    def _draw(self, operands: list[Any]) -> None:
        to = self._point(operands[0], operands[1])
        if len(self._path) < _MOST_PATH:
            self._path.append((*self._at, *to))
        self._at = to

    def _rectangle(self, operands: list[Any]) -> None:
        x, y, width, height = (float(value) for value in operands[:4])
        corners = [
            self._point(*c)
            for c in ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
        ]
        if len(self._path) < _MOST_PATH:
            for at, to in zip(corners, corners[1:] + corners[:1], strict=True):
                self._path.append((*at, *to))

    def _paint(self, _: list[Any]) -> None:
        for line in self._path:
            if len(self.out.rules) < _MOST_RULES and (rule := Rule.of(*line)) is not None:
                self.out.rules.append(rule)
        self._path.clear()


def _matrix(operands: list[Any]) -> Matrix:
    a, b, c, d, e, f = (float(value) for value in operands[:6])
    return a, b, c, d, e, f


def _text_string(value: Any) -> str:
    if isinstance(value, bytes):
        wide = value.startswith((b"\xfe\xff", b"\xff\xfe"))
        return value.decode("utf-16" if wide else "latin-1", "replace")
    return str(value) if isinstance(value, str) else ""
