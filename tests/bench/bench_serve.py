"""``ctxc serve`` under load: many clients at a time, and what happens when it is killed.

::

    python tests/bench/bench_serve.py [--requests N] [--encoder N] [--clients N] [--workers N]

Starts a service of its own on loopback, asks it for ``--requests`` compressions without a model
(outputs of ``tests/bench/machine``, at most 2,000 characters each) and ``--encoder`` with one
(prose and a question), from ``--clients`` connections. Printed are statuses, answers that differ
from the first to the same request, requests a second, times, and the memory (resident, of all its
processes) after a tenth and at the end. Then it is killed in mid-request: how each client's request
ended. Clients come back after a 429 when they were told to.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PROSE = HERE.parents[1] / "samples" / "meeting.txt"
LONGEST = 2000


class Service:
    def __init__(self, workers: int, queue: int) -> None:
        arguments = ("--port", "0", "--workers", str(workers), "--queue", str(queue), "--no-store")
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "ctxc", "serve", *arguments],
            stderr=subprocess.PIPE,
            text=True,
            env=dict(os.environ, PYTHONPATH=str(HERE.parents[1])),
        )
        assert self.process.stderr is not None
        port = re.search(r":(\d+)$", self.process.stderr.readline().strip())
        assert port is not None
        self.port = int(port[1])

    def memory(self) -> float:
        """Megabytes, of the service and its processes."""
        own = self.process.pid
        listed = Path(f"/proc/{own}/task/{own}/children").read_text().split()
        return sum(map(_resident, [own, *map(int, listed)])) / 1e6


def _resident(process: int) -> int:
    pages = Path(f"/proc/{process}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


class Load:
    """``bodies`` by turns, ``number`` in all, from ``clients`` threads."""

    def __init__(self, port: int, bodies: list[bytes], number: int, clients: int) -> None:
        self.port, self.bodies, self.clients = port, bodies, clients
        self.left = iter(range(number))
        self.lock = threading.Lock()
        self.statuses: Counter[str] = Counter()
        self.seconds: list[float] = []
        self.first: dict[int, str] = {}
        self.differ = 0

    def run(self) -> float:
        begun = time.perf_counter()
        threads = [threading.Thread(target=self._client) for _ in range(self.clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.perf_counter() - begun

    def _next(self) -> int | None:
        with self.lock:
            return next(self.left, None)

    def _client(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        while (number := self._next()) is not None:
            which = number % len(self.bodies)
            while True:
                begun = time.perf_counter()
                try:
                    status, body, after = _ask(connection, self.bodies[which])
                except (OSError, http.client.HTTPException) as error:
                    connection.close()
                    status, body, after = type(error).__name__, b"", 0.0
                with self.lock:
                    self.statuses[status] += 1
                    self.seconds.append(time.perf_counter() - begun)
                    if status == "200":
                        self._compare(which, json.loads(body)["text"])
                if status != "429":
                    break
                time.sleep(after)

    def _compare(self, which: int, text: str) -> None:
        self.differ += self.first.setdefault(which, text) != text

    def line(self, seconds: float) -> str:
        times = sorted(self.seconds)
        p50, p99 = (times[min(len(times) - 1, int(len(times) * q))] for q in (0.5, 0.99))
        statuses = ", ".join(f"{n} {status}" for status, n in sorted(self.statuses.items()))
        rate = self.statuses["200"] / seconds
        return (
            f"{statuses}; {self.differ} differ; {rate:.1f} a second;"
            f" p50 {p50:.3f}, p99 {p99:.3f}, max {times[-1]:.3f} s"
        )


def _ask(connection: http.client.HTTPConnection, body: bytes) -> tuple[str, bytes, float]:
    connection.request("POST", "/compress", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    raw = answer.read()
    return str(answer.status), raw, float(answer.headers.get("Retry-After", 0))


def outputs() -> Iterator[bytes]:
    with gzip.open(HERE / "machine" / "report.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            record: dict[str, Any] = json.loads(line)
            text = record["documents"][0]["text"][:LONGEST]
            request = {"text": text, "question": record["question"], "engine": "lexical"}
            yield json.dumps(request | {"ratio": 4}).encode()


def prose() -> Iterator[bytes]:
    text = PROSE.read_text("utf-8")
    for at in range(0, min(len(text), 20 * LONGEST), LONGEST):
        question = "What was decided about the remote control?"
        request = {"text": text[at : at + LONGEST], "question": question, "engine": "encoder"}
        yield json.dumps(request).encode()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--encoder", type=int, default=500)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--queue", type=int, default=64)
    wanted = parser.parse_args()
    service = Service(wanted.workers, wanted.queue)
    try:
        for name, bodies, number in (
            ("lexical", list(outputs()), wanted.requests),
            ("encoder", list(prose()), wanted.encoder),
        ):
            for part, share in (("first tenth", number // 10), ("the rest", number - number // 10)):
                if share:
                    load = Load(service.port, bodies, share, wanted.clients)
                    line = load.line(load.run())
                    print(f"{name}, {part}: {line}; {service.memory():.0f} MB", flush=True)
        kill(service, list(outputs()), wanted.clients)
    finally:
        service.process.kill()
        service.process.wait()


def kill(service: Service, bodies: list[bytes], clients: int) -> None:
    """SIGKILL while all clients ask."""
    load = Load(service.port, bodies, clients * 20, clients)
    killer = threading.Timer(1.0, service.process.kill)
    killer.start()
    seconds = load.run()
    print(f"killed after 1 s: {load.line(seconds)}; all ended after {seconds:.1f} s")


if __name__ == "__main__":
    main()
