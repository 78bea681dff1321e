"""A reply, judged: does it answer, what does it stand on, how far is it to be trusted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..text.recovery import recover
from .citations import cited_anew, marks, statements
from .context import Context, is_torn
from .corpus import Corpus
from .prompt import abstains, fences, unfenced
from .readers.base import Reply
from .support import Evidence
from .types import Claim

_CUT_SHORT = 0.5
"""What a reply that ran into its limit or into a loop is worth of a finished one."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """``text`` is the reply with what compression shortened put back; ``support`` 0 to 1.

    What it cites is what supports it. ``corrected``: the reader had cited something else.
    """

    text: str
    claims: tuple[Claim, ...]
    abstained: bool
    refused: bool
    support: float
    confidence: float
    corrected: bool = False


def judge(reply: Reply, question: str, context: Context, everything: Corpus) -> Judgement:
    """Confidence is how sure the reader was of its tokens times the share of claims with support.

    How sure: the geometric mean of the tokens' mean probability and that of the
    least likely one (Varshney et al. 2023, section 3.2), since a reply may
    repeat the question around one word that is a guess. Neither alone told
    right replies from wrong ones as well on the tuning questions (area under
    the ROC curve 0.73, against 0.64 and 0.71; 0.69 on the others). Without
    log-probabilities a reply counts as sure.

    Quotations are looked for in ``everything`` where the context lacks them.
    """
    text = unfenced(reply.text, context.text)
    said = statements(text)
    if reply.finish == "refused":
        return Judgement(text, (), False, True, 0.0, 0.0)
    if not said or abstains(said[0]):
        return Judgement(text, (), True, False, 0.0, 0.0)
    if is_torn(context.corpus, context.passages):
        text = recover(_sources(context), context.text, text)
    claims = Evidence(context.corpus, context.passages, everything).claims(text, question)
    if fences(reply.text, context.text):  # the prompt's own words are no content
        leaked = "the prompt's own words are no answer"
        claims = tuple(replace(c, supported=False, missing=(*c.missing, leaked)) for c in claims)
    text, corrected = _corrected(text, claims)
    support = sum(c.supported for c in claims) / len(claims) if claims else 0.0
    sure = _sure(reply)
    whole = _CUT_SHORT if reply.finish in ("length", "loop") else 1.0
    return Judgement(text, claims, False, False, support, sure * support * whole, corrected)


def _corrected(text: str, claims: Sequence[Claim]) -> tuple[str, bool]:
    """The reply, citing the passages that support it, and whether it cited others."""
    said = statements(text)
    if len(said) != len(claims):
        return text, False
    right = [sorted({c.number for c in claim.citations if c.number}) for claim in claims]
    wrong = False
    for each, numbers, claim in zip(said, right, claims, strict=True):
        wrong |= claim.supported and bool(set(marks(each)) - set(numbers))
    return (cited_anew(text, right), True) if wrong else (text, False)


def _sure(reply: Reply) -> float:
    if reply.mean_logprob is None or reply.least_logprob is None:
        return 1.0
    return math.exp((reply.mean_logprob + reply.least_logprob) / 2)


def _sources(context: Context) -> str:
    """The originals of the passages, from the first kept word of each to the last."""
    text = context.corpus.document.text
    return "\n\n".join(
        text[p.spans[0].start : p.spans[-1].end] for p in context.passages if p.spans
    )
