"""Stage one: what the reader is given, as numbered passages under their documents' names."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ..batch.pipeline import Options
from ..batch.remembered import compress_or_recall
from ..batch.results import Results
from ..budget import Tokens
from ..console import Progress, Silent
from ..document import Segment, Span
from ..engines import registry
from ..llama.runtime import Runtime
from ..result import Compression
from ..selection.render import strongest_break
from .corpus import Corpus
from .orders import is_order, without
from .types import Passage

_LONG = 900  # characters: a longer stretch is cut between its paragraphs, to cite it closely
_SILENT, _NOT_KEPT = Silent(), Results(None)
_BLANK = re.compile(r"\s*\n\s*\n\s*")


@dataclass(frozen=True, slots=True)
class Context:
    """``text`` as the reader sees it; ``tokens`` are its exact count under ``tokenizer``.

    ``corpus`` is what the passages are spans of. ``whole``: nothing was left
    out. ``seconds`` it took to choose it.
    """

    corpus: Corpus
    text: str
    passages: tuple[Passage, ...]
    tokens: int
    whole: bool
    seconds: float = 0.0
    engine: str = "none"
    notes: tuple[str, ...] = ()


def whole(corpus: Corpus, options: Options) -> Context:
    """Everything, in order."""
    passages = _passages(corpus, [(Span(0, len(corpus.document.text)), 0.0)])
    text = shown(passages)
    return Context(corpus, text, passages, _count(options, text), True)


def select(
    corpus: Corpus,
    options: Options,
    target: int,
    runtime: Runtime,
    progress: Progress = _SILENT,
    results: Results = _NOT_KEPT,
) -> Context:
    """What fits ``target`` tokens, numbers and names included, chosen by the options' engine.

    What the engine chose is looked up in ``results``, and kept there.
    """
    begun = time.perf_counter()
    asked = replace(options, budget=Tokens(max(1, target)))
    result = compress_or_recall(corpus.document, asked, runtime, results, progress)
    passages = _of(corpus, result)
    passages, text = _fitted(passages, target, options)
    spans = sum(s.end - s.start for p in passages for s in p.spans)
    everything = sum(len(t.strip()) for t in corpus.document.originals)
    return Context(
        corpus=corpus,
        text=text,
        passages=passages,
        tokens=_count(options, text),
        whole=result.engine == "none" and spans >= everything,
        seconds=time.perf_counter() - begun,
        engine=result.engine,
        notes=result.notes,
    )


def _of(corpus: Corpus, result: Compression) -> tuple[Passage, ...]:
    if result.engine == "none":
        return _passages(corpus, [(Span(0, len(corpus.document.text)), 0.0)])
    if lines := result.extra.get("lines"):
        return _distilled(corpus, lines)
    kept = [(k.span, k.score if math.isfinite(k.score) else 0.0) for k in result.kept]
    return _passages(corpus, kept)


def _passages(corpus: Corpus, kept: Sequence[tuple[Span, float]]) -> tuple[Passage, ...]:
    """Kept stretches as passages: one a paragraph, long paragraphs' stretches by themselves."""
    text = corpus.document.text
    out: list[Passage] = []
    for span, score in sorted(kept, key=lambda k: k[0].start):
        clean = without(span, corpus.orders)
        for body in [b for part in clean for b in corpus.bodies(part.start, part.end)]:
            for piece in _paragraphs(text, body):
                title = corpus.title(piece.start)
                last = out[-1] if out else None
                if last and last.title == title and (gap := _gap(corpus, last, piece)) is not None:
                    joined = last.text + gap + piece.of(text)
                    spans, best = (*last.spans, piece), max(last.score, score)
                    out[-1] = Passage(last.number, joined, spans, title, best)
                else:
                    out.append(Passage(len(out) + 1, piece.of(text), (piece,), title, score))
    return tuple(out)


def _gap(corpus: Corpus, last: Passage, piece: Span) -> str | None:
    """What stands between two stretches of one paragraph; None where they are of two."""
    end = last.spans[-1].end
    between = corpus.document.text[end : piece.start]
    close = corpus.part(end - 1) == corpus.part(piece.start) and not _BLANK.search(between)
    if not close or len(last.text) + piece.end - piece.start > _LONG:
        return None
    return strongest_break(between) or " "


