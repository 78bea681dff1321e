"""LLMLingua 0.2.2 as published, on GGUF logits: what the engines are compared with.

Losses and ranks come from a model; budget, ratios, windows and thresholds need none.

``iterate`` follows ``PromptCompressor.iterative_compress_prompt`` step by
step, so that the same losses give the same tokens:

* a token is kept when the loss of the token *behind* it is above the threshold;
* the threshold is a quantile over everything in memory: what was kept so far,
  the window, and losses of the text ahead that the first pass left behind;
* the last window, and any text of fewer tokens than a window, is never pruned.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from ctxc.engines.likelihood import RESTRICTION
from ctxc.llama.incremental import Past
from ctxc.llama.model import Ids
from ctxc.selection.prefix import Floats

SIZE = 200  # iterative_size
SPARE = 100  # context_budget="+100"

Losses = Callable[[Ids, int, int], Floats]
"""``(ids, past, end)``: NLL of ``ids[past + 1 : end]`` given all before them."""


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
