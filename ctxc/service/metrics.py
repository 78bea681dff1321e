"""What the service counts, as Prometheus reads it: figures, and nothing of a text."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from .desk import Desk
from .values import Reply

TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """The counters of one service."""

    def __init__(self, desk: Desk) -> None:
        own = self._registry = CollectorRegistry()
        self._requests = Counter(
            "ctxc_requests", "Requests by path and status.", ["path", "status"], registry=own
        )
        self._seconds = Histogram(
            "ctxc_request_seconds",
            "From the body to the answer.",
            ["path"],
            buckets=_SECONDS,
            registry=own,
        )
        self._tokens = Counter(
            "ctxc_tokens", "Tokens of originals and of what was left.", ["side"], registry=own
        )
        waiting = Gauge("ctxc_waiting", "Requests that wait or are worked on.", registry=own)
        waiting.set_function(lambda: desk.waiting)
        restarts = Gauge("ctxc_workers_ended", "Processes that were killed or died.", registry=own)
        restarts.set_function(lambda: desk.text.restarts + desk.models.restarts)

    def count(self, path: str, status: int, seconds: float, reply: Reply | None) -> None:
        """One request is answered; ``reply`` where it was work."""
        self._requests.labels(path, str(status)).inc()
        self._seconds.labels(path).observe(seconds)
        if reply is not None:
            self._tokens.labels("original").inc(reply.original)
            self._tokens.labels("left").inc(reply.compressed)

    def text(self) -> bytes:
        return bytes(generate_latest(self._registry))
