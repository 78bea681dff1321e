"""A long fenced block: its opening line is the head of what is in it, its last line closes it."""

from __future__ import annotations

from collections.abc import Sequence

from .. import kinds
from .builder import Builder
from .lines import Line
from .rows import add_code

_KIND = "code"  # of the fence's own lines: they stand on lines of their own in every kind


def add_fence(out: Builder, opening: Line, inside: Sequence[Line], closing: Line) -> None:
    """Add a fence in units of the kind that its name or its content says."""
    out.begin_block()
    before, out.text_kind = out.text_kind, _KIND
    head = out.add(opening.start, "code")
    out.mark(head, salience=1.0)
    first = len(out)
    lines = list(inside)
    if any(not line.blank for line in lines):
        name = opening.text.strip(" \t`~").partition(" ")[0].strip("{}.").lower()
        passage = kinds.Passage(
            out.text, opening.stop, closing.start, lines, name=f"fence.{name}" if name else ""
        )
        kind = kinds.detect(passage)
        if kind:
            kinds.add_units(out, passage, kind)
        else:
            add_code(out, lines)
    out.adopt(first, head)
    out.add_close(closing.start, head)
    out.text_kind = before
