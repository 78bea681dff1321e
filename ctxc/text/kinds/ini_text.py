"""Settings in INI, ``.cfg``, ``.env`` and ``.properties`` files, and what ``env`` prints.

Told by lines of ``key = value`` under ``[section]`` lines, or by keys of programs without any.
Units: a key with its value and the lines that go on with it; its section is what it needs.
Comments right above a key belong to it. Sections that are alike are compared.
"""

from __future__ import annotations

import re

from ..segment.builder import Builder
from ..segment.lines import Line
from . import Passage
from .csv_text import cell_of
from .data_marks import mark_tree
from .data_tree import Node

_SAMPLE = 400  # lines that are looked at
_FEWEST = 5  # keys
_SECTION = re.compile(r"\s{0,3}\[[^\[\]=]{1,200}\]\s*(?:[;#].*)?$")
_KEY = re.compile(
    r"\s{0,8}(?:export )?(?P<key>[^\s=:;#\[\]{}\"'<>()|,][^=:\n{}\"'<>()|,]{0,80}?)\s*="
)
_NAME = re.compile(r"[A-Za-z_][\w.-]*$")
_COMMENT = re.compile(r"\s*[;#!]")
_CODE = re.compile(r"[;{]\s*$|^\s*(?:if|for|while|return|def|let|var|const)\b")


def detect(passage: Passage) -> float:
    """0.8 where nearly all lines are keys, sections, comments; 0.7 without a section."""
    lines = [line.text for line in passage.lines[:_SAMPLE] if not line.blank]
    keys = [match["key"] for t in lines if not _COMMENT.match(t) and (match := _KEY.match(t))]
    sections = sum(_SECTION.match(t) is not None for t in lines)
    if len(keys) < _FEWEST or any(_CODE.search(t) for t in lines):
        return 0.0
    loose = sum(_COMMENT.match(t) is not None or t[:1].isspace() for t in lines)
    known = len(keys) + sections + loose
    if known < 0.95 * len(lines) or loose > 0.6 * len(lines):
        return 0.0
    if sum(_NAME.match(key) is not None for key in keys) < 0.9 * len(keys):
        return 0.0
    return 0.8 if sections else 0.7


def add_units(out: Builder, passage: Passage) -> None:
    """Keys under their sections; what is neither goes on with the key above."""
    root = Node(form="object", index=-1)
    section, lead = root, -1
    for line in passage.lines:
        if line.blank:
            lead = _end_lead(out, lead)
        elif _COMMENT.match(line.text):
            lead = line.start if lead < 0 else lead
        elif _SECTION.match(line.text):
            out.begin_block()
            name = line.text.strip().strip("[]")
            section = Node(key=name, form="object", index=out.add(_first(lead, line), "key"))
            root.children.append(section)
            lead = -1
        elif not _is_continuation(line, section):
            section.children.append(_add_key(out, line, _first(lead, line), section.index))
            lead = -1
    _end_lead(out, lead)
    mark_tree(out, root)


def _end_lead(out: Builder, lead: int) -> int:
    """Comments that no key stands below are a piece of their own."""
    if lead >= 0:
        out.mark(out.add(lead, "comment"), salience=0.5)
    return -1


def _first(lead: int, line: Line) -> int:
    return lead if lead >= 0 else line.start


def _is_continuation(line: Line, section: Node) -> bool:
    indented = line.text[:1].isspace() and bool(section.children)
    return indented and _KEY.match(line.text) is None


def _add_key(out: Builder, line: Line, start: int, head: int) -> Node:
    index = out.add(start, "key", needs=head)
    match = _KEY.match(line.text)
    if match is None:
        return cell_of("", line.text.strip(), index)
    return cell_of(match["key"], line.text[match.end() :].strip().strip("\"'"), index)
