"""Manual pages (man and mdoc) -> text with headings: what ``man`` would print, without its layout.

A light reader of the macros that pages are written in; other requests are
passed over, their text is kept. Nothing is included (``.so``) and nothing is run.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from ...document import Document
from .decode import decode
from .pipes import pipe_table
from .raw import Raw

_ESCAPE = re.compile(
    r"\\(?:\((..)|\[([^\]\s]{1,40})\]|f(?:\[[^\]]*\]|\(..|.)|s(?:[-+]?\d{1,2}|\[[^\]]*\])"
    r"|[FmkM](?:\[[^\]]*\]|\(..|.)|([*n])(?:\[[^\]]*\]|\(..|.)|[hvwlLDXA]'[^']*'|(.)|$)"
)
_GLYPHS = {
    "em": "—", "en": "–", "hy": "-", "bu": "•", "lq": "“", "rq": "”", "oq": "‘", "cq": "’",
    "aq": "'", "dq": '"', "co": "©", "rg": "®", "tm": "™", "ha": "^", "ti": "~", "rs": "\\",
    "mu": "×", "->": "→", "<-": "←", "+-": "±", ">=": "≥", "<=": "≤", "de": "°", "ul": "_",
    "at": "@", "sh": "#", "Do": "$", "ba": "|", "sc": "§", "mc": "µ", "!=": "≠", "*m": "μ",
    "lB": "[", "rB": "]", "lC": "{", "rC": "}", "ga": "`", "aa": "´", "fo": "‹", "fc": "›",
}  # fmt: skip
_SIGNS = {"-": "-", "e": "\\", " ": " ", "~": "\xa0", "0": " ", "'": "´", "`": "`", "t": "\t"}
_TWO_FONTS = frozenset(("BI", "BR", "IB", "IR", "RB", "RI"))
_ONE_FONT = frozenset(("B", "I", "SM", "SB", "R"))
_BREAKS = frozenset(("PP", "P", "LP", "HP", "Pp", "sp", "br", "RS", "RE", "Bl", "El", "Bd", "Ed"))
_PASSED_OVER = frozenset(
    ("so", "de", "am", "ds", "nr", "if", "ie", "el", "ig", "ft", "hy", "nh", "ad", "na", "ne",
     "in", "ti", "ta", "TH", "Dd", "Dt", "Os", "mso", "als", "ss", "DT", "PD", "AT", "UC", "tr",
     "do", "nop", "pl", "ll", "lt", "ce", "fam", "cs", "ev", "wh", "rm", "rr", "rn", "di", "da",
     "Sm", "Bk", "Ek")
)  # fmt: skip
_MDOC = frozenset(
    "Ad An Ao Ac Ap Aq Ar Bc Bo Bq Brc Bro Brq Cd Cm Dc Do Dq Dv Em Er Ev Fa Fc Fl Fn Fo Ft Ic"
    " In Lb Li Lk Mt Nm No Ns Oc Oo Op Pa Pc Pf Po Pq Qc Qo Qq Sc Sh So Sq St Sx Sy Tn Ux Va Vt"
    " Xc Xo Xr Nd It Ss Rs Re %A %B %T %D %J %R %U".split()
)
_AROUND = {"Op": "[]", "Aq": "<>", "Dq": "“”", "Sq": "‘’", "Pq": "()", "Bq": "[]", "Brq": "{}",
           "Qq": '""', "Oo": "[", "Oc": "]", "Ao": "<", "Ac": ">", "Po": "(",
           "Pc": ")"}  # fmt: skip
_CLOSING = frozenset((".", ",", ":", ";", ")", "]", "?", "!"))
_TEXT_BLOCK = re.compile(r"T\{\n((?:(?!T\}).*\n)*)T\}")
_MOST_WORDS = 200


def load(raw: Raw) -> Document:
    """The page as Markdown. Raises as ``decode``."""
    text, notes = decode(raw)
    out = _Page().read(text.splitlines())
    return Document(out, raw.name, "text/markdown", notes=notes)


class _Page:
    def __init__(self) -> None:
        self._blocks: list[str] = []
        self._line: list[str] = []
        self._tag: str | None = None  # a term whose description follows
        self._wants_tag = False
        self._code: list[str] | None = None
        self._name = ""

    def read(self, lines: list[str]) -> str:
        pending = iter(lines)
        for line in pending:
            if line[:1] not in (".", "'"):
                self._words(line)
                continue
            name, _, rest = line[1:].strip().partition(" ")
            if name.startswith(('\\"', "\\#")):
                continue
            if name in ("de", "am", "ig", "de1"):
                _skip_to(pending, rest)
            elif name in ("TS", "EQ", "PS"):
                self._preprocessed(name, pending)
            elif name not in _PASSED_OVER:
                self._macro(name, rest)
        self._end()
        return "\n\n".join(self._blocks) + "\n" if self._blocks else ""

    def _macro(self, name: str, rest: str) -> None:
        words = _arguments(rest)
        if name in ("SH", "Sh", "SS", "Ss"):
            self._end()
            level = "# " if name in ("SH", "Sh") else "## "
            if title := " ".join(_plain(word) for word in words):
                self._blocks.append(level + title)
        elif name in ("TP", "TQ", "IP", "It"):
            self._end()
            self._wants_tag = name in ("TP", "TQ")
            if name == "IP" and words:
                self._tag = _plain(words[0])
            elif name == "It":
                self._tag = self._mdoc("No", words)
        elif name in ("nf", "EX", "Bd"):
            self._end()
            self._code = []
        elif name in _BREAKS or name in ("fi", "EE", "Ed"):
            self._end()
        elif name in _TWO_FONTS:
            self._words("".join(words))
        elif name in _MDOC:
            self._words(self._mdoc(name, words))
        elif name in _ONE_FONT or name in ("UR", "MT", "ME", "UE", "SY", "OP", "YS", "MR"):
            self._words(" ".join(words))

    def _words(self, line: str) -> None:
        text = _plain(line)
        if self._code is not None:
            self._code.append(text)
        elif self._wants_tag and text.strip():
            self._tag, self._wants_tag = text.strip(), False
        elif not text.strip():
            self._end()
        else:
            self._line.append(text.strip())

    def _end(self) -> None:
        """The paragraph, the item or the code ends."""
        if self._code is not None:
            code = "\n".join(self._code).strip("\n").rstrip()
            self._code = None
            if code:
                self._blocks.append(f"```\n{code}\n```")
            return
        text = " ".join(" ".join(self._line).split())
        self._line, self._wants_tag = [], False
        tag, self._tag = self._tag, None
        if tag in ("•", "o", "*", "-", "·"):
            tag, text = None, f"- {text}"
        elif tag and re.fullmatch(r"[0-9]{1,3}[.)]", tag):
            text = f"{tag} {text}"
        elif tag:
            text = f"- {tag}: {text}" if text else f"- {tag}"
        if text:
            self._blocks.append(text)

    def _mdoc(self, name: str, words: list[str]) -> str:
        """A line of mdoc: macros call one another, closing marks stick to what is before them."""
        out: list[str] = []
        closers: list[str] = []
        glue = False
        for word in [name, *words][:_MOST_WORDS]:
            piece = word
            if word in ("Ns", "Pf", "Ap"):
                glue = True
                out += ["'"] if word == "Ap" else []
                continue
            if word in _MDOC:
                around = _AROUND.get(word, "")
                if len(around) == 2:
                    closers.append(around[1])
                piece = around[:1] or {"Fl": "-", "Nd": "—"}.get(word, "")
                if word == "Nm" and len(words) == 0:
                    piece = self._name
            elif name == "Nm" and not self._name:
                self._name = word
            if not piece:
                continue
            stuck = glue or not out or piece in _CLOSING or out[-1] in ("-", "[", "(", "<", "“")
            out += [piece] if stuck else [" ", piece]
            glue = False
        return "".join([*out, *closers[::-1]])

    def _preprocessed(self, name: str, lines: Iterator[str]) -> None:
        """A table (tbl) as its rows; other drawings have no text of their own."""
        self._end()
        end = f".{name[0]}E"
        inner = []
        for line in lines:
            if line.startswith(end):
                break
            inner.append(line)
        if name == "TS" and (text := pipe_table(_rows(inner))):
            self._blocks.append(text)


def _rows(lines: list[str]) -> list[list[str]]:
    """The cells of a table for tbl: options up to a semicolon, formats up to a full stop, data."""
    mark = "\t"
    if lines and lines[0].rstrip().endswith(";"):
        option = re.search(r"tab\s*\(\s*(.)\s*\)", lines[0])
        mark = option[1] if option else mark
        lines = lines[1:]
    first = next((at + 1 for at, line in enumerate(lines) if line.rstrip().endswith(".")), 0)
    data = "\n".join(line for line in lines[first:] if line[:1] not in (".", "'"))
    data = _TEXT_BLOCK.sub(lambda match: " ".join(match[1].split()), data)
    rows = [line for line in data.split("\n") if line.strip("_=- \t" + mark)]
    return [[_plain(cell).strip() for cell in row.split(mark)] for row in rows]


def _skip_to(lines: Iterator[str], rest: str) -> None:
    """Pass over a macro's definition."""
    words = rest.split()
    end = "." + (words[1] if len(words) > 1 else ".")
    for line in lines:
        if line.startswith(end):
            return


def _arguments(rest: str) -> list[str]:
    """The words of a request; those in quotes are one."""
    rest = re.split(r'\\"', rest)[0]
    if '"' not in rest:
        return rest.split()
    lexer = shlex.shlex(rest, posix=True, punctuation_chars="")
    lexer.whitespace_split, lexer.quotes, lexer.escape, lexer.commenters = True, '"', "", ""
    try:
        return list(lexer)
    except ValueError:  # a quote without its end
        return rest.replace('"', " ").split()


def _plain(text: str) -> str:
    """Text without escapes: fonts gone, special characters as themselves."""
    return _ESCAPE.sub(_character, text)


def _character(match: re.Match[str]) -> str:
    name = match[1] or match[2]
    if name:
        if re.fullmatch(r"u[0-9A-F]{4,6}", name) and int(name[1:], 16) < 0x110000:
            return chr(int(name[1:], 16))
        return _GLYPHS.get(name, name if match[2] is None else "")
    return _SIGNS.get(match[4] or "", "")
