"""What each line of compilers', linters' and searchers' output is, and which lines go with it.

A place is ``path:line[:col]:`` (gcc, clang, javac, mypy, ruff, flake8, grep), ``path(line,col):``
(msbuild, tsc), ``path:line:col - `` (tsc to a terminal), ``path:[line,col]`` (maven), ``--> path``
below the message (rustc), or ``line:col`` below a line with the path (eslint, ripgrep).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..segment.lines import Line

Role = Literal["heading", "fault", "note", "match", "context", "gap", "summary", "step", "other"]
Severity = Literal["fatal", "error", "warning", "info", "note", ""]


@dataclass(frozen=True, slots=True)
class Unit:
    """``lines[first:last]`` with its role; ``message`` is what it says without its place."""

    role: Role
    first: int
    last: int
    severity: Severity = ""
    path: str = ""
    message: str = ""
    placed: bool = False  # the place stands in front of the message


@dataclass(frozen=True, slots=True)
class _Place:
    path: str
    severity: Severity
    message: str
    indented: bool


_BEFORE = re.compile(r"\s{0,8}(?:\d+>\s*)?(?:\[(?P<level>[A-Za-z]{4,12})\]\s*){0,3}")
_PLACE = re.compile(
    r"(?P<path>(?:[A-Za-z]:(?=[\\/]))?[^:\n\t\"'=<>{};,]{1,400}?)"
    r"(?::\d{1,7}(?:[:.]\d{1,6})?(?:-\d+(?::\d+)?)?(?::|\s-\s|\s(?=error|warning|note))"
    r"|\(\d{1,7}(?:[,:-]\d{1,6}){0,3}\)\s?:|:\[\d+,\d+\]|:(?=\(\.text))\s?"
)
_NUMBER = re.compile(r"[:(\[]\d|\(\.text")  # every place has one: cheap to seek
_SEVERITY = re.compile(
    r"[\s\[(]{0,4}(?:(?P<fatal>fatal error|fatal|internal compiler error|SyntaxError)"
    r"|(?P<error>error)|(?P<warning>warning|warn)|(?P<note>note|help|hint)"
    r"|(?P<info>info|information|style|convention|refactor|suggestion|notice|remark))\b",
    re.IGNORECASE,
)
_LETTER = re.compile(r"(?:\[?(?P<letter>[FEWCRI])\]?:|(?P<code>[A-Z]{1,4}\d{2,5})\b)")
_GRAVE = re.compile(r"(?:E9\d\d|F[78]\d\d|E0\d{3}|F0\d{3}|E1\d{3}|TS\d+)")
_BARE = re.compile(
    r"(?:(?P<rust>(?:error|warning|note|help)(?:\[[\w:.-]+\])?): "
    r"|(?:[\w./+-]{1,60}: )?(?P<word>fatal error|fatal|error|warning)s?(?:\s\w{1,3}\d{3,6})?: "
    r"|make(?:\[\d+\])?: \*\*\* |(?:/[\w./-]+/)?ld(?:\.\w+)?: |ninja: (?:build stopped|error)"
    r"|FAILED: )",
    re.IGNORECASE,
)
_ARROW = re.compile(r"\s*(?:-->|:::|╭─\[)\s*(?P<path>[^:\n]{1,400})")
_RUFF = re.compile(r"[A-Z]{1,4}\d{2,5} (?:\[\*\] )?\S|invalid-syntax: ")
_SHELLCHECK = re.compile(r"In (?P<path>.{1,300}) line \d+:$")
_ITEM = re.compile(
    r"\s{1,8}\d+:\d+\s+(?:(?P<error>error|✖|×)|(?P<warning>warning|⚠|‼)|(?P<info>info|hint|ℹ))\s"
)
_NUMBERED = re.compile(r"(?P<number>\d{1,7})(?P<sign>[:-])")
INCLUDED = re.compile(r"In file included from |\s+from [^:]{1,300}:\d+|In module ")
_FUNCTION = re.compile(
    r"(?P<path>[^:\n]{1,300}): (?:In (?:\S+ ){0,6}(?:function|instantiation|constructor|destructor|"
    r"lambda|substitution|method)\b|At (?:top level|global scope))"
)
_SECTION = re.compile(r"\*{5,} Module (.{1,400})$|(\S.{0,300}) -- \d+ warnings?:$")
_SUMMARY = re.compile(
    r"\W{0,6}(?:Found |Reported |Generated |There (?:was|were) |\[(?:ERROR|INFO)\] )?\W{0,3}"
    r"(?:(?:\d+|no) (?:fatal |total |fixable )?(?:errors?|warnings?|problems?|issues?|offenses?|"
    r"violations?|findings?|Warning\(s\)|Error\(s\))\b|\d+ files? (?:inspected|checked|would be)"
    r"|(?:BUILD|COMPILATION) (?:FAILED|FAILURE|SUCCESS|SUCCESSFUL|ERROR)|Build (?:succeeded|FAILED)"
    r"|All checks passed|Success: no issues|error: (?:could not compile|aborting due to)"
    r"|warning: .{1,80} generated \d+ warnings?|Your code has been rated"
    r"|\d+ (?:error|warning)s? generated)",
    re.IGNORECASE,
)
_STEP = re.compile(
    r"\s*(?:make(?:\[\d+\])?:|\[ ?\d+(?:%|/\d+)|\[INFO\]|\+ |\$ |> |"
    r"(?:\S{1,200}/)?(?:g?cc|[gc]\+\+|clang|ar|ld|rustc|javac|cl|"
    r"link|libtool|cmake|ccache)(?:\.exe)? |"
    r"(?:Compiling|Checking|Building|Linking|Finished|Running|Scanning|Inspecting|Downloading|"
    r"Downloaded|Updating|Generating|Installing|Copying|Entering|Leaving|Fresh|Blocking|Loading) )"
)
_CARET = re.compile(r"[\s|.\d]*[\^~][\^~\s|-]*(?:\S.*)?$")
_GUTTER = re.compile(r"\s*\d{0,7}\s*[|│]|\s*\.\.\.\s*$|\s*= \w+: |\s*(?:-->|:::)|\.\.\. ")
_EXCERPT = re.compile(r"\s*\d{1,7}\s{2,}\S|\s*\d{1,7}\t|\s+~+\s*$")
_SOURCE = re.compile(r"\d{1,7} ")
_TILDES = re.compile(r"\s*\d*\s*~+\s*$")
_RELATED = re.compile(r"\s{2,8}[^\s:]{1,300}:\d+:\d+\s*$")
_ADVICE = re.compile(r"Did you mean:|For more information\b")
_NAME = re.compile(
    r"[\w.@+\-\u0080-\U0010ffff]*?\.[A-Za-z]\w{0,11}(?:\.in)?$|(?:Make|Docker|Rake|Gem)file$"
)
_PLAIN = re.compile(
    r"(?P<path>(?:\.{0,2}/)?[\w.@+-]+(?:/[\w.@+-]+)+|[\w@+-]+\.[A-Za-z]\w{0,5}):(?!//)"
)
_LONGEST = 2000  # characters of a line that are looked at
_MOST_LINES = 80  # lines of excerpt that belong to one message
_SPILL = 6  # lines below a message that can only be its own


def is_path(text: str) -> bool:
    """Whether this can be a file's name: with a suffix, or inside a folder; no sentence."""
    text = text.strip()
    if not text or text.startswith("-") or "  " in text or "://" in text or len(text) > 400:
        return False
    last = re.split(r"[\\/]", text)[-1]
    inside = len(last) < len(text)
    if " " in text and (not inside or text.count(" ") > 6 or not _NAME.search(last)):
        return False
    return bool(_NAME.match(last)) or (inside and any(c.isalpha() for c in last))


