"""Diffs: unified ones, ``git log -p``, ``git show``, merges' combined diffs, mailed patches.

Told by ``diff --git``, ``---`` over ``+++``, ``@@ -1,2 +3,4 @@`` and ``commit`` lines. A change
(removed lines with those that stand in their place) has its context below it, stands under its
``@@`` line, that under its file, that under its commit. A change too large for one unit is cut
into parts, each removed part tied to the added part across from it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...document import Kind
from ..segment.builder import Builder
from ..segment.lines import Line
from . import Passage
from .diff_lines import Stretch, is_total, plan

_SAMPLE = 400  # lines looked at to tell what a text is
_CONTEXT = 3  # lines of context on either side that belong to a change
_PART = 12  # lines of a change that are one unit
_FAR = 10  # lines of context far from any change that are one unit

SUBJECT = 3.0
FILE = 2.0
CHANGE = 2.0
MINOR = 1.0
GENERATED = 0.5
TOTAL = 4.0
_GENERATED = re.compile(
    r"(?:^|[/ ])(?:package-lock\.json|yarn\.lock|pnpm-lock\.yaml|poetry\.lock|uv\.lock|Cargo\.lock|"
    r"Gemfile\.lock|composer\.lock|go\.sum|Pipfile\.lock)|\.min\.(?:js|css)|\.(?:snap|map|svg|pb\.go)\b|"
    r"_pb2\.py|/(?:vendor|node_modules|dist|third_party)/"
)
_HUNK_START = re.compile(r"@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@|@@@+ -\d")


def detect(passage: Passage) -> float:
    """1 where nearly all of it is commits, files and hunks; less where much of it is."""
    lines = passage.lines[:_SAMPLE]
    named = passage.suffix in ("diff", "patch") or passage.media_type == "text/x-diff"
    if not any(line.text.startswith(("diff ", "@@", "commit ", "From ", "+++ ")) for line in lines):
        return 0.0
    stretches = plan(lines, loose=True)
    roles = {s.role for s in stretches}
    if not (roles & {"hunk", "file"} or _is_log(lines, stretches)):
        return 0.0
    rows = sum(not line.blank for line in lines)
    other = sum(not lines[s.first].blank for s in stretches if s.role == "other")
    share = 1 - other / max(rows, 1)
    first = next((s for s in stretches if not lines[s.first].blank), stretches[0])
    if named and "hunk" in roles:
        return max(share, 0.6)
    if first.role == "other":
        return share if share >= 0.8 else 0.0
    return share if share >= 0.6 else 0.0


def _is_log(lines: Sequence[Line], stretches: Sequence[Stretch]) -> bool:
    """Whether it is what ``git log`` prints: commits with their authors."""
    heads = [s for s in stretches if s.role == "commit" and s.last - s.first >= 2]
    return len(heads) >= 1 and any(
        "Author" in line.text[:40] or line.text.startswith("From:")
        for s in heads[:3]
        for line in lines[s.first : s.last]
    )


def blocks(lines: Sequence[Line]) -> list[tuple[int, int]]:
    """Stretches of lines that are diffs, from the first commit or file to the last hunk's end."""
    if not any(line.text.startswith(("@@ -", "@@@ -")) for line in lines):
        return []
    out: list[tuple[int, int]] = []
    stretches = plan(lines, loose=False)
    index = 0
    while index < len(stretches):
        last = index
        while last < len(stretches) and _joins(lines, stretches, index, last):
            last += 1
        run = stretches[index:last]
        while run and run[-1].role == "other":
            run.pop()
        if any(s.role == "hunk" for s in run):
            out.append((run[0].first, run[-1].last))
        index = max(last, index + 1)
    return out


def _joins(lines: Sequence[Line], stretches: Sequence[Stretch], first: int, at: int) -> bool:
    """Whether a stretch belongs to a diff begun before it: blank lines between its parts do."""
    stretch = stretches[at]
    return stretch.role != "other" or (at > first and lines[stretch.first].blank)


def add_units(out: Builder, passage: Passage) -> None:
    """Commits, files, hunks and changes; what is none of them stands for itself."""
    writer = _Writer(out, passage.lines)
    for stretch in plan(passage.lines, loose=True):
        writer.add(stretch)
    if not writer.begun:
        out.add(passage.start, "other")


