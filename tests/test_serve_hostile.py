"""Whom ``ctxc serve`` refuses: other origins, huge, slow and half bodies, requests for files."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")
pytest.importorskip("prometheus_client")
pytest.importorskip("httpx")

import httpx
from services import Server, ctxc, environment, serving

from ctxc.service import guard

pytestmark = pytest.mark.extras

TOKEN = "a-token-of-more-than-sixteen"
JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    store = tmp_path_factory.mktemp("served") / "store.sqlite"
    options = ("--workers", 1, "--max-body", "1MB", "--allow-host", "ctxc.test")
    with serving(*options, CTXC_STORE=str(store), CTXC_CONFIG=os.devnull) as running:
        yield running


def post(server: Server, **headers: str) -> httpx.Response:
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return httpx.post(f"{server.url}/count", content=b'{"text": "a"}', headers={**JSON, **named})


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8377", "localhost.evil", ""])
def test_another_name_for_loopback_is_refused(server: Server, host: str) -> None:
    assert post(server, host=host).status_code == 421
    assert httpx.get(f"{server.url}/metrics", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:9", "ctxc.test"])
def test_its_own_names_are_not(server: Server, host: str) -> None:
    assert post(server, host=host).status_code == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost:1", "http://127.0.0.1.evil.example"]
)
def test_a_page_of_another_origin_is_refused(server: Server, origin: str) -> None:
    assert post(server, origin=origin).status_code == 403


def test_a_page_of_its_own_is_not(server: Server) -> None:
    assert post(server, origin=server.url).status_code == 200


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_what_a_form_can_send_is_refused(server: Server, kind: str) -> None:
    assert post(server, content_type=kind).status_code == 415


def test_no_answer_can_be_read_by_another_origin(server: Server) -> None:
    asked = {"origin": "http://evil.example", "access-control-request-method": "POST"}
    answer = httpx.options(f"{server.url}/count", headers=asked)
    assert answer.status_code == 403
    assert not any(name.startswith("access-control") for name in post(server).headers)


@pytest.mark.parametrize("body", [b"", b"\xff\xfe\0", b"[1]", b'{"text": NaN}', b"[" * 100_000])
def test_a_body_that_is_no_request_is_one_clear_error(server: Server, body: bytes) -> None:
    answer = httpx.post(f"{server.url}/count", content=body, headers=JSON)
    assert answer.status_code == 400
    assert answer.json()["error"]["kind"] == "request"


def raw(server: Server, *pieces: bytes, wait: float = 0) -> bytes:
    """The answer to bytes, sent as they are; b"" where the connection ends without one."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as peer:
        for piece in pieces:
            try:
                peer.sendall(piece)
            except OSError:
                break
            time.sleep(wait)
        answer = b""
        try:
            while part := peer.recv(1 << 16):
                answer += part
        except OSError:
            pass
    return answer


HEAD = "POST /count HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


def test_a_huge_body_is_refused_before_it_is_read(server: Server) -> None:
    head = f"{HEAD}Content-Length: 100000000000\r\n\r\n"
    assert raw(server, head.encode()).startswith(b"HTTP/1.1 413 ")


def test_a_huge_body_that_does_not_say_so_is_cut_off(server: Server) -> None:
    chunk = b"40000\r\n" + b"x" * 0x40000 + b"\r\n"
    answer = raw(server, f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode(), *[chunk] * 40)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 413 ")
    assert post(server).status_code == 200


def test_half_a_body_is_nobody_s_request(server: Server) -> None:
    before = figure(server)
    with socket.create_connection(("127.0.0.1", server.port)) as peer:
        peer.sendall(f'{HEAD}Content-Length: 100\r\n\r\n{{"text": "a'.encode())
    assert post(server).status_code == 200
    assert figure(server) == before + 1


def figure(server: Server) -> float:
    text = httpx.get(f"{server.url}/metrics").text
    lines = [x for x in text.splitlines() if x.startswith('ctxc_requests_total{path="/count"')]
    return sum(float(line.rpartition(" ")[2]) for line in lines)


@pytest.mark.slow
def test_a_slow_body_is_waited_for_no_longer_than_others(server: Server) -> None:
    begun = time.monotonic()
    answer = raw(server, f"{HEAD}Content-Length: 9\r\n\r\n".encode() + b"{")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - begun > guard.BODY_SECONDS / 2


@pytest.mark.slow
def test_a_connection_that_never_asks_is_closed(server: Server) -> None:
    assert raw(server, b"POST /count HTTP/1.1\r\nHost: loc") == b""


@pytest.mark.parametrize(
    "path",
    ["/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/static/x", "/docs/../../x", "/hook/codex"],
)
def test_no_path_leads_to_a_file(server: Server, path: str) -> None:
    answer = raw(
        server, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
    )
    assert answer.startswith(b"HTTP/1.1 404 ")


def test_no_field_leads_to_a_file(server: Server, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("The password is hunter2.")
    call = {"hook_event_name": "PostToolUse", "tool_name": "Bash", "transcript_path": str(secret)}
    hooked = httpx.post(f"{server.url}/hook/claude-code?tokens=99&min_tokens=99", json=call)
    assert hooked.status_code == 404, "agents are served on their user's socket alone"
    for field in ("model", "tokenizer", "engine", "kind", "reader"):
        request = {"text": "One. Two.", field: f"{secret}"}
        answer = httpx.post(f"{server.url}/compress", json=request)
        assert answer.status_code == 400
        assert "hunter2" not in answer.text


def test_beyond_loopback_there_is_no_service_without_a_token() -> None:
    ran = subprocess.run(
        ctxc("serve", "--host", "0.0.0.0", "--port", 0),
        capture_output=True,
        text=True,
        env=environment(),
    )
    assert ran.returncode == 2
    assert "--token-file" in ran.stderr


def test_with_a_token_only_those_who_know_it_are_served(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    with serving("--token-file", file, "--host", "0.0.0.0") as server:
        server.url = f"http://127.0.0.1:{server.port}"
        assert post(server).status_code == 401
        assert post(server, authorization=f"Bearer {TOKEN}x").status_code == 401
        assert post(server, authorization=f"Basic {TOKEN}").status_code == 401
        odd = {"authorization": b"Bearer \xe4\xf6"}
        assert httpx.get(f"{server.url}/metrics", headers=odd).status_code == 401
        assert httpx.get(f"{server.url}/metrics").status_code == 401
        assert httpx.get(f"{server.url}/health").status_code == 200
        assert post(server, authorization=f"Bearer {TOKEN}").status_code == 200


def test_a_token_that_is_none_is_said(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("short")
    ran = subprocess.run(
        ctxc("serve", "--token-file", file), capture_output=True, text=True, env=environment()
    )
    assert ran.returncode == 2 and "16 characters" in ran.stderr
    assert TOKEN not in json.dumps(ran.stderr)


def test_a_port_that_is_taken_is_said(server: Server) -> None:
    ran = subprocess.run(
        ctxc("serve", "--port", server.port), capture_output=True, text=True, env=environment()
    )
    assert ran.returncode == 2
    assert "cannot listen" in ran.stderr and "--port" in ran.stderr