def place(text: str) -> _Place | None:
    """The place that a line begins with, and how bad what it says is."""
    text = text[:_LONGEST]
    if not _NUMBER.search(text):
        return None
    before = _BEFORE.match(text)
    at = before.end() if before else 0
    match = _PLACE.match(text, at)
    if match is None or not is_path(match.group("path")):
        return None
    message = text[match.end() :]
    severity = _severity(message)
    level = (before.group("level") or "").upper() if before else ""
    if not severity and level in ("ERROR", "WARNING", "WARN"):
        severity = "error" if level == "ERROR" else "warning"
    return _Place(match.group("path"), severity, message, text[:1].isspace())


def _severity(message: str) -> Severity:
    match = _SEVERITY.match(message)
    if match:
        return match.lastgroup or ""  # type: ignore[return-value]
    match = _LETTER.match(message.lstrip(" ["))
    if match is None:
        return "error" if message.startswith("undefined reference") else ""
    if match.group("letter"):
        return {"F": "fatal", "E": "error", "W": "warning"}.get(match.group("letter"), "info")  # type: ignore[return-value]
    return "error" if _GRAVE.match(match.group("code")) else "warning"


def _shell_severity(words: str) -> Severity:
    """ShellCheck's: what does not parse (SC1...) before what runs and is wrong."""
    if "(error)" in words:
        return "fatal" if re.search(r"\bSC1\d{3} \(error\)", words) else "error"
    return "warning" if "(warning)" in words or "(" not in words else "info"


