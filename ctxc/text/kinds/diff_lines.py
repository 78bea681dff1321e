"""What each line of a diff is: commit, message, statistics, file, hunk, or none of them.

A hunk says in its ``@@`` line how many lines it has, so that a removed ``-- x`` is not taken for
a file's ``--- x``. A hunk cut off, or counted wrongly by hand, ends where a line cannot be in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..segment.lines import Line

Role = Literal["commit", "message", "stat", "file", "binary", "hunk", "body", "other"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """``lines[first:last]`` with one role; ``columns`` of signs before each line of a body."""

    role: Role
    first: int
    last: int
    columns: int = 1


_HUNK = re.compile(r"(@@+|##) ((?:-\d+(?:,\d+)? )+)\+(\d+)(?:,(\d+))? (?:@@+|##)")
_OLD = re.compile(r"-\d+(?:,(\d+))?")
_COMMIT = re.compile(r"(?:[*|/\\ ]{0,20}\* )?commit [0-9a-f]{7,64}(?: .{0,2000})?$")
_PATCH_MAIL = re.compile(r"From [0-9a-f]{40} \w{3} \w{3} ")
_PATCH_FIELD = re.compile(
    r"(?:From|Date|Subject|To|Cc|MIME-Version|Content-[\w-]+|X-[\w-]+): |[ \t]\S"
)
_COMMIT_FIELD = re.compile(r"(?:Author|AuthorDate|Commit|CommitDate|Date|Merge|Reflog|gpg|Notes)\b")
_FILE = re.compile(r"diff (?:--git|--cc|--combined|-\S+|\S+ \S+)|Index: \S|RCS file: \S")
_EXTENDED = re.compile(
    r"(?:old mode|new mode|deleted file mode|new file mode|mode|copy from|copy to|rename from|"
    r"rename to|similarity index|dissimilarity index|index|---|\+\+\+|retrieving revision|diff) ?"
    r"|={20,}$|Binary files? .*(?:differ|matches)"
)
_STAT = re.compile(r" (?:\S.{0,400}? \| +(?:\d+ ?[+-]*|Bin .*|Unmerged)$|\.\.\. \d+ )")
_TOTAL = re.compile(r" ?\d+ files? changed")
_MODE = re.compile(r" (?:create|delete) mode \d|  ?(?:rename|copy|rewrite) \S.* \(\d+%\)$")
_SUBJECT_LINES = 3


def is_total(line: str) -> bool:
    """Whether this is the line below ``--stat`` (``3 files changed, ...``)."""
    return _TOTAL.match(line) is not None


def plan(lines: Sequence[Line], *, loose: bool) -> list[Stretch]:
    """Stretches that tile ``lines``.

    ``loose``: the whole text is a diff, so that what stands below a commit is its message
    however it is indented.
    """
    out: list[Stretch] = []
    at = 0
    while at < len(lines):
        stretches = _begun_at(lines, at, loose)
        out += stretches or [Stretch("other", at, at + 1)]
        at = out[-1].last
    return out


def _begun_at(lines: Sequence[Line], at: int, loose: bool) -> list[Stretch]:
    text = lines[at].text
    if _HUNK.match(text):
        return _hunk(lines, at)
    if is_file(lines, at):
        return _file(lines, at)
    if _is_commit(lines, at):
        return _commit(lines, at, loose)
    if _STAT.match(text) or is_total(text) or (loose and _MODE.match(text)):
        last = at + 1
        while last < len(lines) and (
            _STAT.match(lines[last].text) or _MODE.match(lines[last].text)
        ):
            last += 1
        last += last < len(lines) and is_total(lines[last].text)
        with_total = any(is_total(line.text) for line in lines[at:last])
        return [Stretch("stat", at, last)] if loose or with_total else []
    return []


def is_file(lines: Sequence[Line], at: int) -> bool:
    """Whether ``lines[at]`` begins what says which file is changed."""
    text = lines[at].text
    if text.startswith("--- ") and at + 1 < len(lines):
        below = lines[at + 2].text if at + 2 < len(lines) else ""
        return lines[at + 1].text.startswith("+++ ") and (not below or bool(_HUNK.match(below)))
    if not _FILE.match(text):
        return False
    if text.startswith("diff --"):
        return True
    below = " ".join(line.text[:20] for line in lines[at + 1 : at + 4])
    return "---" in below or "====" in below or "***" in below


def _is_commit(lines: Sequence[Line], at: int) -> bool:
    text = lines[at].text
    if _PATCH_MAIL.match(text):
        return True
    if not _COMMIT.match(text) or at + 1 >= len(lines):
        return False
    below = lines[at + 1]
    return below.blank or _COMMIT_FIELD.match(below.text.lstrip("|*/\\ ")) is not None


def _commit(lines: Sequence[Line], at: int, loose: bool) -> list[Stretch]:
    """The head with its subject, and the rest of the message."""
    field = _PATCH_FIELD if lines[at].text.startswith("From ") else _COMMIT_FIELD
    last = at + 1
    while last < len(lines) and field.match(lines[last].text):
        last += 1
    mail = field is _PATCH_FIELD
    end = last
    while end < len(lines) and _in_message(lines, end, loose or mail):
        end += 1
    if not mail:
        last = _subject_end(lines, last, end)
    while end > last and lines[end - 1].blank:
        end -= 1
    head = Stretch("commit", at, last)
    return [head, Stretch("message", last, end)] if end > last else [head]


def _in_message(lines: Sequence[Line], at: int, loose: bool) -> bool:
    line = lines[at]
    if line.blank or line.indent >= 4:
        return True
    if not loose or line.text.rstrip() == "---" or _STAT.match(line.text) or is_total(line.text):
        return False
    return not (_HUNK.match(line.text) or is_file(lines, at) or _is_commit(lines, at))


def _subject_end(lines: Sequence[Line], first: int, end: int) -> int:
    at = first
    while at < end and lines[at].blank:
        at += 1
    last = at
    while last < min(end, at + _SUBJECT_LINES) and not lines[last].blank:
        last += 1
    return last if last > at else first


def _file(lines: Sequence[Line], at: int) -> list[Stretch]:
    last = at + 1
    while last < len(lines) and _EXTENDED.match(lines[last].text):
        if is_new_file(lines, at, last):
            break
        last += 1
    head = Stretch("file", at, last)
    if last < len(lines) and lines[last].text.startswith("GIT binary patch"):
        end = last
        while end < len(lines) and not is_new_file(lines, last, end) and not _is_commit(lines, end):
            end += 1
        return [head, Stretch("binary", last, end)]
    return [head]


def is_new_file(lines: Sequence[Line], begun: int, at: int) -> bool:
    """Whether another file begins at ``at``, and not the ``---`` line of the one at ``begun``."""
    text = lines[at].text
    if text.startswith("---"):
        return any(line.text.startswith("+++ ") for line in lines[max(begun, at - 3) : at])
    return bool(_FILE.match(text)) and is_file(lines, at) and not _continues(lines, begun, at)


def _continues(lines: Sequence[Line], begun: int, at: int) -> bool:
    """Whether a ``diff`` line stands under the ``Index:`` line of the same file."""
    return lines[at].text.startswith("diff ") and not lines[begun].text.startswith("diff ")


def _hunk(lines: Sequence[Line], at: int) -> list[Stretch]:
    match = _HUNK.match(lines[at].text)
    assert match is not None
    olds = [int(n or 1) for n in _OLD.findall(match.group(2))]
    new = int(match.group(4) or 1)
    columns = max(1, len(olds))
    last = _body_end(lines, at + 1, olds, new)
    body = [Stretch("body", at + 1, last, columns)] if last > at + 1 else []
    return [Stretch("hunk", at, at + 1), *body]


def _body_end(lines: Sequence[Line], first: int, olds: list[int], new: int) -> int:
    """Where the lines of a hunk end: ``olds`` of each parent, ``new`` of the result."""
    columns = len(olds) or 1
    at = first
    while at < len(lines):
        line = lines[at]
        signs = line.text[:columns]
        counted = new > 0 or any(n > 0 for n in olds)
        if not counted and not _goes_on(lines, at):
            break
        if signs.strip(" +-\t") and not line.text.startswith("\\"):
            break
        at += 1
        if line.text.startswith("\\"):
            continue
        new -= "-" not in signs
        for column in range(len(olds)):
            sign = signs[column : column + 1]
            combined = len(olds) > 1 and "-" in signs and sign != "-"
            olds[column] -= sign != "+" and not combined
    return at


def _goes_on(lines: Sequence[Line], at: int) -> bool:
    """Whether a line behind a hunk's counted lines is one of its own all the same."""
    text = lines[at].text
    if text.startswith("\\"):
        return True
    if text.startswith(" "):
        return bool(text.strip()) and not _STAT.match(text) and not is_total(text)
    return text[:1] in ("+", "-") and text.rstrip() not in ("---", "--") and not is_file(lines, at)
