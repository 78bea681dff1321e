"""What a worker does for an agent's hook. The agent is this user's: its files may be looked at."""

from __future__ import annotations

import json
import os
import stat
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import IO, Any

from ..batch.pipeline import Options
from ..budget import Tokens
from ..capture.showing import LEAST
from ..capture.spool import PIECE, Spool
from ..capture.view import View, view_of
from ..errors import UsageError
from ..integrations.agents import agent
from ..integrations.agents.base import LONGEST_QUESTION, ToolResult
from ..llama.runtime import Runtime
from ..store import Store
from ..store.originals import Originals
from ..tokens import DEFAULT, get
from .requests import parsed
from .values import Reply, Setup
from .work import encoded, enter

LARGEST = 200_000_000
"""Bytes of a saved output that are read."""
_TAIL = 1 << 18
"""Bytes of a transcript's end that are looked at for the agent's last message."""
_ALIKE = 1000
"""Characters in which a saved output must begin as what the agent was to read."""


def hook(setup: Setup, name: str, body: bytes, most: int, least: int) -> Reply:
    """The hook's answer to ``body``; empty where the result is to be left as it is.

    ``most`` are the tokens that are shown, ``least`` those up to which a result is left alone.
    Raises CtxcError for input that is none.
    """
    begun = time.perf_counter()
    if most < LEAST or least < most:
        raise UsageError(f"--tokens must be at least {LEAST}, and --min-tokens at least that")
    chosen = agent(name)
    result = chosen.read(parsed(body))
    if result is None or not result.text.strip() or not setup.store:
        return Reply(b"")
    spool = Spool(LARGEST)
    try:
        if not _fill(spool, result) or spool.size <= least:
            return Reply(b"")
        if spool.size == len(result.text.encode()) and get(DEFAULT).count(result.text) <= least:
            return Reply(b"")
        view = _view(spool, _question(result, chosen.message), most)
    finally:
        spool.close()
    if view is None or view.text is None or view.result is None:
        return Reply(b"")
    enter("hook", setup, view.result, begun)
    answer = encoded(result.reply(view.text))
    return Reply(answer, view.result.original, view.result.compressed)


def _view(spool: Spool, question: str, most: int) -> View | None:
    """What is shown; None where the original could not be kept: then nothing is cut."""
    handles = []

    def keep(whole: Spool) -> str:
        with Store.open() as store:
            handles.append(Originals(store).put(whole.pieces))
        return handles[-1]

    options = Options("lexical", Tokens(most), question=question or None)
    with Runtime() as runtime:
        view = view_of(spool, options, keep, runtime)
    return view if handles and handles[-1] and view.problem is None else None


def _fill(spool: Spool, result: ToolResult) -> bool:
    """All of the result into ``spool``; False where not all of it is to be had."""
    try:
        own = result.text.encode()
    except UnicodeEncodeError:
        return False  # half a surrogate pair: it has no bytes to give back
    if not result.whole:
        return spool.write(own)
    with suppress(OSError), _regular(result.whole) as file:
        if os.fstat(file.fileno()).st_size > LARGEST:
            return False
        beginning = own[:_ALIKE].strip()
        first = file.read(PIECE)
        if not beginning or not first.strip().startswith(beginning):
            return False
        while first:
            spool.write(first)
            first = file.read(PIECE)
        return not spool.dropped
    return False


def _question(result: ToolResult, message: Callable[[Mapping[str, Any]], str]) -> str:
    """What was asked of the tool, and what the agent said before."""
    asked = result.asked[: LONGEST_QUESTION // 2]
    context = _last_message(result.transcript, message) if result.transcript else ""
    whole = f"{asked}\n{context[: LONGEST_QUESTION - len(asked)]}"
    return whole.encode("utf-8", "ignore").decode().strip()


def _last_message(path: str, message: Callable[[Mapping[str, Any]], str]) -> str:
    """The last thing said in the transcript at ``path``; "" where it cannot be read."""
    with suppress(OSError), _regular(path) as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL))
        for line in reversed(file.read(_TAIL).splitlines()):
            with suppress(ValueError, RecursionError):
                value = json.loads(line)
                words = message(value).strip() if isinstance(value, dict) else ""
                if words:
                    return words
    return ""


def _regular(path: str) -> IO[bytes]:
    """A file of this user's, opened without waiting. Raises OSError for anything else."""
    if "\0" in path or not os.path.isabs(path):
        raise OSError("no path")
    waits = getattr(os, "O_NONBLOCK", 0)  # a FIFO would wait for a writer
    descriptor = os.open(path, os.O_RDONLY | waits | getattr(os, "O_CLOEXEC", 0))
    state = os.fstat(descriptor)
    if not stat.S_ISREG(state.st_mode) or state.st_uid != os.getuid():
        os.close(descriptor)
        raise OSError("no regular file of this user's")
    return os.fdopen(descriptor, "rb")
