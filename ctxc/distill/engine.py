"""``distill``: the model writes, the source decides, its own sentences fill the rest."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..document import Segment, Span
from ..engines.base import Task
from ..engines.distill_options import DistillOptions
from ..engines.encoder import question_priorities
from ..engines.extractive import by_segment
from ..engines.unit_ranking import is_mostly_units
from ..errors import EngineError
from ..llama.runtime import Runtime
from ..result import Kept
from ..selection.prefix import Selection
from ..selection.ranking import Ranking
from ..text.filler import code_like, pieces, shown
from ..text.language import language_of
from ..text.salience import Line, Ranked, rank, read, read_text
from ..text.segment.places import Places
from .differ import mark
from .duplicates import merge
from .lines import Layout, choose
from .machine_text import by_units_stated, collapsed
from .shortening import Shortened, shorten
from .writing import FAVOUR, Written, write

_REFLOWED = frozenset(("sentence", "turn", "item", "quote"))
_QUOTES = 3  # lines marked as quotations where a question is asked

Floats = npt.NDArray[np.float64]


class DistillEngine:
    """Facts in few words: written by the model where they stand, else the source's own."""

    name = "distill"
    needs_question = False
    writes = True

    def compress(self, task: Task, runtime: Runtime) -> Selection:
        options = task.distill or DistillOptions()
        if is_mostly_units(task.segments):
            return by_units_stated(task, counts=self.writes)
        if task.has_units:
            task = replace(task, segments=collapsed(task.segments, task.target))
        ranked = read(task.text, task.segments)
        near = question_priorities(task, runtime) if task.question else None
        own = _own(task, options, ranked, near)
        own = _scored(task, ranked, own, near)
        written = Written()
        # Whether a line of a model says the same is checked by English words.
        writes = self.writes and language_of(task.text) in ("en", "")
        if writes:
            written = write(task, options, own, runtime)
            dropped = options.on_fail == "drop" and not options.shortens
            own = [] if dropped else _without_carried(own, ranked, written)
            own = _scored(task, ranked, [*written.lines, *own], near)
        lines = _compared(task, merge(own))
        shortened = Shortened()
        if writes and options.shortens:
            lines, shortened = shorten(task, options, lines, runtime)
            if options.on_fail == "drop":
                lines = [line for line in lines if line.how != "verbatim"]
        layout = Layout(task.document, task.segments, options.style, options.cite)
        lines += _definitions(task)
        lines, needed = _tied(task, lines)
        tokenizer = task.tokenizer

        def chosen_in(target: int) -> list[Line]:
            some = choose(lines, layout, target, tokenizer.count, needed, tokenizer.additive)
            return _without_strays(task, some)

        chosen = chosen_in(task.target)
        if task.watch is not None and chosen:
            task.watch(_ranking(task, layout, lines, chosen_in))
        notes = _notes(task, written, shortened)
        if not chosen:
            return _nothing_fits(task, options, lines, notes)
        return Selection(
            layout.render(chosen),
            (),
            notes,
            _extra(task, layout, chosen),
        )


class VerbatimEngine(DistillEngine):
    """The same without a language model: only the source's own sentences."""

    name = "verbatim"
    writes = False


def _needed(segment: Segment) -> tuple[int, ...]:
    """What a segment would not parse without: a parent, the definitions its links go by."""
    return (segment.needs, *segment.refers) if segment.needs >= 0 else segment.refers


def _tied(task: Task, lines: list[Line]) -> tuple[list[Line], dict[int, tuple[int, ...]]]:
    """``lines`` that can be understood, and what each segment among them brings along.

    A sentence of the source that leans on another (``Segment.leans_on``) is left out where no line
    holds that one.
    """
    starts = {s.start: i for i, s in enumerate(task.segments)}
    holder = {starts[s.start]: x.segment for x in lines for s in x.spans if s.start in starts}
    needed: dict[int, tuple[int, ...]] = {}
    out = []
    for line in sorted(lines, key=lambda x: x.segment):
        ties = _needed(task.segments[line.segment])
        leans_on = task.segments[line.segment].leans_on
        if leans_on >= 0 and line.how == "verbatim":
            if leans_on not in holder:
                holder.pop(line.segment, None)
                continue
            ties = (*ties, holder[leans_on])
        if others := tuple(tie for tie in ties if tie != line.segment):
            needed[line.segment] = others
        out.append(line)
    return out, needed


