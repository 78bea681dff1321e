"""RTF -> Markdown: paragraphs, headings, lists, tables, footnotes (RTF specification 1.9.1).

One pass over the tokens, groups on a stack of their own, so the work is linear
and no nesting hurts. Pictures, objects, fields' codes, fonts and styles are
passed over; what is hidden or deleted by tracked changes does not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ...document import Document
from .raw import Raw
from .rtf_text import Writer

_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?[0-9]{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|[\r\n]+"
    rb"|([^\\{}\r\n]+)"
)
_SKIPPED = frozenset(
    b"fonttbl colortbl datastore themedata colorschememapping latentstyles rsidtbl generator pict"
    b" object objdata fldinst xmlnstbl mmathPr listtable listoverridetable revtbl filetbl info"
    b" userprops docvar template bkmkstart bkmkend nonshppict sp sn sv listpicture pgdsctbl private"
    b" atrfstart atrfend atnid atndate atntime atnref atnparent xe tc header footer headerl headerr"
    b" headerf footerl footerr footerf fchars lchars ftnsep ftnsepc aftnsep aftnsepc panose"
    b" wgrffmtfilter blipuid nesttableprops shprslt nonesttables".split()
)
_READ = frozenset(
    (b"shptxt", b"shpinst", b"listtext", b"pntext", b"footnote", b"annotation", b"atnauthor",
     b"nestrow", b"fldrslt", b"shp", b"stylesheet", b"ud", b"upr")
)  # fmt: skip
_SIGNS = {
    b"emdash": "—", b"endash": "–", b"lquote": "‘", b"rquote": "’", b"ldblquote": "“",
    b"rdblquote": "”", b"bullet": "•", b"emspace": " ", b"enspace": " ", b"tab": "\t",
    b"line": "\n", b"softline": "\n", b"zwj": "\u200d", b"zwnj": "\u200c",
}  # fmt: skip
_SYMBOLS = {b"~": "\xa0", b"_": "-", b"-": "", b"\\": "\\", b"{": "{", b"}": "}"}
_CODE_PAGES = {
    77: "mac_roman", 128: "cp932", 129: "cp949", 134: "gb18030", 136: "big5", 161: "cp1253",
    162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251",
    222: "cp874", 238: "cp1250",
}  # fmt: skip
_DEEPEST = 10_000


def load(raw: Raw) -> Document:
    """The document's text. Raises InputError: no RTF, no text, groups without end."""
    if not raw.data.lstrip().startswith(b"{\\rtf"):
        raise raw.refuse("is no RTF (it does not begin with {\\rtf)")
    reader = _Reader(raw)
    text = reader.read()
    notes = () if reader.whole else ("the file is cut short: its last group has no end",)
    if not text:
        raise raw.refuse("holds no text")
    return Document(text, raw.name, "text/markdown", notes=notes)


@dataclass(slots=True)
class _State:
    """What a group inherits and its end takes back."""

    destination: bytes = b""
    skip: bool = False
    hidden: bool = False
    mark: str = ""
    unicode: int = 1
    code_page: str = ""


