"""Machine text in a distillation: stated by its units, word for word; no model rewrites a log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from ..document import Segment
from ..engines.base import Task
from ..engines.unit_ranking import by_units
from ..selection.prefix import Selection
from ..selection.ranking import Ranking
from ..text.kinds import PARSED
from ..text.kinds.test_totals import totals_of
from ..text.segment.places import Places

_COUNTED = 0.25  # share of the budget that the line of totals may take
_SMALL = 1.0  # characters for each token of the budget: a smaller unit stays one line


def by_units_stated(task: Task, *, counts: bool) -> Selection:
    """The units that matter, each stretch of them a line with its source span.

    Of a test report the first line says how many failed, counted, not written by a model; it is
    in brackets, since it stands nowhere in the text; only where ``counts``, since ``verbatim``
    has nothing but the text's own words.
    """
    counted = _counted(task) if counts else ""
    if counted:
        task = _behind(counted, task)
    selection = by_units(task)
    places = Places.of(task.document)
    lines = [
        {
            "text": task.text[k.start : k.end],
            "how": "verbatim",
            "score": round(k.score, 5),
            "spans": [{"start": k.start, "end": k.end, "lines": list(places.lines(k.span))}],
        }
        for k in selection.kept
    ]
    number = Counter(verbatim=len(lines))
    by = {how: number[how] for how in ("model", "repaired", "verbatim")}
    extra: dict[str, Any] = {"distilled": True, "lines": lines, "lines_by": by}
    if counted:
        extra["counted"] = counted.strip()
    return Selection(counted + selection.text, selection.kept, selection.notes, extra)


def _behind(counted: str, task: Task) -> Task:
    """``task`` in what ``counted`` leaves of its budget; who watches it sees both."""
    cost, watch = task.tokenizer.count(counted), task.watch

    def at(ranking: Ranking, target: int) -> Selection:
        cut = ranking.at(target - cost) if target > cost else Selection("", ())
        return replace(cut, text=counted + cut.text) if cut.text else cut

    def watched(ranking: Ranking) -> None:
        assert watch is not None
        watch(replace(ranking, at=partial(at, ranking)))

    return replace(task, target=task.target - cost, watch=watched if watch else None)


def _counted(task: Task) -> str:
    """``[ctxc: 12 of 212 tests failed: ...]`` with a line break, or "" where nothing says so.

    Without the names where they would take more than their share of the budget.
    """
    if not task.segments or any(s.text_kind not in ("tests", "") for s in task.segments):
        return ""
    totals = totals_of(task.text)
    for named in (True, False) if totals else ():
        assert totals is not None
        line = f"[ctxc: {totals.sentence(named=named)}]\n"
        if task.tokenizer.count(line) <= _COUNTED * task.target:
            return line
    return ""


def collapsed(segments: Sequence[Segment], target: int) -> tuple[Segment, ...]:
    """``segments`` with each unit of machine text one block, as prose around it has them.

    A unit that a parser reads is always one; another that is large for ``target`` tokens is
    left in its parts.
    """
    inside = _members(segments)
    index: dict[int, int] = {}
    out: list[Segment] = []
    for i, segment in enumerate(segments):
        root = inside[i][0] if inside[i] else i
        members = inside[root]
        if not segment.text_kind or not members:
            index[i] = len(out)
            out.append(segment)
            continue
        size = segments[members[-1]].end - segments[root].start
        if size <= _SMALL * target or segment.text_kind in PARSED:
            if i == root:
                index[i] = len(out)
                last = segments[members[-1]]
                out.append(replace(segment, kind="data", core_end=last.core_end, end=last.end))
            index[i] = index[root]
        else:
            index[i] = len(out)
            out.append(replace(segment, kind="other"))
    return tuple(_renumbered(s, index, at) for at, s in enumerate(out))


def _members(segments: Sequence[Segment]) -> list[list[int]]:
    """For a unit's root its segments; for another segment of it the root alone; else nothing.

    Only units that are one stretch of the text count.
    """
    root = list(range(len(segments)))
    for i, segment in enumerate(segments):
        if segment.text_kind and 0 <= segment.needs < i:
            root[i] = root[segment.needs]
    out: list[list[int]] = [[] for _ in segments]
    for i, segment in enumerate(segments):
        if segment.text_kind:
            out[root[i]].append(i)
    for i in range(len(segments)):
        if root[i] != i:
            whole = out[root[i]]
            out[i] = [root[i]] if whole and whole[-1] - whole[0] + 1 == len(whole) else []
    for i, members in enumerate(out):
        if root[i] == i and members and members[-1] - members[0] + 1 != len(members):
            out[i] = []
    return out


def _renumbered(segment: Segment, index: dict[int, int], at: int) -> Segment:
    def new(old: int) -> int:
        here = index.get(old, -1)
        return here if here != at else -1

    return replace(
        segment,
        needs=new(segment.needs),
        heading=new(segment.heading),
        refers=tuple(sorted({new(r) for r in segment.refers} - {-1})),
        text_kind="",
        closes=-1,
        folds=-1,
    )
