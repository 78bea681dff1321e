"""Megabytes to what a model can compare in seconds: the stretches that share the question's words.

An encoder reads some thousand tokens a second on a CPU, counting words goes a
hundred times as fast. So of a large collection the stretches that rank best by
words are taken first, across all documents, and the engine chooses among them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..document import Document, Part, Span
from ..engines.lexical import lexical_scores
from .corpus import Corpus, Origin

LARGE = 240_000
"""Characters (some 60,000 tokens) that an engine is given at most."""
_STRETCH = 2_000  # characters: a few paragraphs, enough to say what they are about
_END = re.compile(r"\n[^\S\n]*\n|\n|(?<=[.!?。！？])\s|\s")


@dataclass(frozen=True, slots=True)
class _Stretch:
    span: Span
    title: str
    part: int


def narrowed(corpus: Corpus, question: str, limit: int = LARGE) -> Corpus:
    """``corpus`` itself up to ``limit`` characters, else the best ``limit`` of it, in order.

    Places in it are those of the same originals.
    """
    if len(corpus.document.text) <= limit:
        return corpus
    text = corpus.document.text
    stretches = list(_stretches(corpus))
    scores = lexical_scores(
        question,
        [s.span.of(text) for s in stretches],
        [part.title for part in corpus.document.parts] or [""],
        [s.part for s in stretches],
    )
    room = limit
    chosen = []
    for index in sorted(range(len(stretches)), key=lambda i: (-scores[i], i)):
        room -= stretches[index].span.end - stretches[index].span.start
        if room < 0:
            break
        chosen.append(index)
    return _made(corpus, [stretches[i] for i in sorted(chosen)])


def _stretches(corpus: Corpus) -> Iterator[_Stretch]:
    text = corpus.document.text
    for body in corpus.bodies(0, len(text)):
        title, part = corpus.title(body.start), max(0, corpus.part(body.start))
        start = body.start
        while start < body.end:
            end = min(_cut(text, start + _STRETCH, body.end), body.end)
            yield _Stretch(Span(start, end), title, part)
            start = end


def _cut(text: str, at: int, end: int) -> int:
    """Where to cut from ``at`` on: behind an empty line if one is near, else a line, a word."""
    near = min(at + _STRETCH, end)
    if near >= end:
        return end
    found: dict[int, int] = {}
    for match in _END.finditer(text, at, near):
        kind = min(2, match.group().count("\n"))
        found.setdefault(kind, match.end())
        if kind == 2:
            break
    return found.get(2) or found.get(1) or found.get(0) or near


def _made(corpus: Corpus, chosen: list[_Stretch]) -> Corpus:
    text = corpus.document.text
    pieces: list[str] = []
    parts: list[Part] = []
    origins: list[Origin] = []
    at = 0
    for stretch in _merged(chosen):
        gap = "\n\n" if pieces else ""
        head = f"{stretch.title}\n" if stretch.title else ""
        start = at + len(gap)
        body = start + len(head)
        at = body + stretch.span.end - stretch.span.start
        pieces += (gap, head, stretch.span.of(text))
        parts.append(Part(start, at, body, stretch.title))
        origin = corpus.origin(stretch.span.start)
        origins.append(
            Origin(origin.document, body, at, stretch.span.start - origin.start + origin.at)
        )
    whole = corpus.document
    document = Document(
        "".join(pieces),
        whole.source,
        whole.media_type,
        tuple(parts),
        tuple(Span(p.body, p.end) for p in parts),
        whole.id,
        whole.question,
    )
    return Corpus(document, tuple(origins))


def _merged(stretches: list[_Stretch]) -> list[_Stretch]:
    """Neighbours of one part in one."""
    out: list[_Stretch] = []
    for stretch in stretches:
        last = out[-1] if out else None
        if last and last.part == stretch.part and last.span.end == stretch.span.start:
            out[-1] = _Stretch(Span(last.span.start, stretch.span.end), last.title, last.part)
        else:
            out.append(stretch)
    return out
