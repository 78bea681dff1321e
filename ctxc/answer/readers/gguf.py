"""A reader in this process: any GGUF model, greedy, so the same prompt gives the same answer."""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import EngineError, ModelError, UsageError
from ...llama.adapters import Lora
from ...llama.runtime import Runtime, RuntimeOptions
from .base import Ask, Listen, ReaderError, ReaderSettings, Reply, deaf

if TYPE_CHECKING:
    from ...llama.chat import Prompt
    from ...llama.model import Model
    from ...llama.reply import Replier

# Parameters. Asked to cite as well, a model of 0.5B got 2 of 10 answers right instead of 6; told
# that it may abstain, one of 1.5B abstained from 14 questions of 20 (tests/bench/bench_answer.py).
_CITES_FROM = 2_000_000_000


class GgufReader:
    """The model called ``model`` ("": the one stage one uses), in its own chat format.

    It shares stage one's weights where it is the same model without ``loras`` of its own.
    Where it is another one and both want the GPU, stage one's goes first (``in_turn``).
    """

    local = True

    def __init__(
        self,
        model: str,
        settings: ReaderSettings,
        stage_one: Runtime,
        in_turn: bool = False,
        loras: tuple[Lora, ...] = (),
    ) -> None:
        self._settings = settings
        self._stage_one = stage_one
        self._in_turn = in_turn
        own = stage_one.options
        self._shared = (not model or model == own.model) and loras == own.loras
        self._runtime = (
            stage_one
            if self._shared
            else Runtime(
                RuntimeOptions(
                    model or own.model,
                    settings.threads,
                    settings.gpu_layers,
                    own.gpu,
                    loras=loras,
                )
            )
        )
        self.name = self._runtime.model_name()
        self._replier: Replier | None = None
        self._replies_for: Model | None = None
        self._in_worker = False

    @cached_property
    def cites(self) -> bool:
        from ...models.gguf import read

        return read(self._runtime.model_path()).parameters >= _CITES_FROM

    @property
    def window(self) -> int | None:
        own = self._runtime.lm().context_length
        return min(own, self._settings.window or own)

    def count(self, ask: Ask) -> int:
        prefix, own = self._ids(ask)
        return len(prefix) + len(own)

    def answer(self, ask: Ask, listen: Listen = deaf) -> Reply:
        begun = time.perf_counter()
        prefix, own = self._ids(ask)
        try:
            text, tokens, sure, finish, reading = self._written(prefix, own, listen)
        except (ModelError, UsageError):
            raise
        except EngineError as error:
            window = len(prefix) + len(own) + self._settings.max_tokens > (self.window or 0)
            kind = "window" if window else "reader"
            raise ReaderError(f"the reader {self.name}: {error.message}", kind=kind) from None
        from ...llama.chat import without_thoughts

        return Reply(
            text=without_thoughts(text).strip(),
            prompt_tokens=len(prefix) + len(own),
            reply_tokens=tokens,
            mean_logprob=sure[0] if tokens else None,
            least_logprob=sure[1] if tokens else None,
            seconds=time.perf_counter() - begun,
            reading=reading,
            finish=finish,
        )

    def _written(self, prefix: Any, own: Any, listen: Listen) -> tuple[Any, ...]:
        """Text, tokens, mean and least log-probability, how it ended, seconds to its first."""
        from ...llama.generate import Generator

        generator = self._runtime.generator()
        limit = self._settings.max_tokens
        if isinstance(generator, Generator):
            said = self._one_by_one().reply(np.concatenate((prefix, own)), limit, _spoken(listen))
            sure = said.mean_logprob, said.least_logprob
            return said.text, said.tokens, sure, said.finish, said.reading
        if self._in_turn and not self._shared:
            self._stage_one.close()  # it opens again when it is next asked
        self._in_worker = True
        # A worker survives a GPU that runs out of memory, and hands out whole texts.
        begun = time.perf_counter()
        found = generator.generate(prefix, [own], max_tokens=limit)[0]
        listen(found.text)
        finish = "end" if found.finish_reason == "stop" else found.finish_reason
        seconds = time.perf_counter() - begun
        sure = found.mean_logprob, found.least_logprob
        return found.text, len(found.ids), sure, finish, seconds

    def _one_by_one(self) -> Replier:
        from ...llama.reply import Replier

        model = self._runtime.lm()
        if self._replier is None or self._replies_for is not model:
            self._forget()
            threads = self._runtime.options.threads
            self._replier, self._replies_for = Replier(model, threads=threads), model
        return self._replier

    def _ids(self, ask: Ask) -> tuple[Any, Any]:
        from ...llama.chat import prompt

        model = self._runtime.lm()
        made: Prompt = prompt(model, ask.instruction, ask.closing)
        return made.prefix, made.own(model, ask.body)

    def _forget(self) -> None:
        if self._replier is not None:
            self._replier.close()
        self._replier = self._replies_for = None

    def rest(self) -> None:
        """Free what a GPU holds for it; on a CPU both models stay open."""
        if not self._shared and self._in_worker:
            self.close()

    def close(self) -> None:
        self._forget()
        if not self._shared:
            self._runtime.close()


def _spoken(listen: Listen) -> Listen:
    """``listen`` without a thought in front of the reply, which is no part of it."""
    held = ""
    open_ = True

    def take(piece: str) -> None:
        nonlocal held, open_
        if not open_:
            listen(piece)
            return
        held += piece
        head = held.lstrip()
        if head.startswith("<think"):
            _, ended, rest = held.partition("</think")
            if ended and ">" in rest:
                held, open_ = "", False
                listen(rest.partition(">")[2].lstrip())
        elif head and not "<think".startswith(head):
            open_ = False
            listen(head)

    return take