class _Reader:
    def __init__(self, raw: Raw) -> None:
        self._raw = raw
        self._state = _State()
        self._stack: list[_State] = []
        self._writer = Writer()
        self._fonts: dict[int, str] = {}
        self._font = -1
        self._default = "cp1252"
        self._pending = b""  # bytes of one code page, decoded together
        self._to_skip = 0  # characters that stand in for one of Unicode's
        self._starred = False
        self._high = 0
        self.whole = False

    def read(self) -> str:
        for word, number, hexed, symbol, brace, text in self._tokens():
            if hexed:
                self._bytes(bytes.fromhex(hexed.decode("ascii")))
                continue
            if text:
                self._starred = False
                self._bytes(text)
                continue
            self._flush()
            if brace:
                if self._brace(brace):
                    break
            elif symbol == b"*":
                self._starred = True
            elif symbol:
                self._put(_SYMBOLS.get(symbol, ""))
                if symbol in b"\r\n":
                    self._writer.paragraph()
            elif word:
                self._word(word, number)
        self._flush()
        return self._writer.finish()

    def _tokens(self) -> Iterator[tuple[bytes, ...]]:
        data, at = self._raw.data, self._raw.data.index(b"{")
        while match := _TOKEN.match(data, at):
            at = match.end()
            if match[1] == b"bin":  # so many bytes of anything
                at += min(max(0, int(match[2] or 0)), len(data))
                continue
            yield match.groups(b"")

    def _brace(self, brace: bytes) -> bool:
        """Begin or end a group; whether it was the last one."""
        if brace == b"{":
            if len(self._stack) > _DEEPEST:
                raise self._raw.refuse("takes too much work to read (groups without end)")
            self._stack.append(self._state)
            self._state = replace(self._state)
            return False
        ended, self._state = self._state, self._stack.pop() if self._stack else _State()
        if ended.destination != self._state.destination and not ended.skip:
            self._writer.end(ended.destination.decode("ascii"))
        elif ended.destination == b"stylesheet":
            self._writer.end_style()
        self.whole = not self._stack
        return self.whole

    def _word(self, word: bytes, number: bytes) -> None:
        starred, self._starred = self._starred, False
        value = int(number) if number else 1
        state = self._state
        if word == b"f":
            self._font = value
            state.code_page = self._fonts.get(value, "")
        elif word == b"fcharset" and state.destination == b"fonttbl":
            self._fonts[self._font] = _CODE_PAGES.get(value, "")
        elif word == b"ansicpg":
            self._default = f"cp{value}" if _known(f"cp{value}") else "cp1252"
        elif word == b"mac":
            self._default = "mac_roman"
        elif word == b"uc":
            state.unicode = max(0, min(value, 100))
        elif word == b"u":
            self._unicode(value)
        elif word in _SKIPPED or (starred and word not in _READ):
            state.destination, state.skip = word, True
        elif word in _READ:
            self._begin(word)
        elif not state.skip:
            self._format(word, value)

    def _begin(self, word: bytes) -> None:
        self._state.destination = word
        if not self._state.skip:
            self._writer.begin(word.decode("ascii"))

    def _format(self, word: bytes, value: int) -> None:
        state = self._state
        if word in _SIGNS:
            self._put(_SIGNS[word])
        elif word in (b"v", b"deleted"):
            state.hidden = value != 0
        elif word in (b"super", b"sub"):
            state.mark = {b"super": "^", b"sub": "_"}[word] if value else ""
        elif word in (b"up", b"dn"):
            state.mark = ""  # a shift of the line: no power by itself
        elif word in (b"nosupersub", b"plain"):
            state.mark, state.hidden = "", state.hidden and word != b"plain"
        else:
            self._writer.control(word.decode("ascii"), value)

    def _unicode(self, value: int) -> None:
        code = value % 65536
        if 0xD800 <= code < 0xDC00:
            self._high = code
        else:
            if 0xDC00 <= code < 0xE000:
                pair = 0x10000 + ((self._high - 0xD800) << 10) + code - 0xDC00
                code = pair if self._high else 0xFFFD
            self._high = 0
            self._put(chr(code))
        self._to_skip = self._state.unicode

    def _bytes(self, data: bytes) -> None:
        skipped = min(self._to_skip, len(data))
        self._to_skip -= skipped
        self._pending += data[skipped:] if not self._state.skip else b""

    def _flush(self) -> None:
        if self._pending:
            page = self._state.code_page or self._default
            text, self._pending = self._pending.decode(page, "replace"), b""
            self._put(text)

    def _put(self, text: str) -> None:
        if text and not self._state.skip and not self._state.hidden:
            self._writer.text(text, self._state.mark)


def _known(code_page: str) -> bool:
    try:
        "".encode(code_page)
    except LookupError:
        return False
    return True
