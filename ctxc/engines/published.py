"""LLMLingua 0.2.2 as published, for ``compat``: its procedure, defects and all, on GGUF logits.

``iterate`` follows ``PromptCompressor.iterative_compress_prompt`` step by
step, so that the same losses give the same tokens:

* a token is kept when the loss of the token *behind* it is above the threshold;
* the threshold is a quantile over everything in memory: what was kept so far,
  the window, and losses of the text ahead that the first pass left behind;
* the last window, and any text of fewer tokens than a window, is never pruned.

What remains are tokens, so words come out in fragments, as they do there. The
budget is exact all the same: of what the procedure kept, the tokens with the
lowest losses go until it fits; where it kept less, less it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..llama.model import Ids
from ..llama.past import Past
from ..render import Piece
from ..runtime import Runtime
from ..selection import Floats, Selection, select_pieces
from .base import Task
from .coarse import Passage, passages
from .extract import by_segment
from .likelihood import RESTRICTION
from .ordering import in_order
from .pruning import byte_of_char

SIZE = 200  # iterative_size
SPARE = 100  # context_budget="+100"


@dataclass(frozen=True, slots=True)
class Preset:
    """``question``: LongLLMLingua's condition "after" with ``condition_compare``."""

    question: bool
    dynamic: float


LLMLINGUA = Preset(False, 0.0)
LONGLLMLINGUA = Preset(True, 0.3)  # its README: dynamic 0.3, condition_compare, "+100"

Losses = Callable[[Ids, int, int], Floats]
"""``(ids, past, end)``: NLL of ``ids[past + 1 : end]`` given all before them."""


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
    past.begin(ids[:1])
    nll = past.append(ids[1:]).astype(np.float64)[first:]
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


def used_contexts(ranked: Sequence[int], sizes: Sequence[int], target: float) -> list[int]:
    """``control_context_budget`` without forced contexts: which stay, best first."""
    left = (target if target >= 0 else 100) + SPARE
    used = []
    for index in ranked:
        left -= sizes[index]
        used.append(index)
        if left < 0:
            break
    return used


def dynamic_ratios(count: int, most: float) -> list[float]:
    """``control_context_budget``: what each context by rank gets on top of the rate."""
    if most <= 0:
        return [0.0] * count
    return [i * (most / (count - 1)) if count > 1 else 0.0 for i in range(-(count - 1), count, 2)][
        ::-1
    ]


def window_ratios(
    lengths: Sequence[int], target: float, size: int, dynamic: Sequence[float]
) -> list[list[tuple[int, float]]]:
    """``get_dynamic_compression_ratio``: for each window its pieces' lengths and rates."""
    lengths = [n + 2 for n in lengths]
    tau = target / (sum(lengths) + 1)
    out: list[list[tuple[int, float]]] = []
    last = 1
    open_: list[tuple[int, float]] = []
    for length, delta in zip(lengths, dynamic, strict=True):
        rate = max(min(1.0, tau + delta), 0.0)
        if last + length >= size:
            open_.append((size - last, rate))
            out.append(open_)
            last = last + length - size
            if last > size:
                whole = last // size
                out += [[(size, rate)]] * whole
                last -= whole * size
            open_ = [(last, rate)] if last else []
        else:
            last += length
            open_.append((length, rate))
    return [*out, open_] if open_ else out


def _threshold(values: Floats, rate: float) -> float:
    if rate == 1.0:
        return -math.inf
    place = max(0, min(len(values) - 1, int(len(values) * rate) - 1))
    return float(np.sort(values)[::-1][place])


class _State:
    """What ``iterative_compress_prompt`` carries from window to window."""

    def __init__(self, ids: Ids, start: int) -> None:
        self.ids = ids
        self.where = np.arange(len(ids))  # each remaining token's place in the text
        self.start = start
        self.loss = np.empty(0)
        self.self_loss: Floats | None = None

    def prune(self, end: int, size: int, rate: float) -> int:
        """``get_compressed_input`` for the ``size`` tokens before ``end``; the new ``end``."""
        start, loss, plain = self.start, self.loss, self.self_loss
        if plain is not None:
            gain = plain[: len(loss[start:])] - loss[start:]
            head = loss[:start] > 0
            need = np.concatenate([head, gain > _threshold(gain, rate), loss[:1] > 0])
        else:
            need = np.concatenate([loss > _threshold(loss, rate), loss[:1] > 0])
        need[end:] = True
        need[: end - size] = True  # negative for a short text: then everything is kept
        self.loss = loss[need[:-1]]
        if plain is not None:
            need = _padded(need, len(plain) + start + 1)
            self.self_loss = plain[need[start : start + len(plain)]]
        need = _padded(need, len(self.ids))[: len(self.ids)]
        self.ids, self.where = self.ids[need], self.where[need]
        return end - int((~need[:end]).sum())


def _padded(need: np.ndarray, length: int) -> np.ndarray:
    missing = max(0, length - len(need))
    return np.concatenate([need, np.ones(missing, bool)])


def iterate(
    ids: Ids,
    ratios: Sequence[Sequence[tuple[int, float]]],
    losses: Losses,
    plain: Losses | None = None,
    start: int = 0,
    size: int = SIZE,
) -> tuple[np.ndarray, Floats]:
    """``iterative_compress_prompt``: places of the tokens kept behind ``start``, and their losses.

    ``plain`` gives the losses without the question, which are the first
    ``start`` tokens of ``ids``.
    """
    state = _State(ids, start)
    end = min(size + start, len(ids))
    past = 0
    for index, pieces in enumerate(ratios):
        if end > len(state.ids):
            break  # the last window stays as it is
        stop = end if index else len(state.ids)
        new = losses(state.ids, past, stop)
        if not len(new):
            break
        state.loss = _placed(state.loss, new, past, end - 1) if index else new
        if plain is not None:
            there = max(past - start, 0)
            own = plain(state.ids[start:], there, stop - start)
            old = state.self_loss if index else None
            state.self_loss = own if old is None else _placed(old, own, there, end - start - 1)
        past = end - size if index else 0
        for length, rate in pieces:
            end = state.prune(end - size + length, length, rate) + size
    scores = np.concatenate([state.loss, np.zeros(len(state.ids))])[: len(state.ids)]
    return state.where[start:] - start, scores[start:]


def _placed(old: Floats, new: Floats, at: int, end: int) -> Floats:
    """``old`` with ``new`` at ``at:end``, lengthened where it is too short."""
    out = np.concatenate([old, np.zeros(max(0, end - len(old)))])
    out[at:end] = new
    return out


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
        return by_segment(task, scores)
    ranked = [i for i, _ in rank(past, texts, question)] if len(texts) > 1 else [0]
    pieces = _pieces(task, past, found, ranked, question, preset) if found else []
    order = sorted(range(len(pieces)), key=lambda i: (-pieces[i].score, i))

    def select(wanted: Task) -> Selection:
        fit = wanted.fit()
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
