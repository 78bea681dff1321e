"""Lists: every item a piece, nested items need their parent."""

from __future__ import annotations

from dataclasses import dataclass, field

from .builder import Builder
from .lines import Line, closes_fence, fence_of, interrupts, item_marker
from .prose import add_whole


@dataclass(slots=True)
class _Open:
    """An item that is open: the column of its content, its first piece, its depth in the list."""

    content: int
    piece: int


@dataclass(slots=True)
class _Run:
    """Lines collected for one piece; written when the next piece begins."""

    start: int = -1
    end: int = -1
    needs: int = -1
    level: int = 0
    whole: bool = False  # holds a fence: sentence ends inside mean nothing
    owner: _Open | None = None


@dataclass(slots=True)
class _List:
    out: Builder
    stack: list[_Open] = field(default_factory=list)
    run: _Run = field(default_factory=_Run)
    first: int = -1

    def flush(self) -> None:
        run = self.run
        if run.start < 0:
            return
        if run.whole:
            piece = self.out.add(run.start, "item", level=run.level, needs=run.needs)
        else:
            piece = add_whole(
                self.out, run.start, run.end, "item", level=run.level, needs=run.needs
            )
        if run.owner:
            run.owner.piece = piece
        if self.first < 0:
            self.first = piece
        self.run = _Run()


def add_list(out: Builder, lines: list[Line], at: int) -> int:
    """Add the list that begins at line ``at``; returns the first line behind it."""
    out.begin_block()
    state = _List(out)
    base_content = -1
    fence, fence_content = "", 0
    after_blank = False
    # A numbered list directly under a paragraph is a list only if it begins with 1.
    tied = at > 0 and not lines[at - 1].blank
    while at < len(lines):
        line = lines[at]
        if line.blank:
            after_blank = True
            at += 1
            continue
        if fence and line.indent >= fence_content:
            if closes_fence(line.text, fence):
                fence = ""
            state.run.end = line.end
            at, after_blank = at + 1, False
            continue
        fence = ""
        marker = item_marker(line)
        if marker and (not state.stack or line.indent < state.stack[-1].content + 4):
            _open_item(state, line, marker.content, tied and bool(marker.number))
            base_content = state.stack[0].content
            fence, fence_content = fence_of(marker.rest), marker.content
        elif not after_blank and not interrupts(line):
            state.run.end = line.end  # goes on lazily
        elif line.indent >= base_content:
            owner = _continue(state, line)
            fence, fence_content = fence_of(line.text.lstrip()), owner.content
        else:
            break
        state.run.whole = state.run.whole or bool(fence)
        at, after_blank = at + 1, False
    state.flush()
    return at


def _open_item(state: _List, line: Line, content: int, tied: bool) -> None:
    state.flush()
    while state.stack and line.indent < state.stack[-1].content:
        state.stack.pop()
    needs = state.stack[-1].piece if state.stack else (state.first if tied else -1)
    item = _Open(content, -1)
    state.run = _Run(line.start, line.end, needs, len(state.stack), False, item)
    state.stack.append(item)


def _continue(state: _List, line: Line) -> _Open:
    """A further paragraph of the innermost item it is indented under."""
    popped = False
    while len(state.stack) > 1 and line.indent < state.stack[-1].content:
        if not popped:
            state.flush()
            popped = True
        state.stack.pop()
    owner = state.stack[-1]
    if popped:
        state.run = _Run(line.start, line.end, owner.piece, len(state.stack) - 1)
    else:
        state.run.end = line.end
    return owner
