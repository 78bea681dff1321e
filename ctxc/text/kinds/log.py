"""Logs: syslog, the journal, access logs, application logs, anything with a time or level a line.

Told by most lines beginning with a date, a time, a level. An event is a line with its time; the
lines below that have none (a traceback, a wrapped message) need it. Levels, HTTP statuses and
words of failure say what an event is worth; of equal ones the rarer template is worth more. An
event that repeats an earlier one but for numbers and ids folds into it. The first and the last
event of a log stand out, and so do the events just above a fatal one.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from ..segment.builder import Builder
from . import Passage
from .fault_words import role_of
from .line_plan import LinePlan
from .log_events import http_status, is_clocked, is_dated, level_of, starts_with_level
from .templates import first_of, plain, template
from .traceback import plan_traces

_SAMPLE = 150  # lines from either end that are looked at
_SEEN = 4000  # characters of a line that are looked at
_ENOUGH = 0.6  # share of the sampled lines that must begin events
_MODE = re.compile(r"[-dlbcps][rwxsStT-]{9}[.+@]?\s")
_GRAVE = re.compile(
    r"\b(?:Out of memory|OOM|oom-kill\w*|Killed process|segfault|kernel panic|core dumped|deadlock"
    r"|no space left|disk full|data loss|corrupt\w*|BREAK-IN|unrecoverable|CrashLoopBackOff)\b",
    re.IGNORECASE,
)
_EXIT = re.compile(
    r"\b(?:exit(?:ed)?|status|rc|code)[ =:]+(?:with )?(?:code |status )?[1-9]\d{0,2}\b"
)
_BEFORE = 4  # events above a fatal one that stand out


def detect(passage: Passage) -> float:
    """By the share of lines that begin with a date, or with a time or level and look like a log."""
    lines = passage.lines
    sample = lines if len(lines) <= 2 * _SAMPLE else [*lines[:_SAMPLE], *lines[-_SAMPLE:]]
    texts = [t for t in (plain(line.text[:600]) for line in sample) if t.strip()]
    if len(texts) < 3 or texts[0][0] in "{<" or _is_table(texts):
        return 0.0
    dated = [is_dated(t) and not _MODE.match(t) for t in texts]
    share = _share(texts, dated)
    if share >= _ENOUGH:
        return min(0.92, 0.55 + 0.4 * share)
    timed = [d or is_clocked(t) for d, t in zip(dated, texts, strict=True)]
    clocked = [c or starts_with_level(t) for c, t in zip(timed, texts, strict=True)]
    leveled = sum(level_of(t) is not None for t in texts)
    share = _share(texts, clocked)
    if share < _ENOUGH or leveled <= 0.3 * len(texts):
        return 0.0
    return 0.5 + 0.35 * min(share, 1.0) if sum(timed) > 0.5 * sum(clocked) else 0.6


def _share(texts: Sequence[str], events: Sequence[bool]) -> float:
    """The share of events among the lines that are no indented continuation of one."""
    begun = sum(e or not t[0].isspace() for e, t in zip(events, texts, strict=True))
    inside = sum(events)
    return inside / max(begun, 0.4 * len(texts), 1)


def _is_table(texts: Sequence[str]) -> bool:
    """Whether lines are rows of one width, under a header without a time."""
    for mark in (",", "\t", ";"):
        widths = {t.count(mark) for t in texts[:50]}
        if len(widths) == 1 and widths.pop() > 1 and not is_dated(texts[0]):
            return True
    return False


def add_units(out: Builder, passage: Passage) -> None:
    """Events with what continues them; repeats folded into the first of their kind."""
    plan = LinePlan(passage.lines)
    raw = [plain(line.text[:_SEEN]) for line in passage.lines]
    events = _events(raw)
    plan_traces(plan, top=4.9)
    templates = _plan_events(plan, raw, events)
    _plan_continuations(plan, events)
    _fold(plan, events, templates)
    plan.add_to(out)


def _events(raw: Sequence[str]) -> list[int]:
    """The lines that begin an event: by dates if there are any, else by times and levels."""
    dated = [i for i, t in enumerate(raw) if is_dated(t)]
    filled = sum(bool(t.strip()) for t in raw)
    if len(dated) > 0.2 * filled:
        return dated
    clocked = [i for i, t in enumerate(raw) if is_dated(t) or is_clocked(t) or starts_with_level(t)]
    return clocked or [i for i, t in enumerate(raw) if t.strip() and not t[0].isspace()]


def _plan_events(plan: LinePlan, raw: Sequence[str], events: Sequence[int]) -> list[str]:
    templates = [f"{template(raw[i])} {http_status(raw[i]) or ''}" for i in events]
    counts = Counter(templates)
    for place, index in enumerate(events):
        worth = _worth(raw[index]) + _rarity(counts[templates[place]], len(counts), len(events))
        ends = place in (0, len(events) - 1)
        worth = max(worth, 2.0 if ends else 0.0)
        worth = max(worth, plan.salience[index]) if plan.fixed[index] else worth
        plan.set(index, min(worth, 5.0), kind="event")
        plan.heads[index] = -1
        plan.joined[index] = 0
    _plan_causes(plan, events)
    return templates


def _worth(text: str) -> float:
    """What an event is worth by its level, its HTTP status, its words."""
    level = level_of(text)
    status = http_status(text)
    if status >= 500:
        return max(level or 0.0, 4.0)
    if _GRAVE.search(text):
        return max(level or 0.0, 4.5)
    if status:
        return max(level or 0.0, 1.0 if status < 400 else 2.2)
    role, sure = role_of(text)
    words = {"error": 1.6 + 1.8 * sure, "warning": 2.0, "verdict": 2.6 * sure}.get(role, 1.0)
    if level is None:
        return max(words, 3.0) if _EXIT.search(text) else words
    return max(level, min(words, level + 1.2)) if level < 2 else level + 0.1 * (words > 2.5)


def _rarity(count: int, kinds: int, total: int) -> float:
    """More for a template that is rare where most repeat."""
    if total < 8 or kinds > 0.7 * total:
        return 0.0
    return (
        0.9 if count == 1 else 0.5 / count if count < 6 else -0.2 * min(1.0, math.log10(count) / 3)
    )


def _plan_causes(plan: LinePlan, events: Sequence[int]) -> None:
    """The events just above the gravest: what led to it."""
    gravest = max(events, key=lambda i: (plan.salience[i], -i), default=-1)
    if gravest < 0 or plan.salience[gravest] < 3.5:
        return
    place = list(events).index(gravest)
    for back in range(1, min(_BEFORE, place) + 1):
        index = events[place - back]
        plan.salience[index] = max(plan.salience[index], 2.6 - 0.2 * back)


def _plan_continuations(plan: LinePlan, events: Sequence[int]) -> None:
    """Lines without a time need their event; a trace's own head needs it, too."""
    starts = set(events)
    head = -1
    for index in range(len(plan)):
        if index in starts:
            head = index
            continue
        if head < 0 or plan.blank(index):
            continue
        if plan.heads[index] < 0:
            plan.heads[index] = head
            plan.opens[index] = 0
        if not plan.fixed[index]:
            role, sure = role_of(plan.texts[index])
            base = min(plan.salience[head] - 0.4, 3.0)
            plan.salience[index] = max(0.5, base, 1.4 + 1.6 * sure if role == "error" else 0.0)


def _fold(plan: LinePlan, events: Sequence[int], templates: Sequence[str]) -> None:
    """An event that repeats an earlier one; not the last, which says how far the log goes."""
    followed = {plan.heads[i] for i in range(len(plan)) if plan.heads[i] >= 0}
    for place, first in enumerate(first_of(templates)):
        index = events[place]
        if first != place and index not in followed and place != len(events) - 1:
            plan.folds[index] = events[first]
