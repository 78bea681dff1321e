"""``ctxc serve`` as its clients meet it: a real process on loopback, asked with httpx."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ctxc import count_tokens

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")
pytest.importorskip("prometheus_client")
pytest.importorskip("httpx")

import httpx
from services import Server, ctxc, environment, serving, until

pytestmark = pytest.mark.extras

LOG = "".join(f"2026-01-01 10:00:{i % 60:02d} INFO worker {i} did its part\n" for i in range(400))
FAULT = "2026-01-01 10:07:00 ERROR disk sdb7 is full\n"
TEXT = LOG + FAULT + LOG
# A pattern that backtracks without end on such a text.
ENDLESS = {"text": "a" * 4000 + "!", "protect": ["(a+)+$"], "tokens": 9}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    store = tmp_path_factory.mktemp("served") / "store.sqlite"
    with serving("--workers", 2, CTXC_STORE=str(store), CTXC_CONFIG=os.devnull) as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=120) as one:
        yield one


def test_a_text_comes_back_within_its_budget(client: httpx.Client) -> None:
    answer = client.post("/compress", json={"text": TEXT, "question": "disk", "tokens": 300})
    assert answer.status_code == 200
    made = answer.json()
    assert "ERROR disk sdb7 is full" in made["text"]
    assert made["tokens"]["compressed"] == count_tokens(made["text"]) <= 300
    assert made["tokens"]["original"] == count_tokens(TEXT)


def test_it_is_what_the_command_line_makes(client: httpx.Client, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(TEXT)
    command = ctxc("lingua", "a.log", "-q", "Which disk is full?", "--tokens", 200, "--no-store")
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment())
    request = {"text": TEXT, "question": "Which disk is full?", "tokens": 200}
    assert client.post("/compress", json=request).json()["text"] == ran.stdout


def test_what_is_kept_comes_back_byte_for_byte(client: httpx.Client) -> None:
    text = TEXT.replace("worker", "Arbeiter für Öl\r\n")
    made = client.post("/compress", json={"text": text, "tokens": 100, "keep": True}).json()
    assert client.post("/expand", json={"handle": made["handle"]}).content == text.encode()
    some = client.post("/expand", json={"handle": made["handle"], "grep": "ERROR"})
    assert some.content == FAULT.encode()
    some = client.post("/expand", json={"handle": made["handle"], "lines": "1-1"})
    assert some.content == text.encode().split(b"\n")[0] + b"\n"


def test_nothing_is_kept_that_was_not_to_be(client: httpx.Client) -> None:
    made = client.post("/compress", json={"text": TEXT[:9000], "tokens": 100}).json()
    assert "handle" not in made
    assert client.post("/expand", json={"handle": "0" * 12}).status_code == 404


def test_tokens_are_counted(client: httpx.Client) -> None:
    made = client.post("/count", json={"text": TEXT, "tokenizer": "cl100k_base"}).json()
    assert made["tokens"] == count_tokens(TEXT, "cl100k_base")


@pytest.mark.model
def test_questions_are_answered_with_citations(client: httpx.Client) -> None:
    texts = ["The pump in hall B failed on Monday.", "The invoice is 4711. Nobody was hurt."]
    request = {"question": "Where did the pump fail?", "texts": texts}
    made = client.post("/answer", json=request).json()
    assert "hall B" in made["answer"]
    assert made["passages"][0]["source"] == "text 1"


@pytest.mark.model
def test_an_engine_with_a_model_works_beside_the_others(client: httpx.Client) -> None:
    prose = "The pump failed. It was old. The invoice is 4711. Nobody was hurt. " * 30
    request = {"text": prose, "question": "What is the number of the invoice?", "tokens": 40}
    made = client.post("/compress", json=request).json()
    assert made["engine"] == "encoder"
    assert "4711" in made["text"]


@pytest.mark.parametrize(
    ("path", "body", "status", "says"),
    [
        ("/compress", {"text": TEXT, "tokens": 0}, 400, "tokens must be at least 1"),
        ("/compress", {"text": TEXT, "tokens": True}, 400, "tokens must be an integer"),
        ("/compress", {"text": TEXT, "token": 9}, 400, "there is no field 'token'"),
        ("/compress", {"tokens": 9}, 400, "the field text is missing"),
        ("/compress", {"text": TEXT, "rate": 0.5, "tokens": 9}, 400, "contradict"),
        ("/compress", {"text": TEXT, "engine": "magic"}, 400, "there is no engine"),
        ("/compress", {"text": TEXT, "kind": "magic"}, 400, "kind"),
        ("/compress", {"text": TEXT, "tokenizer": "gguf:/etc/passwd"}, 400, "is not known"),
        ("/compress", {"text": "A sentence that is long. " * 9, "tokens": 1}, 422, "fits"),
        ("/expand", {"handle": "../../x"}, 404, "no handle"),
        ("/expand", {"handle": "abcdef", "lines": "0"}, 400, "holds no line"),
        ("/answer", {"question": "Why?", "texts": [" "]}, 422, "nothing to answer from"),
    ],
)
def test_what_cannot_be_done_is_said(
    client: httpx.Client, path: str, body: dict[str, object], status: int, says: str
) -> None:
    answer = client.post(path, json=body)
    assert answer.status_code == status, answer.text
    assert says in answer.json()["error"]["message"]


def test_an_empty_text_is_no_failure_and_half_a_surrogate_pair_is_whole(
    client: httpx.Client,
) -> None:
    assert client.post("/compress", json={"text": ""}).json()["text"] == ""
    raw = b'{"text": "\\ud800 and more words here", "rate": 1.0}'
    answer = client.post("/compress", content=raw, headers={"content-type": "application/json"})
    assert answer.json()["text"].startswith("\ud800")


def test_the_page_and_its_description_need_nothing_else(client: httpx.Client) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "<script" not in page.text and "http" not in page.text.replace("<!doctype html>", "")
    described = client.get("/openapi.json").json()
    assert set(described["paths"]) == {"/compress", "/answer", "/count", "/expand"}
    schema = described["paths"]["/count"]["post"]["requestBody"]["content"]["application/json"]
    assert schema["schema"]["required"] == ["text"]


def test_health_and_figures(client: httpx.Client) -> None:
    assert client.get("/health").json()["status"] == "ok"
    client.post("/count", json={"text": "one two"})
    figures = client.get("/metrics")
    assert figures.headers["content-type"].startswith("text/plain")
    assert 'ctxc_requests_total{path="/count",status="200"}' in figures.text
    assert "sdb7" not in figures.text


def test_what_takes_too_long_is_ended_and_the_next_is_served(client: httpx.Client) -> None:
    assert client.post("/compress?deadline=0.7", json=ENDLESS).status_code == 504
    assert client.post("/compress?deadline=x", json=ENDLESS).status_code == 400
    assert client.post("/count", json={"text": "one two"}).json()["tokens"] == 2


def test_more_than_may_wait_are_told_when_to_come_back() -> None:
    with serving("--queue", 2, "--workers", 1) as server:
        with ThreadPoolExecutor(2) as pool:
            url = f"{server.url}/compress?deadline=4"
            long = [pool.submit(httpx.post, url, json=ENDLESS, timeout=60) for _ in range(2)]
            until(lambda: httpx.get(f"{server.url}/health").json()["waiting"] == 2)
            refused = httpx.post(f"{server.url}/count", json={"text": "one"})
            assert refused.status_code == 429
            assert int(refused.headers["retry-after"]) >= 1
            assert {each.result().status_code for each in long} == {504}
        assert httpx.post(f"{server.url}/count", json={"text": "one"}).status_code == 200


def test_a_request_that_is_begun_is_answered_before_the_end() -> None:
    with serving("--workers", 1) as server, ThreadPoolExecutor(1) as pool:
        url = f"{server.url}/compress?deadline=3"
        begun = pool.submit(httpx.post, url, json=ENDLESS, timeout=60)
        until(lambda: httpx.get(f"{server.url}/health").json()["waiting"] == 1)
        server.process.terminate()
        assert begun.result().status_code == 504, "it was let run to its deadline"
        assert server.end() == 0
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{server.url}/health")


def test_a_process_that_is_killed_is_an_error_and_the_next_is_served() -> None:
    with serving("--workers", 1) as server, ThreadPoolExecutor(1) as pool:
        assert httpx.post(f"{server.url}/count", json={"text": "one"}, timeout=60).is_success
        begun = pool.submit(httpx.post, f"{server.url}/compress", json=ENDLESS, timeout=60)
        until(lambda: httpx.get(f"{server.url}/health").json()["waiting"] == 1)
        time.sleep(0.5)  # it works on it by now
        for child in children(server.process.pid):
            os.kill(child, signal.SIGKILL)
        failed = begun.result()
        assert failed.status_code == 500
        assert "SIGKILL" in failed.json()["error"]["message"]
        assert httpx.post(f"{server.url}/count", json={"text": "one"}).status_code == 200


def children(parent: int) -> list[int]:
    listed = Path(f"/proc/{parent}/task/{parent}/children")
    if not listed.exists():
        pytest.skip("this system does not list a process's children")
    return [int(each) for each in listed.read_text().split()]


def test_killed_in_the_middle_its_clients_get_an_end_and_its_processes_go() -> None:
    server = Server("serve", "--port", 0, "--workers", 1)
    ended = threading.Event()

    def ask() -> None:
        with pytest.raises(httpx.TransportError):
            httpx.post(f"{server.url}/compress?deadline=2", json=ENDLESS, timeout=60)
        ended.set()

    asking = threading.Thread(target=ask)
    asking.start()
    until(lambda: httpx.get(f"{server.url}/health").json()["waiting"] == 1)
    until(lambda: bool(children(server.process.pid)))
    workers = children(server.process.pid)
    server.process.kill()
    asking.join()
    assert ended.is_set()
    server.end()
    until(lambda: not any(Path(f"/proc/{worker}/cmdline").exists() for worker in workers))


def test_it_ends_when_nobody_asks() -> None:
    server = Server("serve", "--port", 0, "--idle", 0.5)
    assert server.end() == 0


def test_a_missing_library_is_one_line_with_what_to_do() -> None:
    code = (
        "import sys; sys.modules['uvicorn'] = None; sys.argv = ['ctxc', 'serve'];"
        "from ctxc.cli import main; main()"
    )
    command = [sys.executable, "-c", code]
    ran = subprocess.run(command, capture_output=True, text=True, env=environment())
    assert ran.returncode == 2
    assert ran.stderr.splitlines() == [
        "ctxc: uvicorn is not installed",
        "  pip install '.[serve]' in a checkout, or pip install 'ctxc-cli[serve]' from an index",
    ]
