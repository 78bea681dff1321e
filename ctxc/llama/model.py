"""A GGUF file's weights and vocabulary."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import EngineError, ModelError
from . import capi
from .adapters import Lora

Ids = npt.NDArray[np.int32]

_LOAD_MODE_NONE = 0


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the weights go.

    ``layers`` as in llama.cpp: 0 none, n the last n of all layers and the output,
    -1 all. ``devices`` are ggml's handles, ``split`` how many layers each takes;
    without devices llama.cpp chooses.
    """

    layers: int = 0
    devices: tuple[int, ...] = ()
    split: tuple[int, ...] = ()


CPU = Placement()


class Model:
    """An open model. ``close`` it, or use it in a ``with`` statement.

    ``vocab_only`` loads no weights (for counting tokens), ``no_alloc`` opens a
    model that can only be measured. Raises ModelError where the file does not load.
    """

    def __init__(
        self,
        path: Path,
        *,
        placement: Placement = CPU,
        vocab_only: bool = False,
        no_alloc: bool = False,
    ) -> None:
        c = capi.library()
        self.path = Path(path)
        self._c = c
        params = c.llama_model_default_params()
        params.vocab_only = vocab_only
        self._place(params, placement)
        if no_alloc:
            params.no_alloc, params.load_mode = True, _LOAD_MODE_NONE
        capi.log_mark()
        self.handle = c.llama_model_load_from_file(str(path).encode(), params)
        if not self.handle:
            raise ModelError(
                f"{path} does not load: {capi.log_reason() or 'llama.cpp gave no reason'}",
                hint="ctxc models info FILE shows what the file says of itself",
                kind="memory" if placement.layers and "alloc" in capi.log_text() else "",
            )
        self.vocab = c.llama_model_get_vocab(self.handle)
        self.n_vocab: int = c.llama_vocab_n_tokens(self.vocab)
        self.gpu_layers = placement.layers
        self.vocab_only = vocab_only
        self._adapters: dict[Path, Any] = {}  # freed with the model, by llama.cpp
        self.loras: tuple[Lora, ...] = ()

    def _place(self, params: Any, placement: Placement) -> None:
        params.n_gpu_layers = placement.layers
        if placement.layers == 0 or placement.devices:
            # n_gpu_layers = 0 alone still takes VRAM for a CUDA context: name no device.
            handles = placement.devices if placement.layers else ()
            self._devices = (ctypes.c_void_p * (len(handles) + 1))(*handles)  # ends with NULL
            params.devices = ctypes.cast(self._devices, ctypes.c_void_p)
        if placement.split:
            room = self._c.llama_max_devices()
            self._split = (ctypes.c_float * room)(*placement.split)
            params.tensor_split = self._split

    def close(self) -> None:
        if self.handle:
            self._c.llama_model_free(self.handle)
            self.handle = None

    def use(self, loras: Sequence[Lora]) -> None:
        """Let contexts that are made from here on add ``loras`` (checked ones) to the weights.

        Contexts that are open keep what they had. Raises ModelError where llama.cpp refuses one.
        """
        for lora in loras:
            if lora.path not in self._adapters:
                capi.log_mark()
                handle = self._c.llama_adapter_lora_init(self.handle, str(lora.path).encode())
                if not handle:
                    reason = capi.log_reason() or "llama.cpp gave no reason"
                    raise ModelError(f"{lora.path}: not an adapter for this model: {reason}")
                self._adapters[lora.path] = handle
        self.loras = tuple(loras)

    def put_loras_on(self, context: Any) -> None:
        """Give a llama.cpp context the adapters in use. Raises ModelError."""
        if not self.loras:
            return
        count = len(self.loras)
        pointers = [self._adapters[lora.path] for lora in self.loras]
        handles = (self._c.llama_adapter_lora_p_ctypes * count)(*pointers)
        scales = (ctypes.c_float * count)(*(lora.scale for lora in self.loras))
        if self._c.llama_set_adapters_lora(context, handles, count, scales):
            raise ModelError(f"the adapters could not be put on {self.path.name}")

    def __enter__(self) -> Model:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def encode(self, text: str, *, special: bool = False) -> Ids:
        """Token ids of ``text``, no BOS added; special-token text is ordinary unless asked."""
        raw = text.encode("utf-8", "replace")
        ids = np.empty(len(raw) + 8, np.int32)
        count = self._tokenize(raw, ids, special)
        if -(1 << 31) < count < 0:  # more tokens than bytes: a space can be three of them
            ids = np.empty(-count, np.int32)
            count = self._tokenize(raw, ids, special)
        if count < 0:
            raise EngineError(f"the tokenizer of {self.path.name} failed on {len(raw)} bytes")
        return ids[:count].copy()

    def _tokenize(self, raw: bytes, ids: Ids, special: bool) -> int:
        """How many tokens were written to ``ids``; negative: how many there would be."""
        pointer = ids.ctypes.data_as(ctypes.POINTER(ctypes.c_int32))
        return int(
            self._c.llama_tokenize(self.vocab, raw, len(raw), pointer, len(ids), False, special)
        )

    @cached_property
    def pieces(self) -> list[bytes]:
        """The bytes of every token, by id."""
        buffer = ctypes.create_string_buffer(1024)
        pieces = []
        for token in range(self.n_vocab):
            size = self._c.llama_token_to_piece(self.vocab, token, buffer, len(buffer), 0, True)
            pieces.append(buffer.raw[:size] if size >= 0 else b"")
        return pieces

    def byte_offsets(self, raw: bytes, ids: Ids) -> npt.NDArray[np.int64]:
        """Where each token begins in ``raw`` and the last one ends: ``len(ids) + 1`` offsets.

        Vocabularies that put a space before the text, or that normalise it, are
        aligned greedily; a token that matches nothing gets no bytes.
        """
        lengths = np.fromiter((len(self.pieces[i]) for i in ids), np.int64, len(ids))
        offsets = np.concatenate(([0], np.cumsum(lengths)))
        if offsets[-1] == len(raw) and b"".join(self.pieces[i] for i in ids) == raw:
            return offsets
        return _align(raw, [self.pieces[i] for i in ids])

    @cached_property
    def start_token(self) -> int:
        """What a text is put behind, so that its first token has a probability too.

        The vocabulary's BOS where the model wants one, else the end-of-text
        token that separates documents in training.
        """
        c = self._c
        bos, eos = c.llama_vocab_bos(self.vocab), c.llama_vocab_eos(self.vocab)
        if c.llama_vocab_get_add_bos(self.vocab) and bos >= 0:
            return int(bos)
        end_of_text = self.encode("<|endoftext|>", special=True)
        if len(end_of_text) == 1:
            return int(end_of_text[0])
        return int(eos if eos >= 0 else max(bos, 0))

    def is_end(self, token: int) -> bool:
        """Whether ``token`` ends a generation."""
        return bool(self._c.llama_vocab_is_eog(self.vocab, token))

    @cached_property
    def line_ends(self) -> list[int]:
        """Tokens that end a line or the text."""
        ends = [i for i in range(self.n_vocab) if self.is_end(i)]
        return [*(int(t) for t in self.encode("\n")[-1:]), *ends]

    @cached_property
    def context_length(self) -> int:
        """The context the model was trained with, in tokens."""
        return int(self._c.llama_model_n_ctx_train(self.handle))

    @cached_property
    def n_embd(self) -> int:
        return int(self._c.llama_model_n_embd(self.handle))

    @cached_property
    def keeps_state(self) -> bool:
        """Recurrent or hybrid: the cache cannot be cut in the middle."""
        c = self._c
        return bool(c.llama_model_is_recurrent(self.handle) or c.llama_model_is_hybrid(self.handle))

    @cached_property
    def chat_template(self) -> str | None:
        """The Jinja text of the model's chat template, or None for a base model."""
        text = self._c.llama_model_chat_template(self.handle, None)
        return text.decode("utf-8", "replace") if text else None


def _align(raw: bytes, pieces: list[bytes]) -> npt.NDArray[np.int64]:
    """Offsets of ``pieces`` in ``raw``, in order, skipping what does not match.

    >>> _align(b"ab c", [b" ab", b" c"]).tolist()
    [0, 2, 4]
    """
    offsets = [0]
    at = 0
    for piece in pieces:
        stripped = piece.lstrip(b" ")
        if raw.startswith(piece, at):
            at += len(piece)
        elif stripped and (found := raw.find(stripped, at, at + len(piece) + 64)) >= 0:
            at = found + len(stripped)
        offsets.append(at)
    if pieces:
        offsets[-1] = len(raw)
    return np.asarray(offsets, np.int64)
