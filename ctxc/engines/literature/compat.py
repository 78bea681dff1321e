"""LLMLingua 0.2.2 as published, for ``compat``: its procedure, defects and all, on GGUF logits.

What it keeps are tokens, so words come out in fragments, as they do there. The
budget is exact all the same: of what the procedure kept, the tokens with the
lowest losses go until it fits; where it kept less, less it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import InputError
from ...llama.incremental import Past
from ...llama.model import Ids
from ...llama.runtime import Runtime
from ...selection.prefix import Floats, Selection, select_pieces
from ...selection.render import Piece
from ..base import Task
from ..extractive import by_segment
from ..likelihood import RESTRICTION
from .alignment import byte_of_char
from .coarse import Passage, passages
from .ordering import in_order
from .published_steps import SIZE, Losses, dynamic_ratios, iterate, used_contexts, window_ratios


@dataclass(frozen=True, slots=True)
class Preset:
    """``question``: LongLLMLingua's condition "after" with ``condition_compare``."""

    question: bool
    dynamic: float


LLMLINGUA = Preset(False, 0.0)
LONGLLMLINGUA = Preset(True, 0.3)  # its README: dynamic 0.3, condition_compare, "+100"


def losses_of(past: Past, sequence: int) -> Losses:
    """``get_ppl``: no start token, so the first token has no loss."""

    def losses(ids: Ids, start: int, end: int) -> Floats:
        # The cache holds ids[:start] from the call before; what was pruned has gone since.
        if start == 0:
            past.begin(ids[:1], sequence)
            return past.append(ids[1:end], sequence).astype(np.float64)
        past.cut(start, sequence)
        return past.append(ids[start:end], sequence, scored=end - start - 1).astype(np.float64)

    return losses


def mean_loss(past: Past, ids: Ids, first: int = 0) -> float:
    """Mean of ``get_ppl``'s losses from index ``first`` on (loss i is token i + 1's)."""
    if not len(ids):
        return 0.0
    past.begin(ids[:1])
    nll = past.append(ids[1:], scored=max(0, len(ids) - 1 - first)).astype(np.float64)
    return float(nll.mean()) if len(nll) else 0.0


def rank(past: Past, texts: Sequence[str], question: str | None) -> list[tuple[int, float]]:
    """``get_rank_results``: documents with their losses, best first."""
    scores = []
    for text in texts:
        if question is None:
            scores.append(mean_loss(past, past.model.encode(text)))
            continue
        ids = past.model.encode(text + question + RESTRICTION)
        scores.append(mean_loss(past, ids, len(past.model.encode(text)) - 1))
    sign = -1 if question is None else 1
    return sorted(enumerate(scores), key=lambda pair: sign * pair[1])


def compress(task: Task, runtime: Runtime, preset: Preset) -> Selection:
    """What 0.2.2 keeps of the task's document, cut to the budget.

    Raises InputError for a text longer than the model's context: what the
    published code does then is not defined by its paper.
    """
    model = runtime.lm()
    found = passages(task)
    texts = [p.of(task.text) for p in found]
    question = (task.question or "").strip() if preset.question else None
    need = len(model.encode("\n\n".join([question or "", *texts]))) + 64
    if need > model.context_length:
        raise InputError(
            f"{task.document.source} has {need} tokens, and --compat reads "
            f"{model.context_length} at most: the context of {model.path.name}",
            hint="leave --compat out: without it the length does not matter",
        )
    past = runtime.past(-(-need // 256) * 256)
    task.progress.start("following LLMLingua 0.2.2", None)
    if task.level != "word":
        scores = np.zeros(len(task.segments))
        texts = [s.core(task.text) for s in task.segments]
        for place, (index, _) in enumerate(rank(past, texts, question)):
            scores[index] = -place
        return by_segment(task, scores.tolist())
    ranked = [i for i, _ in rank(past, texts, question)] if len(texts) > 1 else [0]
    pieces = _pieces(task, past, found, ranked, question, preset) if found else []
    order = sorted(range(len(pieces)), key=lambda i: (-pieces[i].score, i))

    def select(wanted: Task) -> Selection:
        fit = wanted.fit(speakers=False)
        return fit.selection(select_pieces(fit, pieces, order)[0])

    return in_order(task, found, ranked, select)


def _pieces(
    task: Task,
    past: Past,
    found: Sequence[Passage],
    ranked: Sequence[int],
    question: str | None,
    preset: Preset,
) -> list[Piece]:
    """The tokens that 0.2.2 keeps as spans of the document, in reading order."""
    model = past.model
    lengths = [len(model.encode(p.of(task.text))) for p in found]
    original = sum(task.tokenizer.count(t) for t in task.document.originals)
    target = sum(lengths) * task.target / max(original, 1)
    used = used_contexts(ranked, lengths, target) if len(found) > 1 else [0]
    deltas = dict(zip(used, dynamic_ratios(len(used), preset.dynamic), strict=True))
    order = used if preset.question else sorted(used)  # README: reorder_context="sort"
    head = f"{question}\n\n" if question else ""
    body = "\n\n".join(found[i].of(task.text) for i in order)
    ids = model.encode(head + body)
    offsets = model.byte_offsets((head + body).encode("utf-8", "replace"), ids)
    begin = len(head.encode("utf-8", "replace"))
    start = int(np.searchsorted(offsets[:-1], begin))
    ratios = window_ratios([lengths[i] for i in order], target, SIZE, [deltas[i] for i in order])
    plain = losses_of(past, 1) if question else None
    places, scores = iterate(ids, ratios, losses_of(past, 0), plain, start)
    a, b = offsets[:-1][start:][places] - begin, offsets[1:][start:][places] - begin
    out = []
    at = 0
    for index in order:
        out += _spans(task.text, found[index], np.maximum(a - at, 0), b - at, scores)
        at += len(found[index].of(task.text).encode("utf-8", "replace")) + 2
    return sorted(out, key=lambda p: p.start)


def _spans(
    text: str, passage: Passage, starts: np.ndarray, ends: np.ndarray, scores: Floats
) -> list[Piece]:
    """Tokens (byte ranges of the passage) as spans of visible characters.

    A character whose bytes are not all kept is not kept.
    """
    body = passage.of(text)
    at = byte_of_char(body)
    held = np.zeros(int(at[-1]) + 1, np.int64)
    inside = (starts < at[-1]) & (ends > 0)
    starts, ends, scores = starts[inside], np.minimum(ends[inside], at[-1]), scores[inside]
    for a, b in zip(starts, ends, strict=True):
        held[a:b] = 1
    whole = np.concatenate(([0], np.cumsum(held)))
    out = []
    for a, b, score in zip(starts, ends, scores, strict=True):
        first, last = np.searchsorted(at, (a, b))  # the characters that begin in the token
        while last > first and whole[at[last]] - whole[at[first]] < at[last] - at[first]:
            last -= 1
        visible = body[first:last].strip()
        if visible:
            first += body[first:last].index(visible)
            begin = passage.start + int(first)
            out.append(Piece(begin, begin + len(visible), float(score)))
    return out