def _definitions(task: Task) -> list[Line]:
    """Lines for link definitions: of no weight but what needs them."""
    found = [(i, s) for i, s in enumerate(task.segments) if s.kind == "definition"]
    return [
        Line(s.core(task.text), (Span(s.start, s.core_end),), "verbatim", i, -math.inf)
        for i, s in found
    ]


def _without_strays(task: Task, chosen: list[Line]) -> list[Line]:
    """``chosen`` without definitions whose links did not fit."""
    kinds = [task.segments[line.segment] for line in chosen]
    used = {definition for segment in kinds for definition in segment.refers}
    return [x for x in chosen if task.segments[x.segment].kind != "definition" or x.segment in used]


def _own(
    task: Task, options: DistillOptions, ranked: list[Ranked], near: Floats | None
) -> list[Line]:
    """The source's own sentences and blocks, filler taken out where the style wants it."""
    plain = options.on_fail == "original" or options.style in ("prose", "quotes")
    quoted = _quoted(task, near) if near is not None else set()
    out = []
    first = 0  # of the segment's block
    task.progress.start("reading sentences", len(task.segments))
    for index, segment in enumerate(task.segments):
        task.progress.advance()
        first = first if segment.block == task.segments[first].block else index
        if segment.comes_along or not _says_something(ranked[index], _said(task, index)):
            continue
        whole = plain or index in quoted
        kept = [Span(segment.start, segment.core_end)] if whole else pieces(task.text, segment)
        text = shown(task.text, kept)
        if segment.kind in _REFLOWED and not code_like(task.text, segment):
            text = " ".join(text.split())  # a soft line break is a space
        span = Span(segment.start, segment.core_end)
        quote, label = index in quoted, _label(task, index, first)
        out.append(Line(text, (span,), "verbatim", index, 0.0, quote, label))
    return out


def _says_something(unit: Ranked, said: str) -> bool:
    """Two content words, or a fact with one, and something beside the speaker's name."""
    stated = len(unit.words) >= 2 or bool(unit.words and len(unit.facts))
    return stated and bool(read_text(said).words)


def _said(task: Task, index: int) -> str:
    """The segment's text, a turn's without the speaker."""
    core = task.segments[index].core(task.text)
    head, colon, rest = core.partition(":")
    label = task.segments[index].kind == "turn" and colon and len(head) <= 60
    return rest if label else core


def _scored(task: Task, ranked: list[Ranked], lines: list[Line], near: Floats | None) -> list[Line]:
    """The lines with their standing: nearness to the question, or what each adds to the others."""
    if near is None:
        scores = rank(task.segments, ranked, lines)
        return [replace(x, score=score) for x, score in zip(lines, scores, strict=True)]
    starts = {s.start: i for i, s in enumerate(task.segments)}
    spread = float(near.std()) if len(near) else 0.0
    out = []
    for line in lines:
        about = [starts[s.start] for s in line.spans]
        score = max(float(near[i]) - spread * _loss(read_text(_said(task, i))) for i in about)
        out.append(replace(line, score=score + spread * (line.weight - 1.0)))
    return out


def _loss(unit: Ranked) -> float:
    """Of nearness, in its standard deviations: words meant for a model stand last, and remarks
    that say nothing behind those that do."""
    return (4.0 if unit.order else 0.0) + 1.0 * max(0.0, 1.0 - len(unit.words) / 3)


def _without_carried(own: list[Line], ranked: list[Ranked], written: Written) -> list[Line]:
    """Own sentences, without those whose facts a written line states; those that a failed
    line was about are favoured."""
    carried: dict[int, list[str]] = {}
    for line in written.lines:
        for span in line.spans:
            carried.setdefault(span.start, []).append(line.text)
    out = []
    for line in own:
        texts = carried.get(line.spans[0].start)
        if texts and _covered(ranked[line.segment], texts):
            continue
        favoured = line.segment in written.nearest
        out.append(replace(line, weight=FAVOUR) if favoured else line)
    return out


