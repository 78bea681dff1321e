"""A model hub on loopback: HEAD with hub headers, a redirect to a "CDN", ranges, mishaps.

``Hub.files`` maps "owner/repo/file" to bytes. ``Hub.stop_after`` cuts the next body off
after that many bytes: ``stop_how`` "drop" closes the connection, "hang" stays silent
until ``release`` is set.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub:
    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.requests: list[tuple[str, str, str]] = []  # method, path, Range
        self.stated_size: int | None = None
        self.stated_sha256 = ""
        self.stop_after = 0
        self.stop_how = "drop"
        self.stopped, self.release = threading.Event(), threading.Event()
        self.url = self.cdn = ""  # two hosts, as a hub and its CDN are

    def bodies(self) -> list[str]:
        """The Range of each request for file contents."""
        return [
            ranges
            for method, path, ranges in self.requests
            if method == "GET" and path.startswith("/cdn/")
        ]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, body: bool) -> None:
        ranges = self.headers.get("Range", "")
        self.hub.requests.append((self.command, self.path, ranges))
        if self.path.startswith("/cdn/"):
            return self._contents(self.path.removeprefix("/cdn/"), ranges, body)
        owner, repo, _, _revision, file = self.path.lstrip("/").split("/", 4)
        data = self.hub.files.get(f"{owner}/{repo}/{file}")
        if data is None:
            known = any(name.startswith(f"{owner}/{repo}/") for name in self.hub.files)
            return self._error("EntryNotFound" if known else "RepoNotFound")
        self.send_response(302)
        self.send_header("Location", f"{self.hub.cdn}/cdn/{owner}/{repo}/{file}")
        self.send_header("X-Repo-Commit", COMMIT)
        size = len(data) if self.hub.stated_size is None else self.hub.stated_size
        self.send_header("X-Linked-Size", str(size))
        etag = self.hub.stated_sha256 or hashlib.sha256(data).hexdigest()
        self.send_header("X-Linked-ETag", f'"{etag}"')
        self.send_header("ETag", '"pointer"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _error(self, code: str) -> None:
        self.send_response(404)
        self.send_header("X-Error-Code", code)
        self.send_header("X-Error-Message", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _contents(self, name: str, ranges: str, body: bool) -> None:
        data = self.hub.files[name]
        start = int(ranges.removeprefix("bytes=").partition("-")[0]) if ranges else 0
        self.send_response(206 if ranges else 200)
        self.send_header("Content-Length", str(len(data) - start))
        if ranges:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("ETag", f'"{hashlib.sha256(data).hexdigest()}"')
        self.end_headers()
        if not body:
            return
        stop, self.hub.stop_after = self.hub.stop_after, 0
        if not stop:
            self.wfile.write(data[start:])
            return
        self.wfile.write(data[start : start + stop])
        self.wfile.flush()
        self.hub.stopped.set()
        if self.hub.stop_how == "hang":
            self.hub.release.wait(60)
        self.close_connection = True


@contextmanager
def serving() -> Iterator[Hub]:
    hub = Hub()
    handler = type("Handler", (_Handler,), {"hub": hub})
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), handler) for _ in range(2)]
    hub.url, hub.cdn = (f"http://127.0.0.1:{server.server_address[1]}" for server in servers)
    for server in servers:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield hub
    finally:
        hub.release.set()
        for server in servers:
            server.shutdown()
            server.server_close()
