"""Stand-ins with the methods of ``Scorer``, ``Encoder``, ``Generator`` and ``Past``.

The work is done by a worker; tokenising is done here, by a model opened for its
vocabulary alone. What a worker finished is kept when it dies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...models.gguf import read
from ..generate import Generation
from ..lattice import Lattice
from ..lattice import Path as Chosen
from ..model import Ids, Model
from ..score import Floats
from .serve import LOST
from .supervisor import Supervisor

Advance = Callable[[float], None]


def vocabulary(path: Path) -> Model:
    """The model at ``path`` without weights, with what its header says of the rest."""
    header = read(path)
    model = Model(path, vocab_only=True)
    # llama.cpp reads these only with the weights.
    model.context_length = header.context_length
    model.n_embd = header.embedding_length
    model.keeps_state = header.is_recurrent or header.is_hybrid
    return model


class RemoteScorer:
    """``Scorer`` in a worker."""

    def __init__(self, model: Model, worker: Supervisor) -> None:
        self.model = model
        self._worker = worker

    def close(self) -> None:
        pass  # the worker is closed once, by whoever started it

    def nll(self, ids: Ids, advance: Advance = lambda _: None) -> Floats:
        """As ``Scorer.nll``; after a death it goes on behind the last window that came back."""
        out = np.empty(len(ids), np.float32)
        done = 0

        def take(piece: tuple[int, Floats]) -> None:
            nonlocal done
            start, values = piece
            out[start : start + len(values)] = values
            done = start + len(values)
            advance(len(values))

        self._worker.run("scorer", "stream", lambda: (ids, done) if done < len(ids) else None, take)
        return out

    def conditional(self, pairs: Sequence[tuple[Ids, Ids]]) -> list[Floats]:
        """As ``Scorer.conditional``."""
        results: list[Floats] = [np.empty(0, np.float32)] * len(pairs)
        _indexed(self._worker, "scorer", "stream_pairs", pairs, results.__setitem__)
        return results


class RemoteEncoder:
    """``Encoder`` in a worker."""

    def __init__(self, model: Model, worker: Supervisor) -> None:
        self.model = model
        self.width = model.n_embd
        self._worker = worker

    def close(self) -> None:
        pass

    def embed(
        self, texts: Sequence[str], advance: Advance = lambda _: None
    ) -> npt.NDArray[np.float32]:
        """As ``Encoder.embed``."""
        vectors = np.zeros((len(texts), self.width), np.float32)

        def keep(index: int, vector: npt.NDArray[np.float32]) -> None:
            vectors[index] = vector
            advance(1)

        _indexed(self._worker, "encoder", "stream", texts, keep)
        return vectors


class RemoteGenerator:
    """``Generator`` in a worker."""

    def __init__(self, model: Model, worker: Supervisor) -> None:
        self.model = model
        self._worker = worker

    def close(self) -> None:
        pass

    def generate(
        self,
        prefix: Ids,
        prompts: Sequence[Ids],
        *,
        max_tokens: int,
        stop: Sequence[str] = (),
        advance: Advance = lambda _: None,
        width: int | None = None,
        logprobs: bool = True,
    ) -> list[Generation]:
        """As ``Generator.generate``."""
        done: dict[int, Generation] = {}
        left: list[int] = []

        def remaining() -> tuple[Any, ...] | None:
            left[:] = [i for i in range(len(prompts)) if i not in done]
            wanted = [prompts[i] for i in left]
            return (prefix, wanted, max_tokens, tuple(stop), width, logprobs) if left else None

        def take(piece: tuple[int, Generation]) -> None:
            done[left[piece[0]]] = piece[1]
            advance(1)

        self._worker.run("generator", "stream", remaining, take)
        return [done[index] for index in range(len(prompts))]

    def paths(
        self,
        prefix: Ids,
        prompts: Sequence[Ids],
        lattices: Sequence[Lattice],
        *,
        advance: Advance = lambda _: None,
        width: int | None = None,
    ) -> list[Chosen]:
        """As ``Generator.paths``."""
        done: dict[int, Chosen] = {}
        left: list[int] = []

        def remaining() -> tuple[Any, ...] | None:
            left[:] = [i for i in range(len(prompts)) if i not in done]
            some = ([prompts[i] for i in left], [lattices[i] for i in left])
            return (prefix, *some, width) if left else None

        def take(piece: tuple[int, Chosen]) -> None:
            done[left[piece[0]]] = piece[1]
            advance(1)

        self._worker.run("generator", "stream_paths", remaining, take)
        return [done[index] for index in range(len(prompts))]


class RemotePast:
    """``Past`` in a worker: its texts are kept here too, and given to the next one."""

    def __init__(self, model: Model, worker: Supervisor, length: int = 1024) -> None:
        self.model = model
        self._worker = worker
        self._asked = length
        self._tokens: dict[int, list[int]] = {}
        self._epoch = -1
        self.length = length
        self.length = int(self._call(""))

    def close(self) -> None:
        pass

    def __enter__(self) -> RemotePast:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def size(self, sequence: int = 0) -> int:
        """How many tokens the text has so far."""
        return len(self._tokens.get(sequence, ()))

    def begin(self, ids: npt.ArrayLike, sequence: int = 0) -> None:
        """As ``Past.begin``."""
        first = [int(i) for i in np.asarray(ids)]
        self._call("begin", first, sequence)
        self._tokens[sequence] = first

    def append(self, ids: Ids, sequence: int = 0, scored: int | None = None) -> Floats:
        """As ``Past.append``."""
        found: Floats = self._call("append", ids, sequence, scored)
        self._tokens[sequence].extend(int(i) for i in ids)
        return found

    def cut(self, length: int, sequence: int = 0) -> None:
        """As ``Past.cut``."""
        self._call("cut", length, sequence)
        del self._tokens[sequence][max(1, length) :]

    def _call(self, job: str, *arguments: Any) -> Any:
        def remaining() -> tuple[Any, ...]:
            # A worker that has not seen these texts, or none yet, begins with them.
            fresh = self._worker.pid is None or self._worker.epoch != self._epoch
            sizes = {sequence: len(tokens) for sequence, tokens in self._tokens.items()}
            return (self._asked, dict(self._tokens) if fresh else {}, sizes, *arguments)

        value = self._worker.run("past", job, remaining)
        if isinstance(value, str) and value == LOST:
            self._epoch = -1
            value = self._worker.run("past", job, remaining)
        self._epoch = self._worker.epoch
        return value


def _indexed(
    worker: Supervisor,
    role: str,
    job: str,
    items: Sequence[Any],
    keep: Callable[[int, Any], None],
) -> None:
    """``job`` over ``items``; pieces are ``(indices, values)`` of what was sent."""
    waiting = dict.fromkeys(range(len(items)))  # in order
    sent: list[int] = []

    def remaining() -> tuple[Any, ...] | None:
        sent[:] = waiting
        return ([items[i] for i in sent],) if sent else None

    def take(piece: tuple[list[int], Sequence[Any]]) -> None:
        for index, value in zip(*piece, strict=True):
            keep(sent[index], value)
            del waiting[sent[index]]

    worker.run(role, job, remaining, take)