def _compared(task: Task, lines: list[Line]) -> list[Line]:
    """With a question over several sources: lines that another source contradicts say so."""
    titles = {i: part.title for i, part in enumerate(task.document.parts)}
    if not task.question or len(titles) < 2:
        return lines
    return mark(lines, [task.segments[x.segment].part for x in lines], titles)


def _quoted(task: Task, near: Floats) -> set[int]:
    """With a question: the sentences nearest to it, which are given word for word and marked."""
    prose = [i for i, s in enumerate(task.segments) if s.prunable]
    return set(sorted(prose, key=lambda i: (-near[i], i))[:_QUOTES])


def _covered(unit: Ranked, lines: list[str]) -> bool:
    """Whether written lines state all facts of a sentence, and most of its words."""
    here = read_text("\n".join(lines))
    said = {f.value for kind in here.facts.kinds() for f in kind}
    stated = all(f.value in said for kind in unit.facts.kinds()[:5] for f in kind)
    return stated and 2 * len(unit.words & here.words) >= len(unit.words)


def _label(task: Task, index: int, first: int) -> str:
    """The speaker of a turn that begins with segment ``first``, for a later sentence of it."""
    if task.segments[index].kind != "turn" or index == first:
        return ""
    head, colon, _ = task.segments[first].core(task.text).partition(":")
    return f"{head.strip()}:" if colon and len(head) <= 60 else ""


def _notes(task: Task, written: Written, shortened: Shortened) -> tuple[str, ...]:
    out = []
    if written.asked:
        trivial = written.reasons["short"] + written.reasons["longer"]
        failed = sum(written.reasons.values()) - trivial
        out.append(
            f"the model wrote {written.proposed} lines about {written.asked} of {written.chunks} "
            f"chunks: {failed} not carried by their source, {trivial} too short or no shorter "
            f"than it, {len(written.lines)} good"
        )
        if written.hopeless and written.asked < written.chunks:
            out.append("too few of its lines stand, so the other chunks were not shown to it")
    if shortened.shown:
        wrong = f", {shortened.failed} of them no good" if shortened.failed else ""
        out.append(f"the model shortened {shortened.shorter} of {shortened.shown} sentences{wrong}")
    return tuple(out)


def _ranking(
    task: Task, layout: Layout, lines: list[Line], chosen_in: Callable[[int], list[Line]]
) -> Ranking:
    """What each segment is worth by its lines, and the lines' sources at any other budget."""
    scores = np.full(len(task.segments), -math.inf)
    for line in lines:
        scores[line.segment] = max(scores[line.segment], line.score)

    def at(target: int) -> Selection:
        some = chosen_in(target)
        kept = {(s.start, s.end, x.score) for x in some for s in x.spans}
        return Selection(layout.render(some), tuple(Kept(*each) for each in sorted(kept)))

    return Ranking(task.segments, scores, scores, at)


def _nothing_fits(
    task: Task,
    options: DistillOptions,
    lines: list[Line],
    notes: tuple[str, ...],
) -> Selection:
    """Not one line fits (or, with --on-fail drop, none stands)."""
    if options.on_fail == "drop":
        raise EngineError(
            f"no line of {task.document.source} stands its check and fits {task.target} tokens",
            hint="--on-fail extract takes the source's own sentences instead",
            kind="check",
        )
    scores = [0.0] * len(task.segments)
    for line in lines:
        scores[line.segment] = max(scores[line.segment], line.score)
    found = by_segment(task, scores)
    note = "no line of its own fits the budget: whole sentences were kept"
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
            "score": round(line.score, 5),
            "spans": spans(line),
            **({"quote": True} if line.quote else {}),
            **({"note": line.note} if line.note else {}),
        }
        for line in chosen
    ]
    counts = Counter(line.how for line in chosen)
    by = {how: counts[how] for how in ("model", "repaired", "verbatim")}
    return {"distilled": True, "lines": lines, "lines_by": by}
