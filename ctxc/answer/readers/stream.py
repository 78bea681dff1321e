"""A streamed answer, put together; what is no answer is a ``Fault``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .base import Finish
from .faults import Fault

_MOST = 2_000_000
"""Characters of one reply: a server that never stops is stopped."""


@dataclass(frozen=True, slots=True)
class Collected:
    """``until_first``: seconds until the first piece; token numbers are 0 where not told."""

    text: str
    finish: Finish
    mean_logprob: float | None
    least_logprob: float | None
    prompt_tokens: int
    reply_tokens: int
    until_first: float


def collect(
    stream: Iterable[Any], take: Callable[[str], None], dropped: Callable[[], bool]
) -> Collected:
    """The whole reply; ``take`` gets its pieces as they come. Raises Fault for half of one."""
    begun = time.perf_counter()
    first = 0.0
    said: list[str] = []
    refusal: list[str] = []
    logprobs: list[float] = []
    finish = ""
    usage = (0, 0)
    size = 0
    for event in stream:
        if dropped():
            break
        piece, refused, ended = _piece(event)
        first = first or time.perf_counter() - begun
        finish = ended or finish
        usage = _usage(event) or usage
        logprobs += _logprobs(event)
        refusal.append(refused)
        if piece:
            said.append(piece)
            take(piece)
        size += len(piece)
        if size > _MOST:
            raise Fault("does not stop writing")
    text = "".join(said)
    if not finish:
        what = "broke off in the middle of its answer" if text else "sent no answer"
        raise Fault(what, again=True, silent=not text)
    return _made(text, "".join(refusal), finish, logprobs, usage, first)


def whole(completion: Any, take: Callable[[str], None]) -> Collected:
    """The reply of a completion that came in one. Raises Fault for what is none."""
    text, refusal, finish = _piece(completion, "message")
    if not finish:
        raise Fault("sent no answer", again=True)
    take(text)
    usage = _usage(completion) or (0, 0)
    return _made(text, refusal, finish, _logprobs(completion), usage, 0.0)


def _made(
    text: str,
    refusal: str,
    finish: str,
    logprobs: list[float],
    usage: tuple[int, int],
    until_first: float,
) -> Collected:
    end: Finish = "length" if finish == "length" else "end"
    if refusal or finish == "content_filter":
        end = "refused"
    mean = sum(logprobs) / len(logprobs) if logprobs else None
    least = min(logprobs, default=None)
    return Collected(text or refusal, end, mean, least, *usage, until_first)


def _piece(event: Any, name: str = "delta") -> tuple[str, str, str]:
    """Text, refusal and finish reason of one event. Raises Fault for what is no event."""
    error = getattr(event, "error", None)
    choices = getattr(event, "choices", None)
    if error or not isinstance(choices, list):
        raise Fault("sent something that is no answer", again=True)
    if not choices:
        return "", "", ""  # the event that carries the usage
    choice = choices[0]
    delta = getattr(choice, name, None)
    content = getattr(delta, "content", None)
    refusal = getattr(delta, "refusal", None)
    ended = getattr(choice, "finish_reason", None)
    for value in (content, refusal, ended):
        if value is not None and not isinstance(value, str):
            raise Fault("sent something that is no answer", again=True)
    return content or "", refusal or "", ended or ""


def _usage(event: Any) -> tuple[int, int] | None:
    usage = getattr(event, "usage", None)
    prompt = getattr(usage, "prompt_tokens", None)
    reply = getattr(usage, "completion_tokens", None)
    if isinstance(prompt, int) and isinstance(reply, int) and prompt > 0 and reply >= 0:
        return prompt, reply
    return None


def _logprobs(event: Any) -> list[float]:
    """Log-probabilities of the event's tokens; servers that send other shapes tell none."""
    choices = getattr(event, "choices", None)
    told = getattr(choices[0], "logprobs", None) if choices else None
    content = getattr(told, "content", None)
    out = []
    for token in content if isinstance(content, list) else ():
        value = getattr(token, "logprob", None)
        if isinstance(value, int | float) and -1e4 < value <= 0:
            out.append(float(value))
    return out
