"""What can go wrong with an endpoint, in one line each, and whether another try may help."""

from __future__ import annotations

import json
import math
import re
import time
from email.utils import parsedate_to_datetime
from typing import Any

_LONGEST_WAIT = 60.0
"""Seconds: a server that asks for more than this is not waited for."""
_FIRST, _DOUBLED_TO = 0.5, 16.0
_WINDOW = re.compile(
    r"context[ _]length|context window|maximum context|exceed\w* (?:the )?(?:available )?context"
    r"|too many tokens|prompt is too long|Requested tokens \(\d+\) exceed",
    re.IGNORECASE,
)
_OPTIONAL = ("stream_options", "logprobs", "temperature", "seed", "max_tokens")


class Fault(Exception):
    """One attempt failed.

    ``after``: seconds the server wants to be left alone. ``parameter`` is what
    it does not take, if it said so. ``silent``: it said nothing at all.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        again: bool = False,
        kind: str = "reader",
        after: float | None = None,
        parameter: str = "",
        silent: bool = False,
    ) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint
        self.again, self.kind, self.after = again, kind, after
        self.parameter, self.silent = parameter, silent


def wait_before(attempt: int, fault: Fault) -> float | None:
    """Seconds before the attempt after ``attempt``; None where the server wants too long a wait.

    >>> [wait_before(n, Fault("")) for n in (1, 2, 3, 9)]
    [0.5, 1.0, 2.0, 16.0]
    """
    if fault.after is not None:
        return fault.after if fault.after <= _LONGEST_WAIT else None
    return float(min(_DOUBLED_TO, _FIRST * 2 ** (attempt - 1)))


def refuse_elsewhere(response: Any) -> None:
    """A hook of the HTTP client. Raises Fault for a redirect to another origin."""
    if not response.has_redirect_location:
        return
    target = response.request.url.join(response.headers["location"])
    here = response.request.url
    if (target.scheme, target.host, target.port) != (here.scheme, here.host, here.port):
        raise Fault(
            f"redirects to another place, {target.scheme}://{target.netloc.decode('ascii')}:"
            " nothing was sent there",
            hint="name that one in OPENAI_BASE_URL if it is to be trusted",
            kind="access",
        )


def fault_of(error: BaseException) -> Fault:
    """What the client raised, as a fault. Re-raises what is no trouble with an endpoint."""
    import openai

    if isinstance(error, Fault):
        return error
    if isinstance(error.__cause__, Fault):  # raised inside the client
        return error.__cause__
    if isinstance(error, openai.APITimeoutError):
        return Fault("did not answer in time", hint="--timeout allows more", again=True)
    if isinstance(error, openai.APIStatusError):
        return _of_status(error)
    if isinstance(error, openai.APIConnectionError):
        cause = error.__cause__
        reason = f": {cause}" if cause is not None else ""
        return Fault(
            f"cannot be reached{reason}",
            hint="is OPENAI_BASE_URL right, and is it up?",
            again=True,
            silent=True,
        )
    if isinstance(error, openai.APIError):  # an error sent inside the stream
        return _of_text(str(error.message), 0, None)
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError | openai.OpenAIError):
        return Fault("sent something that is no answer", again=True)
    if _is_transport(error):
        return Fault("broke off in the middle of its answer", again=True)
    if isinstance(error, ValueError | TypeError | AttributeError | KeyError):
        # The client's models are built without checks: nonsense of the right shape ends here.
        return Fault("sent something that is no answer", again=True)
    raise error


def _is_transport(error: BaseException) -> bool:
    """Errors of the HTTP library beneath the client, which pass through while a stream is read."""
    module = type(error).__module__.partition(".")[0]
    return module in ("httpx", "httpx2", "httpcore", "httpcore2", "h11", "h2") or isinstance(
        error, OSError
    )


def _of_status(error: Any) -> Fault:
    body = error.body
    text = ""
    if isinstance(body, dict):
        inner = body.get("error", body)
        text = str(inner.get("message") or inner) if isinstance(inner, dict) else str(inner)
    text = text or str(error.message)
    return _of_text(text, int(error.status_code), error.response.headers)


def _of_text(text: str, status: int, headers: Any) -> Fault:
    said = f" (status {status}): {text}" if status else f": {text}"
    if status in (401, 403):
        return Fault(f"refuses the key{said}", hint="check OPENAI_API_KEY", kind="access")
    if status == 404:
        return Fault(
            f"does not know the model or the address{said}",
            hint="check --reader and OPENAI_BASE_URL",
            kind="access",
        )
    if _WINDOW.search(text):
        return Fault(f"finds the prompt too long{said}", kind="window")
    if status in (0, 400, 422, 500):
        name = next((n for n in _OPTIONAL if n in text), "")
        name = "logprobs" if not name and "logits_all" in text else name
        again = status in (0, 500)
        return Fault(f"reports an error{said}", again=again, parameter=name)
    if status == 429:
        if "insufficient_quota" in text or "exceeded your current quota" in text:
            return Fault(f"has no quota left for this key{said}", kind="access")
        return Fault(f"limits the rate of requests{said}", again=True, after=retry_after(headers))
    again = status in (408, 409, 425) or status > 500
    return Fault(f"reports an error{said}", again=again, after=retry_after(headers))


def retry_after(headers: Any) -> float | None:
    """Seconds that ``Retry-After`` (or its milliseconds cousin) asks for, None without one."""
    if headers is None:
        return None
    try:
        if (value := headers.get("retry-after-ms")) is not None:
            return _sane(float(value) / 1000)
        value = headers.get("retry-after")
        if value is None:
            return None
        try:
            return _sane(float(value))
        except ValueError:
            return _sane(parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError):
        return None


def _sane(seconds: float) -> float | None:
    return max(0.0, seconds) if math.isfinite(seconds) else None
