"""The worker's side: read a request, do it, send each piece as soon as it is there.

Requests are ``(role, job, arguments)``. Answers are any number of ``("piece",
value)`` and ``("note", line)``, then one ``("done", value)`` or ``("error", class,
message, hint, kind)``. The first message is ``(choice, rung)``.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import IO, Any

from ...confined import wire
from ...errors import CtxcError
from .open_models import Seats

LOST = "lost"
BUG = 70  # exit code (EX_SOFTWARE): a Python exception nobody expected, not a death

Answer = Callable[[Any], None]


def main() -> None:
    """Serve the process on the other end of stdin and stdout until it goes away."""
    incoming, outgoing = wire.own_streams()
    # The terminal sends Ctrl-C to the whole group: it is the parent's to handle.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        choice, rung = wire.receive(incoming)
        seats = Seats(choice, rung, lambda line: wire.send(outgoing, ("note", line)))
        for role, job, arguments in _requests(incoming):
            _answer(seats, role, job, arguments, lambda m: wire.send(outgoing, m))
        seats.close()
    except (EOFError, BrokenPipeError):
        return  # the parent is gone, and with it whoever wanted an answer
    except BaseException:
        import traceback

        traceback.print_exc()
        sys.stderr.flush()
        os._exit(BUG)


def _requests(incoming: IO[bytes]) -> Iterator[tuple[str, str, tuple[Any, ...]]]:
    while True:
        try:
            yield wire.receive(incoming)
        except EOFError:
            return


def _answer(seats: Seats, role: str, job: str, arguments: tuple[Any, ...], answer: Answer) -> None:
    try:
        value = None
        if role == "past":
            value = _past(seats, job, *arguments)
        elif role == "choice":
            seats.use(*arguments)
        elif role == "plan":
            value = seats.plan(*arguments)
        else:
            for piece in getattr(getattr(seats, role)(), job)(*arguments):
                answer(("piece", piece))
        answer(("done", value))
    except CtxcError as error:
        answer(("error", type(error).__name__, error.message, error.hint, error.kind))


def _past(
    seats: Seats,
    job: str,
    length: int,
    restore: dict[int, list[int]],
    sizes: dict[int, int],
    *arguments: Any,
) -> Any:
    """A call of a ``Past``, whose texts are first made what they were in a worker that died.

    LOST where its texts are not of ``sizes``: it had to make room for another model.
    """
    past = seats.past(length)
    for sequence, tokens in restore.items():
        past.begin(tokens, sequence)
    if any(past.size(sequence) != size for sequence, size in sizes.items()):
        return LOST
    return getattr(past, job)(*arguments) if job else past.length
