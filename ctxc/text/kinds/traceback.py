"""Tracebacks: Python, Java, Node, C#, Go, Rust, Ruby, PHP, Elixir, Perl, Lua.

Told by the heads of traces and by lines that are frames. The head of a unit is the exception's
line (in Python the ``Traceback`` line, whose message stands below the frames and is brought
along by each). Each frame with its source line is a piece; one's own are worth more than a
library's, the one nearest to the fault most. Of a chain of causes the root cause ranks first.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ..segment.builder import Builder
from ..segment.lines import Line
from . import Passage
from .line_plan import LinePlan
from .templates import plain
from .traces import Trace, is_exception, is_panic, plan_trace, traces

_SAMPLE = 2000  # lines: a traceback that is the text itself stands in the first of them
_SEEN = 1500  # characters of a line that are looked at
_HINTS = (
    "Traceback",
    "\tat ",
    " at ",
    "panic",
    "goroutine ",
    'File "',
    ":in ",
    "#0 ",
    "#1 ",
    "** (",
)


def detect(passage: Passage) -> float:
    """High where most lines that are not blank belong to stack traces."""
    if not any(hint in passage.text[passage.start : passage.end] for hint in _HINTS):
        return 0.0
    texts = [plain(line.text[:_SEEN]) for line in passage.lines[:_SAMPLE]]
    if next((t for t in texts if t.strip()), "").lstrip().startswith(("<", "{", "diff --git")):
        return 0.0
    filled = sum(bool(t.strip()) for t in texts)
    entries = [t for t in traces(texts) if _is_sure(texts, t)]
    inside = sum(bool(texts[i].strip()) for t in entries for i in range(t.first, t.last))
    share = inside / max(filled, 1)
    return 0.0 if share < 0.65 else min(0.95, 0.4 + 0.55 * share)


def blocks(lines: Sequence[Line]) -> list[tuple[int, int]]:
    """Traces inside other text; those linked to one another are one stretch."""
    texts = [plain(line.text[:_SEEN]) for line in lines]
    out: list[tuple[int, int]] = []
    for trace in traces(texts):
        if out and trace.linked:
            out[-1] = (out[-1][0], trace.last)
        elif _is_sure(texts, trace):
            out.append((trace.first, trace.last))
    return out


def _is_sure(texts: Sequence[str], trace: Trace) -> bool:
    """Whether this is a trace even where nothing around it says so."""
    if trace.python or trace.linked or is_panic(texts[trace.first]):
        return True
    message = texts[trace.message[0]] if trace.message else ""
    return len(trace.frames) >= (1 if is_exception(message) else 3)


def add_units(out: Builder, passage: Passage) -> None:
    """Frames under their exceptions; lines between are lines, worth more just above a trace."""
    plan = LinePlan(passage.lines)
    plan_traces(plan)
    plan.add_to(out)


UNSAID = 1.7
"""What frames without an exception over them are worth less than those with one."""


def plan_traces(plan: LinePlan, *, top: float = 5.0) -> list[Trace]:
    """Plan every trace in the lines; of linked ones the root cause has the full ``top``."""
    entries = traces(plan.texts)
    for trace, worth in zip(entries, _worths(plan.texts, entries, top), strict=True):
        plan_trace(plan, trace, top=worth - _unsaid(plan.texts, trace))
    for before, after in pairwise(entries):
        if after.linked:
            _tie(plan, before, after)
    return entries


def _unsaid(texts: Sequence[str], trace: Trace) -> float:
    """What frames that no exception stands over (a thread's dump) are worth less."""
    message = trace.message[0] if trace.message else trace.first
    sure = trace.python or trace.linked or is_panic(texts[trace.first])
    return 0.0 if sure or is_exception(texts[message]) else UNSAID


def _worths(texts: Sequence[str], entries: Sequence[Trace], top: float) -> list[float]:
    """What each trace's message is worth: causes and effects of one chain differ."""
    out: list[float] = []
    for place, trace in enumerate(entries):
        last = place + 1 == len(entries) or not entries[place + 1].linked
        chained = trace.linked or not last
        if not chained:
            out.append(top)
        elif trace.python:  # what was raised first is the cause, what came out of it is seen
            out.append(top if not trace.linked else top - (0.1 if last else 0.4))
        else:
            out.append(top if last else top - (0.2 if not trace.linked else 0.4))
    return out


def _tie(plan: LinePlan, before: Trace, after: Trace) -> None:
    """The sentence between two Python traces stands with the later one."""
    for index in range(before.last, after.first):
        if not plan.blank(index):
            plan.set(index, 3.0, kind="line", head=after.first)
