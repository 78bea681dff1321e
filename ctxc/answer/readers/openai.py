"""A reader behind an OpenAI-compatible endpoint, by the official client.

``OPENAI_BASE_URL`` and ``OPENAI_API_KEY`` say where and who. Answers are asked
for as streams, so that half of one is told from a whole one; where a stream
brings nothing at all, once more as a whole, for servers that can only say in
that way what is wrong. Each attempt runs in a thread of its own against a
deadline, so that no server, however slow it drips, holds the run up. The key
goes to the client and nowhere else: whatever a server says, its answers too, is
cleared of it before it is repeated. A redirect to another origin is refused:
the documents were meant for this one.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from time import sleep
from typing import Any
from urllib.parse import urlsplit

from ... import tokens
from ...console import note, plain
from ...errors import ConfigError, ModelError
from ...remedies import install
from .base import Ask, Listen, ReaderError, ReaderSettings, Reply, deaf
from .faults import Fault, fault_of, refuse_elsewhere, wait_before
from .secrets import Secrets, Stream
from .special import inert, restored
from .stream import Collected, collect, whole

# A kept connection that the server closes just as it is used again fails like a
# server that is down, and would use up a retry; against the seconds an answer
# takes, a handshake costs nothing.
_ONE_CONNECTION_EACH = {"Connection": "close"}
_OVERHEAD = 12  # tokens of a chat format around two messages: only for estimates


class OpenAIReader:
    """The model called ``model`` at the endpoint the environment names.

    Raises ModelError where the client is not installed, ConfigError without a
    key for an endpoint that surely wants one.
    """

    local = False
    cites = True

    def __init__(self, model: str, settings: ReaderSettings) -> None:
        self.name = f"openai:{model}"
        self._model = model
        self._settings = settings
        self._client, self._secrets, self._where = _client(settings)
        self._extras: dict[str, Any] = {
            "temperature": 0,
            "seed": 0,
            "logprobs": True,
            "stream_options": {"include_usage": True},
            "max_tokens": settings.max_tokens,
        }
        self._refused: ReaderError | None = None

    @property
    def window(self) -> int | None:
        return self._settings.window

    def count(self, ask: Ask) -> int:
        """An estimate: only the server knows its model's vocabulary."""
        counter = tokens.get()
        return sum(map(counter.count, (ask.instruction, ask.body, ask.closing))) + _OVERHEAD

    def answer(self, ask: Ask, listen: Listen = deaf) -> Reply:
        if self._refused is not None:
            raise self._refused  # a key that is wrong once is not tried again for every question
        begun = time.perf_counter()
        attempt = 0
        stream = True
        while True:
            try:
                found = self._attempt(ask, listen, stream)
                return self._reply(ask, found, time.perf_counter() - begun)
            except Fault as fault:
                if self._without(fault):
                    continue
                attempt += 1
                stream = not (stream and fault.silent)
                self._go_on(fault, attempt)

    def _go_on(self, fault: Fault, attempt: int) -> None:
        """Wait before the next attempt. Raises ReaderError where there is none."""
        message = f"the reader {plain(self.name)} at {self._where} {self._clear(fault.message)}"
        wait = wait_before(attempt, fault)
        if not fault.again or attempt > self._settings.retries or wait is None:
            tried = f" (tried {attempt} times)" if attempt > 1 else ""
            error = ReaderError(message + tried, hint=fault.hint, kind=fault.kind)
            if fault.kind == "access":
                self._refused = error
            raise error from None
        note(f"ctxc: {message}; trying again in {wait:.1f} s")
        sleep(wait)

    def _without(self, fault: Fault) -> bool:
        """Leave out what this server does not take; False where nothing was it."""
        name = fault.parameter
        if name not in self._extras:
            return False
        value = self._extras.pop(name)
        if name == "max_tokens":
            self._extras["max_completion_tokens"] = value
        return True

    def _attempt(self, ask: Ask, listen: Listen, streaming: bool) -> Collected:
        """One request. Raises Fault."""
        pieces: queue.Queue[str | Collected | BaseException] = queue.Queue()
        dropped = threading.Event()
        messages = [
            {"role": "system", "content": inert(ask.instruction)},
            {"role": "user", "content": inert(f"{ask.body}\n\n{ask.closing}".strip())},
        ]

        extras = {k: v for k, v in self._extras.items() if streaming or k != "stream_options"}

        def work() -> None:
            try:
                found = self._client.chat.completions.create(
                    model=self._model, messages=messages, stream=streaming, **extras
                )
                if not streaming:
                    pieces.put(whole(found, pieces.put))
                    return
                with found:
                    pieces.put(collect(found, pieces.put, dropped.is_set))
            except BaseException as error:
                pieces.put(error)  # judged where it is waited for

        threading.Thread(target=work, daemon=True).start()
        deadline = time.monotonic() + self._settings.timeout
        listen("")
        shown = Stream(self._secrets)
        while True:
            try:
                piece = pieces.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                dropped.set()
                seconds = f"{self._settings.timeout:g} s"
                raise Fault(
                    f"did not finish its answer within {seconds}",
                    hint="--timeout allows more",
                    again=True,
                ) from None
            if isinstance(piece, Collected):
                if seen := shown.rest():
                    listen(seen)
                return piece
            if isinstance(piece, BaseException):
                raise fault_of(piece) from None
            if seen := shown.push(restored(piece)):
                listen(seen)

    def _reply(self, ask: Ask, found: Collected, seconds: float) -> Reply:
        from ...llama.chat import without_thoughts

        text = self._secrets.clear(without_thoughts(restored(found.text))).strip()
        counter = tokens.get()
        return Reply(
            text=text,
            prompt_tokens=found.prompt_tokens or self.count(ask),
            reply_tokens=found.reply_tokens or counter.count(found.text),
            mean_logprob=found.mean_logprob,
            least_logprob=found.least_logprob,
            seconds=seconds,
            reading=found.until_first,
            finish=found.finish,
            counted=bool(found.prompt_tokens),
        )

    def _clear(self, text: str) -> str:
        return plain(self._secrets.clear_all(text), 400)

    def rest(self) -> None:
        pass

    def close(self) -> None:
        self._client.close()


