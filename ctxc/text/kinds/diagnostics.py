"""What compilers, linters and searches print: messages with a place in a file.

Told by ``path:line:``, ``path(line,col):``, ``--> path:line`` and ``line:col`` below a path in most
lines. A message has its excerpt and caret lines in its unit, and stands under the file or
function named above it; notes stand under their error, lines of context under their match.
Errors come before warnings, the first error before those that may follow from it. Warnings that
say the same of other names repeat the first of them; errors do only where they are the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...document import Kind
from ..segment.builder import Builder
from ..segment.lines import Line
from . import Passage
from .diagnostics_lines import Planner, Severity, Unit

_SAMPLE = 400  # lines looked at to tell what a text is
_FAULTS = ("fault", "note", "summary")

FIRST_ERROR = 5.0
SUMMARY = 4.0
_WORTH: dict[Severity, float] = {"fatal": 5.0, "error": 4.0, "warning": 2.0, "info": 1.0}
WARNINGS_ONLY = 3.0
"""What a warning is worth where nothing is an error."""

_VARYING = re.compile(
    r"\"[^\"]{0,200}\"|'[^']{0,200}'|`[^`']{0,200}[`']|‘[^’]{0,200}’|“[^”]{0,200}”|\d+"
)


def detect(passage: Passage) -> float:
    """How much of it are messages with their places; 0 for less than half, or a single match."""
    lines = passage.lines[:_SAMPLE]
    rows = sum(not line.blank for line in lines)
    if not rows:
        return 0.0
    units = Planner(lines).run()
    faults = [u for u in units if u.role == "fault" and u.path]
    matches = sum(u.role == "match" for u in units)
    placed = sum(u.last - u.first for u in units if u.role not in ("other", "step"))
    share = placed / rows
    if faults and share >= 0.5:
        return min(0.9, 0.5 + share / 2)
    if matches >= 2 and share >= 0.8:
        return 0.5 + share / 4
    return 0.0


def blocks(lines: Sequence[Line]) -> list[tuple[int, int]]:
    """Stretches of messages inside other text, from the first message to the last, with a place."""
    out: list[tuple[int, int]] = []
    first = last = -1
    placed = False
    for unit in [*Planner(lines).run(), Unit("other", len(lines), len(lines))]:
        inside = unit.role in _FAULTS or (unit.role == "heading" and bool(unit.path))
        if first >= 0 and (not inside or unit.first > last + 1):
            out += [(first, last)] if placed else []
            first, placed = -1, False
        if inside:
            first = unit.first if first < 0 else first
            last = unit.last
            placed = placed or (unit.role == "fault" and bool(unit.path))
    return out


def add_units(out: Builder, passage: Passage) -> None:
    """One unit a message, a match, a line of none of them."""
    units = Planner(passage.lines).run()
    writer = _Writer(out, passage.lines, units)
    for unit in units:
        writer.add(unit)
    if not units:
        out.add(passage.start, "other")


class _Writer:
    """Keeps what the next unit stands under, and which messages there were before."""

    def __init__(self, out: Builder, lines: Sequence[Line], units: Sequence[Unit]) -> None:
        self.out, self.lines = out, lines
        self.heading = self.fault = self.match = -1
        self.path, self.any_path = "", False
        self.before: dict[str, int] = {}
        self.waiting: list[int] = []
        self.errors = any(u.severity in ("error", "fatal") for u in units)
        self.first_error = True

    def add(self, unit: Unit) -> None:
        match unit.role:
            case "heading":
                self._unit(unit, "line", -1, 1.0)
                self.heading, self.path = len(self.out) - 1, unit.path.strip()
                self.any_path = self.lines[unit.first].text.startswith("*****")
                self.fault = self.match = -1
            case "fault":
                self._fault(unit)
            case "note":
                self._unit(unit, "line", self.fault, 1.0)
            case "match":
                self._match(unit)
            case "context":
                self._context(unit)
            case "summary":
                self.heading = self.fault = -1
                fixable = "fixable" in self.lines[unit.first].text
                self._unit(unit, "verdict", -1, 1.0 if fixable else SUMMARY)
            case _:
                self._leave(unit)

    def _unit(self, unit: Unit, kind: Kind, needs: int, salience: float) -> int:
        index = self.out.add(self.lines[unit.first].start, kind, needs=needs)
        self.out.mark(index, salience=salience)
        return index

    def _under(self, unit: Unit) -> int:
        """The line above that names the unit's file, or its function; a module's name fits any."""
        same = unit.path and (self.any_path or self.path == unit.path.strip())
        return self.heading if same else -1

    def _fault(self, unit: Unit) -> None:
        worth = _WORTH.get(unit.severity, 2.0)
        if unit.severity in ("error", "fatal") and self.first_error and unit.path:
            worth, self.first_error = FIRST_ERROR, False
        if unit.severity == "warning" and not self.errors:
            worth = WARNINGS_ONLY
        self.fault = self._unit(unit, "failure", self._under(unit), worth)
        message = unit.message.strip()
        if unit.severity not in ("error", "fatal"):
            message = _VARYING.sub("#", message)
            self._fold(f"{unit.severity}\0{message}", self.fault, message)
        else:
            self._fold(f"{unit.severity}\0{unit.path}\0{self._whole(unit)}", self.fault, message)

    def _whole(self, unit: Unit) -> str:
        return "\n".join(line.text for line in self.lines[unit.first : unit.last]).strip()

    def _fold(self, key: str, index: int, message: str) -> None:
        first = self.before.setdefault(key, index)
        if first != index and any(c.isalpha() for c in message):
            self.out.mark(index, folds=first)

    def _match(self, unit: Unit) -> None:
        self.match = self._unit(unit, "line", self._under(unit), 1.0)
        for index in self.waiting:
            self.out.mark(index, needs=self.match)
        self.waiting = []
        self._fold(f"{unit.path}\0{unit.message.strip()}", self.match, unit.message)

    def _context(self, unit: Unit) -> None:
        """Under the match above it in its group, or the next one where there is none above."""
        index = self._unit(unit, "line", self.match if self.match >= 0 else self.heading, 0.0)
        if self.match < 0:
            self.waiting.append(index)

    def _leave(self, unit: Unit) -> None:
        if unit.role == "gap":
            self._unit(unit, "line", self.match, 0.0)
            self.match = -1
            return
        step = unit.role == "step"
        self._unit(unit, "step" if step else "line", -1, 0.0 if step else 0.5)
