"""Messages between a parent and its worker: pickles behind their length, over pipes."""

from __future__ import annotations

import os
import pickle
import struct
from typing import IO, Any

_HEAD = struct.Struct("<Q")


def send(stream: IO[bytes], message: Any) -> None:
    """Write one message. Raises OSError where the other end is gone."""
    raw = pickle.dumps(message, protocol=5)
    stream.write(_HEAD.pack(len(raw)))
    stream.write(raw)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """Read one message. Raises EOFError where the other end is gone."""
    (size,) = _HEAD.unpack(_exactly(stream, _HEAD.size))
    return pickle.loads(_exactly(stream, size))  # both ends are this program


def _exactly(stream: IO[bytes], size: int) -> bytes:
    raw = stream.read(size)
    if raw is None or len(raw) < size:
        raise EOFError
    return raw


def own_streams() -> tuple[IO[bytes], IO[bytes]]:
    """The pipes; what else writes to stdout (C libraries do) goes to stderr from here on."""
    incoming = os.fdopen(os.dup(0), "rb")
    outgoing = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    return incoming, outgoing