class _Writer:
    """Keeps the heads that the next stretch stands under."""

    def __init__(self, out: Builder, lines: Sequence[Line]) -> None:
        self.out, self.lines = out, lines
        self.commit = self.file = self.hunk = -1
        self.worth = CHANGE
        self.begun = False

    def add(self, stretch: Stretch) -> None:
        """Add the units of the stretch, or nothing for a blank one."""
        lines = self.lines[stretch.first : stretch.last]
        while lines and lines[0].blank and stretch.role != "body":
            lines = lines[1:]
        if not lines:
            return
        self.begun = True
        match stretch.role:
            case "commit":
                self.out.begin_block()
                self.commit = self._one(lines[0], "hunk", -1, SUBJECT)
                self.file = self.hunk = -1
            case "file":
                self._file(lines)
            case "hunk":
                needs = self.file if self.file >= 0 else self.commit
                self.hunk = self._one(lines[0], "hunk", needs, self.worth)
            case "body":
                _Body(self.out, lines, self.hunk, self.worth, stretch.columns).add()
            case "message" | "stat":
                self._loose(lines)
            case "binary":
                self._one(lines[0], "line", self.file, 0.0)
            case _:
                self._one(lines[0], "line", self.commit, MINOR)

    def _one(self, line: Line, kind: Kind, needs: int, salience: float) -> int:
        index = self.out.add(line.start, kind, needs=needs)
        self.out.mark(index, salience=salience)
        return index

    def _file(self, lines: Sequence[Line]) -> None:
        named = " ".join(line.text[:300] for line in lines[:6])
        self.worth = GENERATED if _GENERATED.search(named) else CHANGE
        self.out.begin_block()
        self.file = self._one(lines[0], "hunk", self.commit, min(self.worth, FILE))
        self.hunk = -1

    def _loose(self, lines: Sequence[Line]) -> None:
        """A message's paragraphs, or the lines of ``--stat`` with their total."""
        self.file = self.hunk = -1
        fresh = True
        for line in lines:
            stat = "|" in line.text and not line.text.startswith("    ")
            if is_total(line.text):
                self._one(line, "verdict", self.commit, TOTAL)
            elif (fresh or stat) and not line.blank:
                self._one(line, "line", self.commit, MINOR)
            fresh = line.blank


class _Body:
    """The lines of one hunk as changes with their context."""

    def __init__(
        self, out: Builder, lines: Sequence[Line], hunk: int, worth: float, columns: int
    ) -> None:
        self.out, self.lines, self.hunk, self.worth = out, lines, hunk, worth
        self.signs = [self._sign(line.text[:columns]) for line in lines]

    @staticmethod
    def _sign(columns: str) -> str:
        if columns.startswith("\\"):
            return "\\"
        return "-" if "-" in columns else "+" if "+" in columns else " "

    def add(self) -> None:
        at, before, waiting = 0, -1, list[int]()
        while at < len(self.lines):
            last = at + 1
            changed = self.signs[at] != " "
            while last < len(self.lines) and (self.signs[last] != " ") == changed:
                last += 1
            if changed:
                after, before = self._change(at, last)
                for index in waiting:
                    self.out.mark(index, needs=after)
                waiting = []
            else:
                waiting = self._context(at, last, before)
            at = last

    def _context(self, first: int, last: int, before: int) -> list[int]:
        """Context, nearest to the change above first; returns what waits for the change below."""
        below = last < len(self.lines)
        size = last - first
        head = first
        if before >= 0:
            head = first + (min(size, _CONTEXT) if not below else min((size + 1) // 2, _CONTEXT))
            self._unit(first, before, 0.0)
        tail = max(head, last - _CONTEXT) if below else last
        for at in range(head, tail, _FAR):
            self._unit(at, self.hunk, 0.0)
        return [self._unit(tail, self.hunk, 0.0)] if tail < last else []

    def _unit(self, at: int, needs: int, salience: float) -> int:
        kind: Kind = "change" if self.signs[at] != " " else "line"
        index = self.out.add(self.lines[at].start, kind, needs=needs)
        self.out.mark(index, salience=salience)
        return index

    def _change(self, first: int, last: int) -> tuple[int, int]:
        """One unit, or parts of it; returns the first and the last, for the context at its ends."""
        if last - first <= _PART:
            unit = self._unit(first, self.hunk, self._worth(first, last))
            return unit, unit
        sides: dict[bool, list[int]] = {False: [], True: []}
        units = []
        for start, stop in self._parts(first, last):
            units.append(self._unit(start, self.hunk, self._worth(start, stop)))
            sides[self.signs[start] == "+"].append(units[-1])
        self._tie(sides[False], sides[True])
        return units[0], units[-1]

    def _tie(self, removed: list[int], added: list[int]) -> None:
        """Each removed part with the added one that stands as far down as it does."""
        if not removed or not added:
            return
        for side, other in ((removed, added), (added, removed)):
            for place, unit in enumerate(side):
                self.out.mark(unit, refers=(other[place * len(other) // len(side)],))

    def _worth(self, first: int, last: int) -> float:
        """Less for a change of nothing but white space, or of imports."""
        texts = [line.text[1:].strip() for line in self.lines[first:last]]
        if not any(any(c.isalnum() for c in text) for text in texts):
            return min(self.worth, MINOR)
        slight = all(not t or t.startswith(("import ", "from ", "#include", "use ")) for t in texts)
        return min(self.worth, MINOR) if slight else self.worth

    def _parts(self, first: int, last: int) -> list[tuple[int, int]]:
        """Parts of one sign, begun where a blank line or an outer line begins something."""
        out = []
        start = first
        for at in range(first + 1, last + 1):
            ends = at == last or self.signs[at] not in (self.signs[at - 1], "\\")
            full = at - start >= _PART or (
                at - start >= _PART // 2 and not ends and self._fresh(at)
            )
            if ends or full:
                out.append((start, at))
                start = at
        return out

    def _fresh(self, at: int) -> bool:
        """Whether something new begins here: below a blank line."""
        return not self.lines[at - 1].text[1:].strip() and bool(self.lines[at].text[1:].strip())
