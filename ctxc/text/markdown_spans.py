"""Inline Markdown that only means something whole: code spans, links, images, autolinks.

Found in one pass without backtracking, so that neither a sentence boundary nor
a pruned word ever falls inside one. Not a Markdown parser: what it marks is
never less than what CommonMark would join, up to the limits below.
"""

from __future__ import annotations

import re

from ..document import Span

_MARKS = re.compile(r"\\.|`+|!\[|\[|\]|<[A-Za-z/!][^<>\s]{0,1000}>|\*\*|__", re.DOTALL)
_TARGET_LIMIT = 2000  # characters of one link target or label
_NESTING = 4  # brackets within a target: with this bound the scan stays linear


def inline_spans(text: str, start: int, end: int) -> list[Span]:
    """Code spans, links, images, autolinks and strong emphasis within ``text[start:end]``.

    Sorted, disjoint (an image inside a link is the link). Linear in the length.

    >>> [s.of("see [a. B](u) and `x. Y`") for s in inline_spans("see [a. B](u) and `x. Y`", 0, 24)]
    ['[a. B](u)', '`x. Y`']
    """
    marks = list(_MARKS.finditer(text, start, end))
    if not marks:
        return []
    closers = _code_closers(marks)
    found: list[Span] = []
    brackets: list[int] = []
    strong: dict[str, int] = {}
    skip_to = start
    for mark in marks:
        at, token = mark.start(), mark.group()
        if at < skip_to:
            continue
        if token[0] == "\\":
            continue
        if token[0] == "`":
            close = closers.get(at)
            if close is not None:
                found.append(Span(at, close))
                skip_to = close
        elif token in ("[", "!["):
            brackets.append(at)
        elif token == "]":
            if brackets:
                opened = brackets.pop()
                stop = _target_end(text, mark.end(), end)
                if stop > mark.end():
                    found.append(Span(opened, stop))
                    skip_to = stop
        elif token in ("**", "__"):
            opened = strong.pop(token, -1)
            if opened < 0:
                strong[token] = at
            elif at - opened <= 400:
                found.append(Span(opened, mark.end()))
            else:
                strong[token] = at
        else:
            found.append(Span(at, mark.end()))
    return _merged(found)


def _code_closers(marks: list[re.Match[str]]) -> dict[int, int]:
    """Where each opening run of backticks is closed: its start -> the closing run's end."""
    runs = [m for m in marks if m.group()[0] == "`"]
    following: dict[int, re.Match[str]] = {}
    closers: dict[int, int] = {}
    for run in reversed(runs):
        length = run.end() - run.start()
        if length in following:
            closers[run.start()] = following[length].end()
        following[length] = run
    return closers


def _target_end(text: str, at: int, end: int) -> int:
    """Where ``(target)`` or ``[label]`` that begins at ``at`` ends; ``at`` if there is none."""
    if at >= end or text[at] not in "([":
        return at
    opening, closing = ("(", ")") if text[at] == "(" else ("[", "]")
    depth = 0
    for i in range(at, min(end, at + _TARGET_LIMIT)):
        if text[i] == opening:
            depth += 1
            if depth > _NESTING:
                return at
        elif text[i] == closing:
            depth -= 1
            if depth == 0:
                return i + 1
    return at


def _merged(spans: list[Span]) -> list[Span]:
    """Sorted and disjoint: spans that overlap become one."""
    out: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        if out and span.start < out[-1].end:
            if span.end > out[-1].end:
                out[-1] = Span(out[-1].start, span.end)
        else:
            out.append(span)
    return out
