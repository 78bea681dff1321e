"""One llama.cpp context: numpy-backed batches, checked before C can abort on them."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import EngineError, ModelError
from . import capi
from .model import Model
from .placement.shape import CACHE_IDS, Shape

MEAN_POOLING = 1


class Context:
    """A context over ``model``.

    ``n_ctx`` cells in all, ``n_batch`` tokens a decode (one micro-batch: llama.cpp
    reads logits without copying then), ``n_seq`` sequences. ``unified`` shares
    the cells between sequences. ``outputs`` bounds the rows whose logits are
    asked for in one decode (0: all), which bounds the compute buffer. ``cache``
    is the type of keys and values (``shape.CACHE_IDS``). ``greedy`` picks the
    likeliest token of each flagged row where the model is (``sampled``), at most
    one row a sequence; its logits then stay there.
    Raises ModelError where memory does not suffice.
    """

    @classmethod
    def of(cls, model: Model, shape: Shape, threads: int = 0, greedy: bool = False) -> Context:
        """A context of ``shape`` (one of ``shape.contexts``)."""
        return cls(
            model,
            n_ctx=shape.n_ctx,
            n_batch=shape.n_batch,
            n_seq=shape.n_seq,
            unified=shape.unified,
            outputs=shape.outputs,
            threads=threads,
            pooling=shape.pooling,
            cache=shape.cache,
            greedy=greedy,
        )

    def __init__(
        self,
        model: Model,
        *,
        n_ctx: int,
        n_batch: int = 512,
        n_seq: int = 1,
        unified: bool = True,
        outputs: int = 0,
        threads: int = 0,
        pooling: int | None = None,
        cache: str = "f16",
        greedy: bool = False,
    ) -> None:
        if model.vocab_only:  # llama.cpp would abort
            raise EngineError(f"{model.path.name} was opened for its vocabulary alone")
        c = self._c = capi.library()
        self.model = model
        threads = threads or capi.usable_cores()
        params = c.llama_context_default_params()
        params.n_ctx = n_ctx
        params.n_batch = params.n_ubatch = n_batch
        params.n_seq_max = n_seq
        params.n_threads = params.n_threads_batch = threads
        params.kv_unified = unified
        params.swa_full = False
        params.no_perf = True
        params.type_k = params.type_v = CACHE_IDS[cache]
        if outputs:
            params.n_outputs_max = max(outputs, n_seq)
        if pooling is not None:
            params.embeddings = True
            params.pooling_type = pooling
        self.greedy = greedy
        self._chains: list[Any] = []
        if greedy:
            self._samplers = self._greedy_chains(n_seq)
            params.samplers, params.n_samplers = self._samplers, n_seq
        capi.log_mark()
        self.handle = c.llama_init_from_model(model.handle, params)
        if not self.handle:
            raise ModelError(
                f"no context of {n_ctx} tokens for {model.path.name}: "
                f"{capi.log_reason() or 'llama.cpp gave no reason'}",
                hint="a smaller model or fewer --gpu-layers needs less memory",
                kind="memory",
            )
        model.put_loras_on(self.handle)
        self.memory = c.llama_get_memory(self.handle)
        self.n_batch = n_batch
        self.n_ctx = int(c.llama_n_ctx(self.handle))
        self.n_seq = n_seq
        self.max_outputs = outputs or n_batch
        self._make_batch(n_batch)

    def _greedy_chains(self, count: int) -> Any:
        c = self._c
        configs = (c.llama_sampler_seq_config * count)()
        for sequence in range(count):
            chain = c.llama_sampler_chain_init(c.llama_sampler_chain_default_params())
            c.llama_sampler_chain_add(chain, c.llama_sampler_init_greedy())
            self._chains.append(chain)
            configs[sequence].seq_id = sequence
            configs[sequence].sampler = ctypes.cast(chain, ctypes.c_void_p)
        return configs

    def _make_batch(self, size: int) -> None:
        self._tokens = np.zeros(size, np.int32)
        self._positions = np.zeros(size, np.int32)
        self._sequences = np.zeros(size, np.int32)
        self._outputs = np.zeros(size, np.int8)
        self._one = np.ones(size, np.int32)
        # seq_id is an array of pointers, one into _sequences for each token.
        self._pointers = self._sequences.ctypes.data + 4 * np.arange(size, dtype=np.uintp)
        self._pointers = self._pointers.astype(np.uintp)
        int_p = ctypes.POINTER(ctypes.c_int32)
        batch = self._c.llama_batch()
        batch.token = self._tokens.ctypes.data_as(int_p)
        batch.embd = None
        batch.pos = self._positions.ctypes.data_as(int_p)
        batch.n_seq_id = self._one.ctypes.data_as(int_p)
        batch.seq_id = self._pointers.ctypes.data_as(ctypes.POINTER(int_p))
        batch.logits = self._outputs.ctypes.data_as(ctypes.POINTER(ctypes.c_int8))
        self._batch = batch

    def close(self) -> None:
        if self.handle:
            self._c.llama_free(self.handle)
            self.handle = None
            for chain in self._chains:  # the context used them, and is gone
                self._c.llama_sampler_free(chain)
            self._chains = []

    def __enter__(self) -> Context:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def use_threads(self, count: int) -> None:
        self._c.llama_set_n_threads(self.handle, count, count)

    def clear(self) -> None:
        """Forget all sequences (the cells keep their bytes: clearing is free)."""
        self._c.llama_memory_clear(self.memory, False)

    def copy_sequence(self, source: int, target: int) -> None:
        """Let ``target`` begin with all of ``source`` (shared cells in a unified context)."""
        self._c.llama_memory_seq_cp(self.memory, source, target, -1, -1)

    def drop_sequence(self, sequence: int) -> None:
        self._c.llama_memory_seq_rm(self.memory, sequence, -1, -1)

    def drop_range(self, sequence: int, start: int, end: int) -> None:
        """Forget positions ``start:end`` of a sequence; not for models that keep state."""
        self._c.llama_memory_seq_rm(self.memory, sequence, start, end)

    def decode(
        self,
        tokens: npt.ArrayLike,
        positions: npt.ArrayLike,
        sequences: npt.ArrayLike,
        outputs: npt.ArrayLike,
    ) -> None:
        """Run one batch. ``outputs`` flags the rows whose logits are wanted.

        Raises EngineError instead of letting llama.cpp abort the process.
        """
        count = self._fill(tokens, positions, sequences, outputs)
        code = self._c.llama_decode(self.handle, self._batch)
        if code:
            raise EngineError(
                f"llama.cpp could not decode a batch of {count} tokens (code {code})"
                + (": its cache is full" if code == 1 else "")
            )

    def encode(self, tokens: npt.ArrayLike, positions: npt.ArrayLike, seqs: npt.ArrayLike) -> None:
        """Run one batch through an encoder."""
        count = self._fill(tokens, positions, seqs, 1)
        if code := self._c.llama_encode(self.handle, self._batch):
            raise EngineError(f"llama.cpp could not encode {count} tokens (code {code})")

    def _fill(self, tokens: Any, positions: Any, sequences: Any, outputs: Any) -> int:
        count = len(tokens)
        if not 0 < count <= self.n_batch:
            raise EngineError(f"a batch of {count} tokens does not fit {self.n_batch}")
        self._tokens[:count] = tokens
        self._positions[:count] = positions
        self._sequences[:count] = sequences
        self._outputs[:count] = outputs
        used = self._tokens[:count]
        if used.min() < 0 or used.max() >= self.model.n_vocab:
            raise EngineError("a token id is outside the model's vocabulary")
        if self._sequences[:count].max() >= self.n_seq:
            raise EngineError("a sequence id is outside the context's sequences")
        if int(self._outputs[:count].sum()) > max(self.max_outputs, self.n_seq):
            raise EngineError(f"more than {self.max_outputs} rows of logits asked for")
        self._batch.n_tokens = count
        return count

    def logits(self, rows: int) -> npt.NDArray[np.float32]:
        """The flagged rows' logits in batch order, ``(rows, n_vocab)``.

        A view of llama.cpp's memory, valid until the next decode.
        """
        pointer = self._c.llama_get_logits(self.handle)
        return np.ctypeslib.as_array(pointer, shape=(rows, self.model.n_vocab))

    def sampled(self, rows: npt.ArrayLike) -> npt.NDArray[np.int32]:
        """The likeliest tokens behind ``rows`` of the last batch; only if ``greedy``."""
        found = [self._c.llama_get_sampled_token_ith(self.handle, int(r)) for r in np.asarray(rows)]
        if min(found, default=0) < 0:
            raise EngineError("llama.cpp sampled nothing behind a row that was asked for")
        return np.asarray(found, np.int32)

    def pooled(self, sequence: int, width: int) -> npt.NDArray[np.float32]:
        """The pooled embedding of one sequence, ``(width,)``; a view."""
        pointer = self._c.llama_get_embeddings_seq(self.handle, sequence)
        return np.ctypeslib.as_array(pointer, shape=(width,))
