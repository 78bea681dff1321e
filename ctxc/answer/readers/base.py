"""What every reader takes and gives."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from ...errors import CtxcError, UsageError
from ...llama.adapters import Lora

Finish = Literal["end", "length", "loop", "refused"]
Listen = Callable[[str], None]
"""Called with each piece of the reply as it is written; with "" where a reply begins anew."""


def deaf(_: str) -> None:
    """A listener that does nothing."""


class ReaderError(CtxcError):
    """A reader did not answer one question; a batch goes on.

    ``kind``: "reader", or "window" where the prompt was too long for it, or
    "access" where it will not answer anything (a wrong key, no such model).
    """

    exit_code = 1
    kind = "reader"

    def __init__(self, message: str, *, hint: str = "", kind: str = "") -> None:
        super().__init__(message, hint=hint, kind=kind)
        if kind == "access":
            self.exit_code = 2  # what is wrong is the key or the name, not the question


@dataclass(frozen=True, slots=True)
class ReaderSettings:
    """What the user decides about readers.

    ``window``: tokens of prompt and reply together (None: what the model says
    of itself, unlimited where it says nothing). ``timeout`` in seconds is for
    one attempt, ``retries`` how many follow the first. ``loras`` are adapters of the
    reader called ``adapted``.
    """

    max_tokens: int = 256
    window: int | None = None
    timeout: float = 120.0
    retries: int = 3
    threads: int = 0
    gpu_layers: str = "auto"
    loras: tuple[Lora, ...] = ()
    adapted: str = ""

    def __post_init__(self) -> None:
        checks: tuple[tuple[str, float, bool, str], ...] = (
            ("--max-tokens", self.max_tokens, self.max_tokens >= 1, "at least 1"),
            ("--window", self.window or 1, (self.window or 1) >= 1, "at least 1"),
            ("--timeout", self.timeout, 0 < self.timeout < math.inf, "above 0"),
            ("--retries", self.retries, self.retries >= 0, "at least 0"),
        )
        for name, value, good, bounds in checks:
            if not good:
                raise UsageError(f"{name} must be {bounds}, not {value:g}")


@dataclass(frozen=True, slots=True)
class Ask:
    """A prompt: ``instruction``, then ``body`` (the passages), then ``closing`` (the question).

    Nothing in any of them is ever taken for a special token.
    """

    instruction: str
    body: str
    closing: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a reader wrote.

    ``mean_logprob`` is in nats per written token, ``least_logprob`` that of the
    least likely token, None where the reader does not tell. ``seconds`` are all,
    ``reading`` those until the first token.
    ``counted`` is false where the token numbers are estimates.
    """

    text: str
    prompt_tokens: int
    reply_tokens: int
    mean_logprob: float | None
    seconds: float
    reading: float
    finish: Finish = "end"
    counted: bool = True
    least_logprob: float | None = None


class Reader(Protocol):
    """``window`` as in ``ReaderSettings``; ``local``: it runs on this machine.

    ``cites``: it can be asked to cite and to quote beside answering.
    """

    name: str
    local: bool

    @property
    def cites(self) -> bool: ...

    @property
    def window(self) -> int | None: ...

    def count(self, ask: Ask) -> int:
        """The prompt's tokens, at least nearly."""
        ...

    def answer(self, ask: Ask, listen: Listen = deaf) -> Reply:
        """The reply. Raises ReaderError; ModelError for a model that does not open."""
        ...

    def rest(self) -> None:
        """Give memory back that another model may need; the next ``answer`` takes it again."""
        ...

    def close(self) -> None: ...