def _distilled(corpus: Corpus, lines: Sequence[dict[str, object]]) -> tuple[Passage, ...]:
    """A passage for each distilled line; its spans are the sentences it stands on."""
    out: list[Passage] = []
    for line in lines:
        found = line["spans"]
        assert isinstance(found, list)
        spans = tuple(Span(s["start"], s["end"]) for s in found)
        if is_order(str(line["text"])) or any(without(s, corpus.orders) != [s] for s in spans):
            continue
        title = corpus.title(spans[0].start) if spans else ""
        out.append(Passage(len(out) + 1, str(line["text"]), spans, title))
    return tuple(out)


def _paragraphs(text: str, span: Span) -> list[Span]:
    """``span`` without white space around it, cut at blank lines where it is long."""
    out = []
    start = span.start
    if span.end - span.start > _LONG:
        for blank in _BLANK.finditer(text, span.start, span.end):
            if blank.start() - start > _LONG // 3:
                out.append(_trimmed(text, Span(start, blank.start())))
                start = blank.end()
    out.append(_trimmed(text, Span(start, span.end)))
    return [s for s in out if s.end > s.start]


def _trimmed(text: str, span: Span) -> Span:
    piece = span.of(text)
    lead = len(piece) - len(piece.lstrip())
    return Span(span.start + lead, max(span.start + lead, span.start + len(piece.rstrip())))


def _fitted(
    passages: tuple[Passage, ...], target: int, options: Options
) -> tuple[tuple[Passage, ...], str]:
    """Numbers and names take room, too: the passages that rank lowest make it."""
    text = shown(passages)
    while len(passages) > 1 and (over := _count(options, text) - target) > 0:
        worst = sorted(passages, key=lambda p: (p.score, -p.number))
        gone: set[int] = set()
        while worst and over > 0 and len(gone) < len(passages) - 1:
            passage = worst.pop(0)
            gone.add(passage.number)
            over -= _count(options, passage.text)
        left = [p for p in passages if p.number not in gone]
        passages = tuple(replace(p, number=n) for n, p in enumerate(left, 1))
        text = shown(passages)
    return passages, text


def shown(passages: Sequence[Passage]) -> str:
    """Passages as the reader sees them: ``[n] text``, under a line with their document's name."""
    out: list[str] = []
    title = ""
    for passage in passages:
        if passage.title != title:
            title = passage.title
            blank = "\n" if out else ""
            named = title and not is_order(title)
            out.append(f"{blank}Document: {title}" if named else f"{blank}Document")
        out.append(f"[{passage.number}] {passage.text}")
    return "\n".join(out)


def _count(options: Options, text: str) -> int:
    from .. import tokens

    return tokens.get(options.tokenizer).count(text)


def is_torn(corpus: Corpus, passages: Sequence[Passage]) -> bool:
    """Whether words were cut out of a sentence: then names and numbers may be in pieces."""
    text = corpus.document.text
    if any(_letters(p.text) != _letters("".join(s.of(text) for s in p.spans)) for p in passages):
        return True
    edges = {edge for p in passages for s in p.spans for edge in (s.start, s.end)}
    return any(
        segment.start < edge < segment.core_end
        for segment, edge in _beside(corpus, sorted(edges))
        if segment.prunable
    )


def _letters(text: str) -> str:
    return "".join(text.split())


def _beside(corpus: Corpus, edges: Sequence[int]) -> Iterator[tuple[Segment, int]]:
    every = corpus.segments
    at = 0
    for edge in edges:
        while at + 1 < len(every) and every[at + 1].start <= edge:
            at += 1
        yield every[at], edge


def engine_of(compress_by: str) -> str:
    """The engine that ``--compress`` means.

    Raises UsageError for a word that is none of auto, lingua, distill, none,
    or an engine's name.
    """
    if compress_by in ("auto", "lingua", "none"):
        return "auto"
    registry.check(compress_by)
    return compress_by
