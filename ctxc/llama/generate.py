"""Greedy text from many prompts at once, freely or along a lattice of words.

Not here: what runs beside what (``batching``), the choice between words
(``lattice``), sampling other than greedy, chat templates (``chat``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..errors import EngineError
from .batching import Run, Slot
from .context import Context
from .lattice import Lattice, LatticeRun, Path
from .model import Ids, Model
from .placement.shape import Shape
from .score import reduce_nll

BATCH = 512  # tokens of one decode: short enough that Ctrl-C is served between two
CELLS = 8192  # of the shared cache; a prompt that needs more gets a cache of its own size
_WIDE = 8  # on a CPU fewer sequences than this can be slower than one (engine.md, 1b)
_WIDEST = 16
# Formats whose matrix products gain from every further row.
_ROW_WISE = ("BF16", "F16", "F32", "Q4_0")
_LONGEST_PERIOD = 48


@dataclass(frozen=True, slots=True)
class Generation:
    """What a model wrote behind one prompt.

    ``finish_reason``: "end" (the model's end token), "stop" (a stop string,
    which is not in ``text``), "length", or "loop" (it repeated itself; only
    the first round is in ``text``). ``mean_logprob`` is that of ``ids`` in
    nats per token, ``least_logprob`` that of the least likely of them; 0.0 where
    there are none, nan where it was not asked for and the device sampled.
    """

    text: str
    ids: tuple[int, ...]
    finish_reason: str
    mean_logprob: float
    least_logprob: float


@dataclass(slots=True)
class _Sequence(Slot):
    """A prompt in work, and what is behind it so far."""

    limit: int
    out: list[int] = field(default_factory=list)
    raw: bytearray = field(default_factory=bytearray)
    loss: float = 0.0
    most_loss: float = 0.0


class Generator:
    """Generates with one model; the context is kept and grows when a prompt needs it.

    ``on_device`` picks tokens where the model is, when nobody asks for
    log-probabilities: by default on a GPU, where it saves copying a row of logits
    for each token.
    """

    def __init__(
        self,
        model: Model,
        *,
        threads: int = 0,
        shape: Shape | None = None,
        on_device: bool | None = None,
    ) -> None:
        self.model = model
        self._on_device = bool(model.gpu_layers) if on_device is None else on_device
        self._threads = threads
        self._shape = shape or Shape(
            min(CELLS, model.context_length), BATCH, _WIDEST + 1, True, _WIDEST + 1
        )
        self._context: Context | None = None

    def close(self) -> None:
        if self._context is not None:
            self._context.close()
            self._context = None

    def generate(
        self,
        prefix: Ids,
        prompts: Sequence[Ids],
        *,
        max_tokens: int,
        stop: Sequence[str] = (),
        advance: Callable[[float], None] = lambda _: None,
        width: int | None = None,
        logprobs: bool = True,
    ) -> list[Generation]:
        """One generation for each prompt, in order; each is behind ``prefix``.

        At most ``max_tokens`` each. ``advance(1)`` is called for each that is
        done; ``width`` overrides how many run at once. Raises EngineError
        where a prompt with its answer exceeds the model's context.
        """
        done: dict[int, Generation] = {}
        found = self.stream(prefix, prompts, max_tokens, stop, width, logprobs)
        for index, generation in found:
            done[index] = generation
            advance(1)
        return [done[index] for index in range(len(prompts))]

    def stream(
        self,
        prefix: Ids,
        prompts: Sequence[Ids],
        max_tokens: int,
        stop: Sequence[str] = (),
        width: int | None = None,
        logprobs: bool = True,
    ) -> Iterator[tuple[int, Generation]]:
        """``generate``, one by one as they end: index into ``prompts``, and what was written."""
        if not prompts:
            return
        prefix, prompts = _never_empty(self.model, prefix, prompts)
        greedy = self._on_device and not logprobs
        context, width = self._ready(prefix, prompts, max_tokens, width, greedy)
        run = _Run(context, [s.encode() for s in stop], prefix)
        work = [
            _Sequence(i, [int(t) for t in p], len(prefix), max_tokens)
            for i, p in enumerate(prompts)
        ]
        yield from run.all(work, width)

    def paths(
        self,
        prefix: Ids,
        prompts: Sequence[Ids],
        lattices: Sequence[Lattice],
        *,
        advance: Callable[[float], None] = lambda _: None,
        width: int | None = None,
    ) -> list[Path]:
        """The path through ``lattices[i]`` that the model takes behind ``prompts[i]``.

        Otherwise as ``generate``.
        """
        done: dict[int, Path] = {}
        for index, path in self.stream_paths(prefix, prompts, lattices, width):
            done[index] = path
            advance(1)
        return [done[index] for index in range(len(prompts))]

    def stream_paths(
        self,
        prefix: Ids,
        prompts: Sequence[Ids],
        lattices: Sequence[Lattice],
        width: int | None = None,
    ) -> Iterator[tuple[int, Path]]:
        """``paths``, one by one as they end."""
        if not prompts:
            return
        prefix, prompts = _never_empty(self.model, prefix, prompts)
        room = max(lattice.tokens for lattice in lattices)
        context, width = self._ready(prefix, prompts, room, width, False)
        run = LatticeRun(context, prefix)
        yield from run.all(run.work(prompts, lattices, len(prefix)), width)

    def _ready(
        self, prefix: Ids, prompts: Sequence[Ids], room: int, width: int | None, greedy: bool
    ) -> tuple[Context, int]:
        """A context for ``prompts`` with ``room`` tokens behind each, and how many run at once."""
        longest = max(len(p) for p in prompts) + room
        if len(prefix) + longest > self.model.context_length:
            raise EngineError(
                f"{self.model.path.name} takes {self.model.context_length} tokens, and a prompt of "
                f"{len(prefix) + longest - room} with {room} to write needs more"
            )
        width = width or self._width(len(prompts), len(prefix), longest)
        return self._open(len(prefix) + width * longest, width, greedy), width

    def _width(self, count: int, shared: int, longest: int) -> int:
        """How many sequences of ``longest`` tokens run at once beside a prefix of ``shared``."""
        room = (self._shape.n_ctx - shared) // longest
        fits = max(1, min(self._shape.n_seq - 1, room))
        wide = min(count, fits)
        if wide < _WIDE and not self.model.gpu_layers and not self._gains_by_row():
            return 1
        return wide

    def _gains_by_row(self) -> bool:
        import ctypes

        buffer = ctypes.create_string_buffer(128)
        self.model._c.llama_model_desc(self.model.handle, buffer, len(buffer))
        return buffer.value.decode("utf-8", "replace").split(" - ")[0].split()[-1] in _ROW_WISE

    def _open(self, cells: int, width: int, greedy: bool = False) -> Context:
        """A context with room for ``cells`` tokens and ``width`` sequences beside the prefix's."""
        cells = -(-max(cells, self._shape.n_ctx) // 256) * 256
        held = self._context
        small = held is None or held.n_ctx < cells or held.n_seq < width + 1
        if held is None or small or held.greedy != greedy:
            self.close()
            count = max(width, min(_WIDE, self._shape.n_seq - 1)) + 1
            shape = replace(
                self._shape, n_ctx=cells, n_seq=count, outputs=max(count, self._shape.outputs)
            )
            self._context = Context.of(self.model, shape, self._threads, greedy)
        assert self._context is not None
        return self._context


def _never_empty(model: Model, prefix: Ids, prompts: Sequence[Ids]) -> tuple[Ids, list[Ids]]:
    """A prefix of at least one token, and prompts of at least one each."""
    if not all(len(p) for p in prompts):
        if not len(prefix):
            raise EngineError("there is nothing to generate from: the prompt is empty")
        prefix, tail = prefix[:-1], prefix[-1:]
        prompts = [np.concatenate((tail, p)) for p in prompts]
    if not len(prefix):
        prefix = np.array([model.start_token], np.int32)
    return prefix, list(prompts)


class _Run(Run[_Sequence, Generation]):
    """One call of ``Generator.generate``."""

    def __init__(self, context: Context, stop: list[bytes], prefix: Ids) -> None:
        super().__init__(context, prefix)
        self._stop = stop

    def _read(self, writing: list[_Sequence], rows: list[int]) -> list[Generation | None]:
        if self.context.greedy:
            best = self.context.sampled(rows)
            loss = np.full(len(rows), np.nan, np.float32)
        else:
            logits = self.context.logits(len(rows))
            best = logits.argmax(axis=1).astype(np.int32)
            loss = reduce_nll(logits, best)
        return [
            self._take(sequence, int(best[i]), float(loss[i])) for i, sequence in enumerate(writing)
        ]

    def _take(self, sequence: _Sequence, token: int, loss: float) -> Generation | None:
        """Add one token; the generation if that ended it."""
        model = self.context.model
        if model.is_end(token) or model._c.llama_vocab_is_control(model.vocab, token):
            return _finish(sequence, bytes(sequence.raw), "end")
        sequence.out.append(token)
        sequence.loss += loss
        sequence.most_loss = max(loss, sequence.most_loss)  # nan stays: it is not less
        before = len(sequence.raw)
        sequence.raw += model.pieces[token]
        for stop in self._stop:
            # Only what is new can complete a stop string.
            at = sequence.raw.find(stop, max(0, before - len(stop)))
            if at >= 0:
                return _finish(sequence, bytes(sequence.raw[:at]), "stop")
        if len(sequence.out) % 8 == 0 and (period := _period(sequence.out)):
            kept = _before_loop(sequence.out, period)
            return _finish(sequence, b"".join(model.pieces[t] for t in kept), "loop")
        if len(sequence.out) >= sequence.limit:
            return _finish(sequence, bytes(sequence.raw), "length")
        sequence.pending.append(token)
        return None


def _finish(sequence: _Sequence, raw: bytes, reason: str) -> Generation:
    # A character cut in half at the end (or by a byte token) is dropped, never replaced.
    mean = -sequence.loss / len(sequence.out) if sequence.out else 0.0
    text, ids = raw.decode("utf-8", "ignore"), tuple(sequence.out)
    return Generation(text, ids, reason, mean, -sequence.most_loss)


def _period(ids: list[int]) -> int:
    """The period in which the end of ``ids`` repeats, or 0.

    At least three rounds and 24 tokens of it: a table's column may well repeat twice.

    >>> _period([1, 2, 3] + [7, 8] * 12), _period(list(range(40)))
    (2, 0)
    """
    for period in range(1, _LONGEST_PERIOD + 1):
        span = period * max(3, -(-24 // period))
        if len(ids) < span:
            if period * 3 > len(ids):
                break
            continue
        tail = ids[-span:]
        if tail[period:] == tail[:-period]:
            return period
    return 0


def _before_loop(ids: list[int], period: int) -> list[int]:
    """``ids`` up to the end of the loop's first round."""
    end = len(ids)
    while end > period and ids[end - 1] == ids[end - 1 - period]:
        end -= 1
    return ids[:end]