class Planner:
    """A cursor over lines: each rule says which lines the unit at the cursor has, or nothing."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = lines
        self.places = [place(line.text) if not line.blank else None for line in lines]
        self.paths = {p.path for p in self.places if p}
        self.under = ""  # the file whose numbered lines follow
        self.fault = -1  # where the last fault ends, for what spills below it
        rows = sum(not line.blank for line in lines)
        plain = sum(bool(_PLAIN.match(line.text)) for line in lines)
        self.plain = plain >= 2 and plain >= 0.6 * rows  # a search without line numbers

    def run(self) -> list[Unit]:
        """Units of all lines that are not blank, in order."""
        out: list[Unit] = []
        at = 0
        while at < len(self.lines):
            if self.lines[at].blank:
                at += 1
                continue
            unit = self._begun_at(at) or self._rest(at)
            out.append(unit)
            at = unit.last
            if unit.role in ("fault", "note"):
                self.fault = at
        return out

    def _begun_at(self, at: int) -> Unit | None:
        return (
            self._included(at)
            or self._placed(at)
            or self._heading(at)
            or self._item(at)
            or self._numbered(at)
            or self._context(at)
            or self._summary(at)
            or self._bare(at)
        )

    def _text(self, at: int) -> str:
        return self.lines[at].text[:_LONGEST] if at < len(self.lines) else ""

    def _placed(self, at: int) -> Unit | None:
        spot = self.places[at]
        if spot is None or (spot.indented and not spot.severity):
            return None
        if _FUNCTION.match(self._text(at)):
            return Unit("heading", at, at + 1, path=spot.path)
        last = self._excerpt_end(at + 1, bool(spot.severity))
        if not spot.severity and last == at + 1:
            return Unit("match", at, last, path=spot.path, message=spot.message)
        role: Role = "note" if spot.severity == "note" else "fault"
        return Unit(role, at, last, spot.severity or "warning", spot.path, spot.message, True)

    def _excerpt_end(self, at: int, sure: bool) -> int:
        """Where the excerpt below a message ends; unless ``sure``, only one with a caret counts."""
        first, last = at, at
        stop = min(len(self.lines), at + _MOST_LINES)
        carets = False
        while at < stop:
            line = self.lines[at]
            if line.blank:
                if not (sure and self._goes_on(at + 1)):
                    break
            elif not self._in_excerpt(at):
                break
            else:
                carets = carets or _CARET.match(line.text[:_LONGEST]) is not None
                last = at + 1
            at += 1
        return last if sure or carets else first

    def _goes_on(self, at: int) -> bool:
        """Whether what stands below a blank line is the excerpt of the message above it (tsc)."""
        text = self._text(at)
        if self.lines[at : at + 1] and self.lines[at].blank:
            return False
        return bool(_SOURCE.match(text.lstrip()) and _TILDES.match(self._text(at + 1)))

    def _in_excerpt(self, at: int) -> bool:
        spot, text = self.places[at], self._text(at)
        if spot is not None and (spot.severity or not spot.indented):
            return False
        if INCLUDED.match(text) or _ITEM.match(text):
            return False
        if _SOURCE.match(text) and not _GUTTER.match(text):
            return _TILDES.match(self._text(at + 1)) is not None
        if text[:1].isspace() or _GUTTER.match(text) or _CARET.match(text) or _EXCERPT.match(text):
            return True
        # Source that stands at the line's beginning, with a caret under it.
        return any(
            _CARET.match(self._text(below)) is not None and not self.places[below]
            for below in (at + 1, at + 2)
            if below < len(self.lines)
        ) and not _BARE.match(text)

    def _included(self, at: int) -> Unit | None:
        if not INCLUDED.match(self._text(at)):
            return None
        below = at + 1
        while below < len(self.lines) and below < at + 40 and INCLUDED.match(self._text(below)):
            below += 1
        unit = self._placed(below) if below < len(self.lines) else None
        if unit is None or unit.role not in ("fault", "note"):
            return None
        return Unit("fault", at, unit.last, unit.severity, unit.path, unit.message, True)

    def _heading(self, at: int) -> Unit | None:
        text = self._text(at)
        match = _FUNCTION.match(text) or _SECTION.match(text)
        if match:
            return Unit("heading", at, at + 1, path=match.group(1) or match.group(2) or "")
        if text[:1].isspace() or not is_path(text):
            return None
        below = self._text(at + 1)
        if _ITEM.match(below) or _NUMBERED.match(below):
            self.under = text.strip()
            return Unit("heading", at, at + 1, path=self.under)
        return None

    def _item(self, at: int) -> Unit | None:
        match = _ITEM.match(self._text(at))
        if match is None or not self.under:
            return None
        severity: Severity = match.lastgroup or "info"  # type: ignore[assignment]
        message = self._text(at)[match.end() :]
        return Unit("fault", at, at + 1, severity, self.under, message)

    def _numbered(self, at: int) -> Unit | None:
        match = _NUMBERED.match(self._text(at))
        if match is None or not self.under:
            return None
        role: Role = "match" if match.group("sign") == ":" else "context"
        return Unit(role, at, at + 1, path=self.under, message=self._text(at)[match.end() :])

    def _context(self, at: int) -> Unit | None:
        """``path-12-text`` beside a match, and the ``--`` between groups of them."""
        text = self._text(at)
        if text.strip() == "--":
            return Unit("gap", at, at + 1)
        for number, match in enumerate(re.finditer(r"-\d{1,7}-", text)):
            if text[: match.start()] in self.paths:
                return Unit("context", at, at + 1, path=text[: match.start()])
            if number == 4:
                break
        plain = _PLAIN.match(text) if self.plain else None
        if plain:
            message = text[plain.end() :]
            return Unit("match", at, at + 1, path=plain.group("path"), message=message)
        return None

    def _summary(self, at: int) -> Unit | None:
        return Unit("summary", at, at + 1) if _SUMMARY.match(self._text(at)) else None

    def _bare(self, at: int) -> Unit | None:
        """A message whose place is below it, or that has none."""
        text, below = self._text(at), self._text(at + 1)
        if _ADVICE.match(text) or _RELATED.match(text):
            return Unit("note", at, self._paragraph_end(at, text.endswith(".")), "note")
        shell = _SHELLCHECK.match(text)
        if shell:
            last = self._excerpt_end(at + 1, True)
            words = " ".join(self._text(i) for i in range(at + 1, last))
            return Unit("fault", at, last, _shell_severity(words), shell.group("path"), text)
        match = _BARE.match(text)
        arrow = _ARROW.match(below)
        if match is None and not (arrow and _RUFF.match(text)):
            return None
        word = (match.group("rust") or match.group("word") or "error") if match else text
        severity = _severity(word) or "error"
        last = self._excerpt_end(at + 1, True) if arrow or severity != "note" else at + 1
        role: Role = "note" if severity == "note" else "fault"
        return Unit(role, at, last, severity, arrow.group("path") if arrow else "", text)

    def _paragraph_end(self, at: int, alone: bool) -> int:
        last = at + 1
        while not alone and last < min(len(self.lines), at + _SPILL):
            if self.lines[last].blank or self.places[last]:
                break
            last += 1
        return last

    def _rest(self, at: int) -> Unit:
        """A step of a build; what stands right below a message and can only be its own; or else."""
        text = self._text(at)
        if _STEP.match(text):
            self.fault = -1
            return Unit("step", at, at + 1)
        if self.fault == at:
            last = at + 1
            stop = min(len(self.lines), at + _SPILL)
            while last < stop and not self.lines[last].blank and not self._begun_at(last):
                if _STEP.match(self._text(last)):
                    break
                last += 1
            return Unit("note", at, last, "note")
        return Unit("other", at, at + 1)