def _client(settings: ReaderSettings) -> tuple[Any, Secrets, str]:
    """The client, what must never be shown, and the endpoint as it may be shown."""
    try:
        import openai
    except ImportError:
        raise ModelError(
            "--reader openai:… needs the openai client, which is not installed",
            hint=install("openai"),
        ) from None
    base = os.environ.get("OPENAI_BASE_URL", "").strip()
    key = os.environ.get("OPENAI_API_KEY", "").strip()
    if not key and not base:
        raise ConfigError(
            "OPENAI_API_KEY is not set",
            hint="set it, or OPENAI_BASE_URL to an endpoint that needs no key",
        )
    where = urlsplit(base or "https://api.openai.com/v1")
    if where.scheme not in ("http", "https") or not where.hostname:
        raise ConfigError(
            "OPENAI_BASE_URL is no http or https address",
            hint="as in http://127.0.0.1:8000/v1",
        )
    try:
        client = openai.OpenAI(
            api_key=key or "none",
            base_url=base or None,
            max_retries=0,  # done here, so that they are seen and end in time
            timeout=settings.timeout,
            default_headers=_ONE_CONNECTION_EACH,
            http_client=openai.DefaultHttpxClient(
                event_hooks={"response": [refuse_elsewhere]}, timeout=settings.timeout
            ),
        )
    except (openai.OpenAIError, ValueError, TypeError):
        raise ConfigError("OPENAI_BASE_URL or OPENAI_API_KEY cannot be used as it is") from None
    secrets = Secrets((key, where.password or "", where.username or ""))
    try:
        port = f":{where.port}" if where.port else ""
    except ValueError:
        raise ConfigError("OPENAI_BASE_URL has no usable port") from None
    return client, secrets, f"{where.scheme}://{where.hostname}{port}"
