"""``distill``: the model writes, the source decides, its own sentences fill the rest."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..compression import Kept
from ..distill.lines import Layout, Line, choose
from ..distill.merge import merge
from ..distill.options import DistillOptions
from ..distill.relevance import relevance
from ..distill.salience import Ranked, read, salience
from ..distill.telegraph import pieces, shown
from ..distill.writing import Written, write
from ..document import Span
from ..errors import EngineError
from ..facts import facts
from ..runtime import Runtime
from ..segment.places import Places
from ..selection import Selection
from .base import Task
from .extract import by_segment

_QUOTES = 3  # lines marked as quotations where a question is asked
_NEAREST = 0.25  # added to the standing of a sentence that a failed line was about


class DistillEngine:
    """Facts in few words: written by the model where they stand, else the source's own."""

    name = "distill"
    needs_question = False
    writes = True

    def compress(self, task: Task, runtime: Runtime) -> Selection:
        options = task.distill or DistillOptions()
        ranked = read(task.text, task.segments)
        scores = _scores(task, ranked, runtime)
        written = write(task, options, scores, runtime) if self.writes else Written()
        lines = [] if options.on_fail == "drop" else _own(task, options, ranked, scores, written)
        lines = merge([*written.lines, *lines])
        layout = Layout(task.document, task.segments, options.style, options.cite)
        needed = {i: s.needs for i, s in enumerate(task.segments) if s.needs >= 0}
        chosen = choose(lines, layout, task.target, task.tokenizer.count, needed)
        notes = _notes(task, written, self.writes)
        if not chosen:
            return _nothing_fits(task, options, scores, notes)
        return Selection(
            layout.render(chosen),
            tuple(Kept(s.start, s.end, x.score) for x in chosen for s in x.spans),
            notes,
            _extra(task, layout, chosen),
        )


class VerbatimEngine(DistillEngine):
    """The same without a language model: only the source's own sentences."""

    name = "verbatim"
    writes = False


def _scores(task: Task, ranked: list[Ranked], runtime: Runtime) -> npt.NDArray[np.float64]:
    if not task.question:
        return salience(task.segments, ranked)
    scores = relevance(task, runtime)
    # Words meant for a model stand behind everything else that is as near to the question.
    return scores - np.array([0.5 if unit.order else 0.0 for unit in ranked])


def _own(
    task: Task,
    options: DistillOptions,
    ranked: list[Ranked],
    scores: npt.NDArray[np.float64],
    written: Written,
) -> list[Line]:
    """The source's own sentences, but for those whose facts a written line already carries."""
    carried: dict[int, list[str]] = {}
    starts = {s.start: i for i, s in enumerate(task.segments)}
    for line in written.lines:
        for span in line.spans:
            carried.setdefault(starts[span.start], []).append(line.text)
    out = []
    plain = options.on_fail == "original" or options.style in ("prose", "quotes")
    quoted = _quoted(task, scores)
    for index, segment in enumerate(task.segments):
        if segment.is_title or not segment.core(task.text).strip():
            continue
        if not ranked[index].words and not len(ranked[index].facts):
            continue
        if index in carried and _covered(ranked[index], carried[index]):
            continue
        score = float(scores[index]) + (_NEAREST if index in written.nearest else 0.0)
        whole = plain or index in quoted
        kept = [Span(segment.start, segment.core_end)] if whole else pieces(task.text, segment)
        if text := shown(task.text, kept):
            span = Span(segment.start, segment.core_end)
            out.append(
                Line(text, (span,), "verbatim", index, score, index in quoted, _label(task, index))
            )
    return out


def _quoted(task: Task, scores: npt.NDArray[np.float64]) -> set[int]:
    """With a question: the sentences nearest to it, which are given word for word and marked."""
    if not task.question:
        return set()
    prose = [i for i, s in enumerate(task.segments) if s.prunable]
    return set(sorted(prose, key=lambda i: (-scores[i], i))[:_QUOTES])


def _covered(unit: Ranked, lines: list[str]) -> bool:
    """Whether written lines state all that the sentence states."""
    here = facts("\n".join(lines))
    said = {f.value for kind in here.kinds() for f in kind}
    return all(f.value in said for kind in unit.facts.kinds()[:5] for f in kind)


def _label(task: Task, index: int) -> str:
    """The speaker of a turn, for a sentence that is not the turn's first."""
    segment = task.segments[index]
    if segment.kind != "turn" or (
        index == 0 or task.segments[index - 1].block != segment.block
    ):
        return ""
    first = index
    while first and task.segments[first - 1].block == segment.block:
        first -= 1
    head, colon, _ = task.segments[first].core(task.text).partition(":")
    return f"{head.strip()}:" if colon and len(head) <= 60 else ""


def _notes(task: Task, written: Written, writes: bool) -> tuple[str, ...]:
    if not writes or not written.asked:
        return ()
    failed = sum(written.reasons.values())
    out = [
        f"the model wrote {written.proposed} lines about {written.asked} of {written.chunks} "
        f"chunks; {failed} were not carried by their source"
    ]
    if written.hopeless and written.asked < written.chunks:
        out.append("too few of its lines stand, so the other chunks were not shown to it")
    return tuple(out)


def _nothing_fits(
    task: Task,
    options: DistillOptions,
    scores: npt.NDArray[np.float64],
    notes: tuple[str, ...],
) -> Selection:
    """Not one line fits (or, with --on-fail drop, none stands)."""
    if options.on_fail == "drop":
        raise EngineError(
            f"no line of {task.document.source} stands its check and fits {task.target} tokens",
            hint="--on-fail extract takes the source's own sentences instead",
            kind="check",
        )
    found = by_segment(replace(task, level="word"), list(scores))
    note = "no whole line fits the budget: words of the best sentence were kept"
    extra = {"distilled": True, "lines": [], "lines_by": {}}
    return Selection(found.text, found.kept, (*notes, note), extra)


def _extra(task: Task, layout: Layout, chosen: list[Line]) -> dict[str, Any]:
    """What ``--json`` adds: each line with its source spans (characters, and lines from 1)."""
    places = Places.of(task.document)

    def spans(line: Line) -> list[dict[str, Any]]:
        return [
            {"start": s.start, "end": s.end, "lines": list(places.lines(s))} for s in line.spans
        ]

    lines = [
        {
            "text": line.text,
            "how": line.how,
            "spans": spans(line),
            **({"quote": True} if line.quote else {}),
        }
        for line in chosen
    ]
    counts = Counter(line.how for line in chosen)
    by = {how: counts[how] for how in ("model", "repaired", "verbatim")}
    return {"distilled": True, "lines": lines, "lines_by": by}


