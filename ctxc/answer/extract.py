"""The passages nearest a question, word for word: what is said where no reader answers."""

from __future__ import annotations

from collections.abc import Sequence

from ..budget import Tokens
from ..document import Span
from .context import Context, whole
from .escalation import Ladder
from .support import Evidence, at
from .types import Citation, Passage

EXTRACT = Tokens(250)
"""Passages without a reader, at most, where no budget is named."""
_MOST = 5  # passages: more is for the eyes to search again
_LEAST = 60  # tokens: a sentence or two, of however short a text
_NEAR = 1 / 3  # of the best passage's score


def nearest(ladder: Ladder, original: int) -> tuple[Context, tuple[Citation, ...]]:
    """At most five passages with their places, best first, and what they were chosen as.

    At most half of a text of more than a few sentences: all of it would answer nothing.
    """
    wanted = min(ladder.selecting.budget.target(original), EXTRACT.target(original))
    target = max(1, min(wanted, max(_LEAST, original // 2)))
    if target >= original:
        context = whole(ladder.corpus, ladder.options)
    else:
        context = ladder.cut(target)
    return context, _quoted(context, ladder)


def _quoted(context: Context, ladder: Ladder) -> tuple[Citation, ...]:
    corpus = context.corpus
    text = corpus.document.text
    titles = {s.start for s in corpus.segments if s.is_title}
    evidence = Evidence(corpus, context.passages, ladder.corpus)
    out: list[Citation] = []
    best = max((p.score for p in context.passages), default=0.0)
    for passage in sorted(context.passages, key=lambda p: (-p.score, p.number)):
        if len(out) == _MOST or (out and passage.score < _NEAR * best):
            break
        spans = [s.span for s in evidence.sentences if s.passage == passage.number]
        prose = [span for span in spans if span.start not in titles]
        out += [
            at(corpus, span, passage.number, "quoted") for span in _joined(text, prose, passage)
        ]
    return tuple(out[:_MOST])


def _joined(text: str, spans: Sequence[Span], passage: Passage) -> list[Span]:
    """Sentences that follow each other in one paragraph of ``passage``, as one."""
    out: list[Span] = []
    for span in spans:
        piece = next((s for s in passage.spans if s.start <= span.start < s.end), span)
        between = text[out[-1].end : span.start] if out else "."
        if not between.strip() and between.count("\n") < 2 and piece.start <= out[-1].start:
            out[-1] = Span(out[-1].start, span.end)
        else:
            out.append(span)
    return out
