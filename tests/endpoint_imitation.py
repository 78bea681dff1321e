"""An OpenAI-compatible endpoint on loopback that misbehaves as it is told.

``Endpoint.script`` names what happens to each request in turn, the last entry
for ever: "good", a status ("429", "500", "401", …), or a mishap by name.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-test-0123456789abcdefSECRET"
TEXT = "Within 30 days of delivery [1]."


class Endpoint:
    def __init__(self) -> None:
        self.script: list[str] = ["good"]
        self.requests: list[dict[str, Any]] = []
        self.times: list[float] = []
        self.keys: list[str] = []
        self.peers: list[tuple[str, int]] = []
        self.keeps = False  # the connection, after an answer
        self.headers: dict[str, str] = {}
        self.text = TEXT
        self.release = threading.Event()
        self.url = ""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    endpoint: Endpoint

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        there = self.endpoint
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        turn = there.script[min(len(there.requests), len(there.script) - 1)]
        there.requests.append(body)
        there.times.append(time.monotonic())
        there.peers.append(self.client_address)
        there.keys.append(self.headers.get("Authorization", ""))
        with suppress(OSError):  # the reader has given up
            getattr(self, f"_{turn}", lambda: self._status(int(turn)))()
        self.close_connection = not there.keeps

    # ---- good behaviour ----

    def _begin(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()

    def _event(self, value: object) -> None:
        line = value if isinstance(value, str) else json.dumps(value)
        self.wfile.write(f"data: {line}\n\n".encode())
        self.wfile.flush()

    def _chunk(self, delta: dict[str, Any], ended: str | None = None, logprob: bool = True) -> None:
        told = {"content": [{"token": "x", "logprob": -0.1, "bytes": None, "top_logprobs": []}]}
        wanted = self.endpoint.requests[-1].get("logprobs") and logprob and delta.get("content")
        choice = {
            "index": 0,
            "delta": delta,
            "finish_reason": ended,
            "logprobs": told if wanted else None,
        }
        self._event(_frame([choice]))

    def _good(self) -> None:
        if not self.endpoint.requests[-1].get("stream"):
            return self._whole()
        self._begin()
        self._chunk({"role": "assistant"})
        for piece in self.endpoint.text.split(" "):
            self._chunk({"content": piece + " "})
        self._chunk({}, "stop")
        if self.endpoint.requests[-1].get("stream_options"):
            usage = {"prompt_tokens": 321, "completion_tokens": 8, "total_tokens": 329}
            self._event({**_frame([]), "usage": usage})
        self._event("[DONE]")

    def _whole(self) -> None:
        message = {"role": "assistant", "content": self.endpoint.text}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        usage = {"prompt_tokens": 321, "completion_tokens": 8, "total_tokens": 329}
        value = _frame([choice]) | {"object": "chat.completion", "usage": usage}
        self._json(200, json.dumps(value).encode())

    def _bare(self) -> None:
        """Neither usage nor log-probabilities."""
        self._begin()
        self._chunk({"content": self.endpoint.text}, logprob=False)
        self._chunk({}, "stop")
        self._event("[DONE]")

    # ---- mishaps ----

    def _status(self, status: int, message: str = "") -> None:
        message = message or f"status {status} for the key {KEY}"
        error = {"error": {"message": message, "type": "x", "code": None}}
        self._json(status, json.dumps(error).encode())

    def _json(self, status: int, data: bytes) -> None:
        self.send_response(status)
        for name, value in self.endpoint.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _html(self) -> None:
        data = b"<html><title>Bad gateway</title></html>"
        self.send_response(502)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _hang(self) -> None:
        self.endpoint.release.wait(30)

    def _drip(self) -> None:
        """Comments that keep the connection alive, and never an answer."""
        self._begin()
        while not self.endpoint.release.wait(0.02):
            self.wfile.write(b": still here\n\n")
            self.wfile.flush()

    def _endless(self) -> None:
        self._begin()
        while not self.endpoint.release.wait(0.005):
            self._chunk({"content": "and on "})

    def _half(self) -> None:
        self._begin()
        self._chunk({"content": "Within 30 "})

    def _torn(self) -> None:
        """A promised length that never comes."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Content-Length", "100000")
        self.end_headers()
        self._chunk({"content": "Within 30 "})

    def _empty(self) -> None:
        self._begin()

    def _garbage(self) -> None:
        data = b"\x00\xff not json"
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _nonsense(self) -> None:
        self._begin()
        self._event("{not json")

    def _shapeless(self) -> None:
        self._begin()
        self._event({"choices": "many", "id": 3})

    def _wrongtype(self) -> None:
        self._begin()
        self._event(_frame([{"index": 0, "delta": {"content": {"a": 1}}, "finish_reason": None}]))

    def _inside(self) -> None:
        """An error sent as an event of a stream that began well."""
        self._begin()
        self._chunk({"content": "Within "})
        self._event({"error": {"message": f"overloaded, {KEY}", "type": "server_error"}})

    def _refusal(self) -> None:
        self._begin()
        self._chunk({"refusal": "I cannot help with that."})
        self._chunk({}, "stop")
        self._event("[DONE]")

    def _length(self) -> None:
        self._begin()
        self._chunk({"content": "Within 30 days"})
        self._chunk({}, "length")
        self._event("[DONE]")

    def _nologprobs(self) -> None:
        if self.endpoint.requests[-1].get("logprobs"):
            return self._status(400, "Unsupported parameter: 'logprobs'")
        if "max_tokens" in self.endpoint.requests[-1]:
            return self._status(400, "Use 'max_completion_tokens' instead of 'max_tokens'")
        self._good()

    def _window(self) -> None:
        self._status(400, "This model's maximum context length is 512 tokens")

    def _keyed(self) -> None:
        if self.headers.get("Authorization") != f"Bearer {KEY}":
            given = self.headers.get("Authorization", "")
            return self._status(401, f"Incorrect API key provided: {given}")
        self._good()


def _frame(choices: list[Any]) -> dict[str, Any]:
    frame = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return frame | {"choices": choices}


@contextmanager
def serving() -> Iterator[Endpoint]:
    endpoint = Endpoint()
    handler = type("Handler", (_Handler,), {"endpoint": endpoint})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    endpoint.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield endpoint
    finally:
        endpoint.release.set()
        server.shutdown()
        server.server_close()
