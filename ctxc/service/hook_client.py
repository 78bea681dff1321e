"""``ctxc hook run``: an agent's hook, which asks the service and loads nothing of ctxc itself.

It fails open: whatever goes wrong, nothing is printed, the exit code is 0, and the agent reads
the original. It is gone after two seconds at the latest.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

TOKENS = 2000
"""What is shown at most. Up to half as much more, a result is left alone."""

LATEST = 1.85
"""Seconds after which the process ends, whatever it is doing."""
_REPLY = 1.6
"""Seconds by which the service must have answered."""
LARGEST = 1 << 24
"""Bytes of a hook's input."""
_PIECE = 1 << 20
_AGAIN = 0.02


def main(arguments: list[str]) -> int:
    """Run the hook with the command line behind ``ctxc hook run``; always 0."""
    begun = time.monotonic()
    try:
        _arm()
        reply = _answer(arguments, begun)
        if reply:
            _disarm()
            _write(reply)
    except BaseException as error:  # the agent's work goes on, whatever it was
        _say(f"{type(error).__name__}: {error}")
    return 0


def _answer(arguments: list[str], begun: float) -> bytes:
    agent, tokens, least = _parsed(arguments)
    call = _read()
    if call is None or len(call) <= least:  # a token is at least a byte
        return b""
    query = f"/hook/{agent}?tokens={tokens}&min_tokens={least}"
    return _asked(query, call, begun + _REPLY)


def _parsed(arguments: list[str]) -> tuple[str, int, int]:
    """``AGENT [--tokens N] [--min-tokens N]``. Raises ValueError."""
    rest = [part for argument in arguments for part in argument.split("=", 1)]
    agent = rest.pop(0)
    values = {"--tokens": TOKENS, "--min-tokens": 0}
    for name, value in zip(rest[::2], rest[1::2], strict=True):
        if name not in values:
            raise ValueError(f"{name} is no option")
        values[name] = int(value)
    if not agent.replace("-", "").isalnum():
        raise ValueError("no agent is named")
    tokens = values["--tokens"]
    return agent, tokens, values["--min-tokens"] or tokens + tokens // 2


def _read() -> bytes | None:
    """All of stdin; None for more than ``LARGEST``, which is read to its end all the same."""
    pieces, size = [], 0
    while piece := os.read(0, _PIECE):
        size += len(piece)
        if size <= LARGEST:
            pieces.append(piece)
    return b"".join(pieces) if size <= LARGEST else None


def _asked(query: str, call: bytes, until: float) -> bytes:
    """The service's answer, b"" for "leave it"; it is started where there is none."""
    import socket

    from .place import socket_path

    path = socket_path()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
        if not _connected(peer, path):
            _start()
            while not _connected(peer, path):
                if time.monotonic() > until:
                    return b""
                time.sleep(_AGAIN)
        return _exchange(peer, query, call, until)


def _connected(peer: socket.socket, path: str) -> bool:
    try:
        peer.connect(path)
        return True
    except (FileNotFoundError, ConnectionRefusedError):
        return False


def _exchange(peer: socket.socket, query: str, call: bytes, until: float) -> bytes:
    """One request over ``peer``. Raises OSError, and ValueError for half an answer."""
    left = until - time.monotonic()
    if left <= 0:
        return b""
    peer.settimeout(left)
    head = (
        f"POST {query}&deadline={left:.3f} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(call)}\r\n\r\n"
    )
    peer.sendall(head.encode() + call)
    pieces = []
    while piece := peer.recv(_PIECE):
        pieces.append(piece)
    return _body(b"".join(pieces))


def _body(answer: bytes) -> bytes:
    """The body of a whole answer with status 200; b"" of any other."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *fields = head.split(b"\r\n")
    if status.split(b" ")[1:2] != [b"200"]:
        _say(f"{status.decode('ascii', 'replace')} {body.decode('utf-8', 'replace')}")
        return b""
    sizes = [f.split(b":")[1] for f in fields if f.lower().startswith(b"content-length:")]
    if len(sizes) != 1 or int(sizes[0]) != len(body):
        raise ValueError("half an answer")
    return body


def _start() -> None:
    """Start the service, which goes on without this process."""
    import subprocess

    from .place import environment

    subprocess.Popen(
        [sys.executable, "-P", "-m", "ctxc", "serve", "--socket", "--quiet"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=os.path.abspath(os.sep),
        env=environment(),
        start_new_session=True,
    )


def _write(reply: bytes) -> None:
    while reply:
        reply = reply[os.write(1, reply) :]


def _arm() -> None:
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, lambda *_: os._exit(0))
        signal.setitimer(signal.ITIMER_REAL, LATEST)


def _disarm() -> None:
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, 0)


def _say(line: str) -> None:
    """Why nothing was shortened, for somebody who asks: ``CTXC_VERBOSE=1``."""
    if os.environ.get("CTXC_VERBOSE"):
        os.write(2, f"ctxc: {line}\n".encode("utf-8", "replace"))
