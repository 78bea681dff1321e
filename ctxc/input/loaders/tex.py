"""LaTeX -> Markdown, lightly: sections, lists, tables, footnotes; no comments, no preamble.

Formulas and commands that are not known stay as they are written, so nothing
that a document says is guessed at. No file is included and no macro is unfolded.
"""

from __future__ import annotations

import re

from ...document import Document
from .decode import decode
from .pipes import pipe_table
from .raw import Raw

_COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%[^\n]*(?:\n[ \t]*)?")
_VERBATIM = re.compile(
    r"\\begin\{(verbatim\*?|lstlisting|minted|Verbatim)\}(?:\[[^\]\n]*\])?(?:\{[^}\n]*\})?\n?"
)
_DEFINITION = re.compile(r"\\def\\[A-Za-z@]{1,40}[#0-9]{0,20}\{(?:[^{}]|\{[^{}]{0,200}\}){0,500}\}")
_BODY = re.compile(r"\\begin\{document\}")
_LEVELS = {
    "part": 1, "chapter": 1, "section": 1, "subsection": 2, "subsubsection": 3, "paragraph": 4,
    "subparagraph": 5, "title": 1,
}  # fmt: skip
_PLAIN = frozenset(
    "emph textbf textit texttt textsc textrm textsf textsl textup textmd underline uline text mbox"
    " hbox enquote uppercase lowercase sout passthrough caption author date url path nolinkurl"
    " title citenum pandocbounded multicolumn DUtitle".split()
)
_DROPPED = frozenset(
    "label vspace hspace setlength addtolength pagestyle thispagestyle bibliographystyle"
    " setcounter addcontentsline index hypertarget noalign phantomsection vskip hypersetup".split()
)
_DROPPED_TWICE = frozenset("setlength addtolength setcounter".split())
_DROPPED_BARE = frozenset(
    "maketitle tableofcontents centering noindent bigskip medskip smallskip newpage clearpage"
    " pagebreak raggedright raggedleft small footnotesize large Large LARGE huge Huge normalsize"
    " tiny scriptsize bfseries itshape ttfamily toprule midrule bottomrule hline endhead endfoot"
    " endfirsthead endlastfoot tightlist protect appendix frontmatter mainmatter backmatter"
    " listoffigures listoftables par itemsep linewidth strut sloppy".split()
)
_SIGNS = {
    "ldots": "…", "dots": "…", "LaTeX": "LaTeX", "TeX": "TeX", "S": "§", "P": "¶", "ss": "ß",
    "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "o": "ø", "O": "Ø", "aa": "å", "AA": "Å", "l": "ł",
    "L": "Ł", "i": "ı", "textbackslash": "\\", "textasciitilde": "~", "textasciicircum": "^",
    "copyright": "©", "pounds": "£", "texteuro": "€", "euro": "€", "textdegree": "°", "quad": " ",
    "qquad": " ", "textquotesingle": "'", "textbar": "|", "textless": "<", "textgreater": ">",
    "textbullet": "•", "textendash": "–", "textemdash": "—", "slash": "/",
}  # fmt: skip
_ACCENTS = {"`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", '"': "\u0308",
            "=": "\u0304", ".": "\u0307", "c": "\u0327", "v": "\u030c", "u": "\u0306",
            "H": "\u030b", "r": "\u030a"}  # fmt: skip
_ACCENT = re.compile(r"""\\([`'^~"=.]|[cvuHr](?=\{|\s))\s*\{?(\\?[A-Za-z])\}?""")
_TOKEN = re.compile(
    r"\\begin\{(?P<begin>[\w*]{1,40})\}|\\end\{(?P<end>[\w*]{1,40})\}"
    r"|\\(?P<name>[A-Za-z]{1,40})\*?[ \t]*|\\(?P<sign>.)|(?P<math>\$\$?)|(?P<brace>[{}])"
    r"|(?P<dash>---?)|(?P<quote>``|'')|(?P<tie>~)|(?P<mark>&)|(?P<text>[^\\{}$&~`'-]+|.)",
    re.S,
)
_OPTION = re.compile(r"\[[^\]\n]{0,300}\]")
_LISTS = ("itemize", "enumerate", "description")
_TABLES = ("tabular", "tabular*", "tabularx", "longtable", "longtable*", "array")
_FORMULAS = ("equation", "equation*", "align", "align*", "gather", "gather*", "multline", "math",
             "eqnarray", "displaymath", "eqnarray*", "multline*")  # fmt: skip
_DEEPEST, _DEEPEST_LIST = 200, 12


def load(raw: Raw) -> Document:
    """The document as Markdown. Raises as ``decode``."""
    text, notes = decode(raw)
    out = _Reader().read(text)
    return Document(out, raw.name, "text/markdown", notes=notes)


