"""How a child process ended, and what it raised, in its parent's words."""

from __future__ import annotations

import signal

from .. import errors

_WORDS = {"SIGABRT": "aborted", "SIGKILL": "was killed", "SIGSEGV": "crashed", "SIGILL": "crashed"}


def cause(code: int) -> str:
    """
    >>> cause(-6), cause(3)
    ('aborted (SIGABRT)', 'ended with code 3')
    """
    if code >= 0:
        return f"ended with code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        return f"was ended by signal {-code}"
    return f"{_WORDS.get(name, 'was ended')} ({name})"


def raised(name: str, message: str, hint: str, kind: str) -> errors.CtxcError:
    """The error that came back as its class's name and its parts."""
    cls = getattr(errors, name, errors.EngineError)
    error: errors.CtxcError = cls(message, hint=hint, kind=kind)
    return error