class _Reader:
    """Walks the tokens once; ``_outs`` are what is being written: the text, and arguments in it."""

    def __init__(self) -> None:
        self._outs: list[list[str]] = [[]]
        self._braces: list[str] = []  # what each open brace ends: a command's name, or ""
        self._lists: list[tuple[str, int]] = []
        self._tables: list[list[list[str]]] = []
        self._codes: list[str] = []
        self._notes = 0

    def read(self, text: str) -> str:
        text = self._without_code(text.replace("\0", "").replace("\r\n", "\n"))
        text = _DEFINITION.sub("", _COMMENT.sub(r"\1", text))
        head, body = text, ""
        if begin := _BODY.search(text):
            head, body = text[: begin.start()], text[begin.end() :]
            body = body.partition("\\end{document}")[0]
            self._front(head)
        else:
            body = text
        self._walk(_ACCENT.sub(_accented, body))
        while len(self._outs) > 1:  # cut short inside an argument
            inner = self._outs.pop()
            self._outs[-1] += inner
        out = re.sub(r"[ \t]*\n[ \t]*\n[ \t\n]*", "\n\n", "".join(self._outs[0])).strip()
        out = re.sub(r"\0(\d+)\0", lambda match: self._codes[int(match[1])], out)
        return out + "\n" if out else ""

    def _without_code(self, text: str) -> str:
        """``text`` with a mark in place of each verbatim environment that has an end."""
        kept: list[str] = []
        at = 0
        endless: set[str] = set()
        for begin in _VERBATIM.finditer(text):
            if begin.start() < at or begin[1] in endless:
                continue
            closing = f"\\end{{{begin[1]}}}"
            end = text.find(closing, begin.end())
            if end < 0:
                endless.add(begin[1])
                continue
            code = text[begin.end() : end].strip("\n")
            fence = "```" if "```" not in code else "````"
            kept += (text[at : begin.start()], f"\n\n\0{len(self._codes)}\0\n\n")
            self._codes.append(f"{fence}\n{code}\n{fence}")
            at = end + len(closing)
        return "".join([*kept, text[at:]])

    def _front(self, head: str) -> None:
        for name in ("title", "author", "date"):
            if match := re.search(rf"\\{name}\{{((?:[^{{}}]|\{{[^{{}}]*\}}){{1,500}})\}}", head):
                self._put("\n\n" + ("# " if name == "title" else ""))
                self._walk(_ACCENT.sub(_accented, match[1]))
                self._put("\n\n")

    def _put(self, text: str) -> None:
        self._outs[-1].append(text)

    def _walk(self, text: str) -> None:
        at = 0
        while match := _TOKEN.match(text, at):
            at = match.end()
            kind = match.lastgroup
            value = match[kind] if kind else ""
            if kind == "begin":
                at = self._begin(value, text, at)
            elif kind == "end":
                self._end(value)
            elif kind == "name":
                at = self._command(value, match[0], text, at)
            elif kind == "sign":
                at = self._sign(value, text, at)
            elif kind == "math":
                at = self._math(value, text, at)
            elif kind == "brace":
                self._brace(value)
            elif kind == "mark" and self._tables:
                self._cell()
            else:
                self._put({"``": "“", "''": "”", "~": " ", "--": "–", "---": "—"}.get(value, value))

    def _begin(self, name: str, text: str, at: int) -> int:
        if option := _OPTION.match(text, at):
            at = option.end()
        if name in _LISTS:
            self._lists.append((name, 0))
            self._put("\n\n" if len(self._lists) == 1 else "\n")
        elif name in _TABLES:
            for _ in range(2 if name in ("tabular*", "tabularx") else 1):
                at = _after_argument(text, at)
            self._tables.append([[]])
            self._outs.append([])
            self._braces.append("\0table")
        elif name in _FORMULAS:
            end = text.find(f"\\end{{{name}}}", at)
            end = len(text) if end < 0 else end
            self._put(f"\n\n$${' '.join(text[at:end].split())}$$\n\n")
            at = min(len(text), end + len(name) + 6)
        else:
            self._put("\n\n")
        return at

    def _end(self, name: str) -> None:
        if name in _LISTS and self._lists:
            self._lists.pop()
            self._put("\n\n" if not self._lists else "\n")
        elif name in _TABLES and self._tables:
            while self._braces and self._braces[-1] != "\0table":
                self._brace("}")
            self._cell()
            self._outs.pop()
            self._braces.pop()
            if table := pipe_table([row for row in self._tables.pop() if any(row)]):
                self._put(f"\n\n{table}\n\n")
        else:
            self._put("\n\n")

    def _cell(self) -> None:
        """A table's cell ends."""
        if self._braces and self._braces[-1] == "\0table":
            self._tables[-1][-1].append(" ".join("".join(self._outs[-1]).split()))
            self._outs[-1] = []
        else:
            self._put("&")

    def _command(self, name: str, written: str, text: str, at: int) -> int:
        if name == "item":
            return self._item(text, at)
        if name in _SIGNS:
            self._put(_SIGNS[name] + (" " if written.endswith(" ") else ""))
            return at + 2 if text.startswith("{}", at) else at
        if name in _DROPPED_BARE:
            return at
        if option := _OPTION.match(text, at):
            at = option.end()
        opens = text.startswith("{", at) and len(self._braces) < _DEEPEST
        if name in _DROPPED:
            at = _after_argument(text, at)
            return _after_argument(text, at) if name in _DROPPED_TWICE else at
        if name == "includegraphics":
            return self._picture(option[0] if option else "", text, at)
        if name == "multicolumn":
            at = _after_argument(text, _after_argument(text, at))
            opens = text.startswith("{", at) and len(self._braces) < _DEEPEST
        if name == "href":
            return _after_argument(text, at)
        if opens and (name in _LEVELS or name in _PLAIN or name in ("footnote", "footnotetext")):
            self._braces.append(name)
            self._outs.append([])
            return at + 1
        if name in ("textsuperscript", "textsubscript"):
            self._put("^" if name == "textsuperscript" else "_")
        elif name == "verb" and at < len(text):
            end = text.find(text[at], at + 1)
            if 0 < end < at + 500:
                self._put(text[at + 1 : end])
                return end + 1
        elif opens:
            self._braces.append("\0kept")
            self._put(written.rstrip() + (option[0] if option else "") + "{")
            return at + 1
        else:
            self._put(written.rstrip() + option[0] if option else written)
        return at

    def _picture(self, options: str, text: str, at: int) -> int:
        """What a picture shows where that is said, else the name of its file."""
        end = _after_argument(text, at)
        alt = re.search(r"alt=\{?([^{}\]]{1,200})", options)
        self._put(f"[image: {alt[1].strip() if alt else text[at + 1 : end - 1].strip()}]")
        return end

    def _item(self, text: str, at: int) -> int:
        name, count = self._lists.pop() if self._lists else ("itemize", 0)
        self._lists.append((name, count + 1))
        indent = "  " * min(len(self._lists) - 1, _DEEPEST_LIST)
        self._put(f"\n{indent}" + (f"{count + 1}. " if name == "enumerate" else "- "))
        if option := _OPTION.match(text, at):
            self._put(option[0][1:-1].strip() + ": ")
            at = option.end()
        return at + len(text[at : at + 200]) - len(text[at : at + 200].lstrip())

    def _sign(self, sign: str, text: str, at: int) -> int:
        if sign == "\\":
            if option := _OPTION.match(text, at):
                at = option.end()
            if self._braces and self._braces[-1] == "\0table":
                self._cell()
                self._tables[-1].append([])
            else:
                self._put("\n")
        elif sign in "([":
            closing = "\\)" if sign == "(" else "\\]"
            end = text.find(closing, at)
            end = len(text) if end < 0 else end
            mark = "$" if sign == "(" else "$$"
            self._put(f"{mark}{' '.join(text[at:end].split())}{mark}")
            at = min(len(text), end + 2)
        elif sign in "%&#_${}":
            self._put(sign)
        elif sign in ",;: \n":
            self._put(" ")
        return at

    def _math(self, mark: str, text: str, at: int) -> int:
        """A formula stays as it is."""
        end = text.find(mark, at)
        while end > 0 and text[end - 1] == "\\":
            end = text.find(mark, end + 1)
        end = len(text) if end < 0 else end
        self._put(mark + " ".join(text[at:end].split()) + mark)
        return min(len(text), end + len(mark))

    def _brace(self, brace: str) -> None:
        if brace == "{":
            self._braces.append("")
            return
        if not self._braces or self._braces[-1] == "\0table":
            return
        name = self._braces.pop()
        if name in ("", "\0kept"):
            self._put("}" if name else "")
            return
        text = "".join(self._outs.pop())
        if name in _LEVELS:
            self._put(f"\n\n{'#' * _LEVELS[name]} {' '.join(text.split())}\n\n")
        elif name in ("footnote", "footnotetext"):
            self._footnote(" ".join(text.split()).removesuffix("."))
        else:
            self._put(f"\n\n{text}\n\n" if name == "caption" else text)

    def _footnote(self, text: str) -> None:
        """A note inside the sentence that it restricts, not behind its full stop."""
        self._notes += 1
        out = self._outs[-1]
        before = out[-1] if out else ""
        closing = before[-1:] if before[-1:] in (*".!?;:,",) else ""
        if closing:
            out[-1] = before[:-1]
        self._put(f" [footnote {self._notes}: {text}]{closing}")


def _after_argument(text: str, at: int) -> int:
    """Behind one argument in braces; ``at`` where there is none."""
    if not text.startswith("{", at):
        return at
    depth = 0
    for index in range(at, min(len(text), at + 2000)):
        depth += {"{": 1, "}": -1}.get(text[index], 0)
        if depth == 0:
            return index + 1
    return at


def _accented(match: re.Match[str]) -> str:
    import unicodedata

    letter = match[2].lstrip("\\")
    return unicodedata.normalize("NFC", letter + _ACCENTS[match[1]])
