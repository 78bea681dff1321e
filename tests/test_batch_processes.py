"""Runs as processes: killed, interrupted, side by side, out of room, without a network."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from kill import Folder, one_round

from ctxc.store import Store

CTXC = [sys.executable, "-m", "ctxc"]
FAST = ("--engine", "truncate", "--ratio", "3")


def wait_for(holds: Callable[[], bool], seconds: float = 60) -> None:
    """Until something is there; fails the test where it never comes."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path)
    made.make(documents=25, seed=3)
    return made


def test_a_killed_run_leaves_whole_outputs_and_is_resumed(folder: Folder) -> None:
    begun = time.perf_counter()
    folder.finish("expected", "store-expected.sqlite")
    seconds = time.perf_counter() - begun
    expected = folder.tree("expected")
    assert len(expected) == 25
    chance = random.Random()
    for number in range(3):
        one_round(folder, expected, str(number), chance.uniform(0.3, 1.0) * seconds)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_keeps_what_is_done_and_exits_130(folder: Folder, sent: int) -> None:
    folder.make(documents=300, seed=4)
    with subprocess.Popen(
        [*CTXC, "lingua", "docs", "-o", "out", *FAST],
        cwd=folder.top,
        env=folder.environment("store.sqlite"),
        stderr=subprocess.PIPE,
    ) as run:
        # Names alone: a temporary file is gone before it could be read.
        wait_for(lambda: len(list((folder.top / "out").rglob("*.ctx.*"))) > 5)
        run.send_signal(sent)
        _, said = run.communicate(timeout=60)
    lines = said.decode().splitlines()
    done = len(folder.tree("out"))
    assert run.returncode == 130
    assert lines[-1] == "ctxc: interrupted" and "Traceback" not in said.decode()
    assert "documents are done and kept; run again to go on" in lines[-2]
    with Store.open(folder.top / "store.sqlite") as store:
        runs = store.runs()
    assert [run.command for run in runs] == ["lingua"]
    assert done - 1 <= runs[0].files <= done < 300


def test_two_runs_at_once_share_the_work_and_repeat_none(folder: Folder) -> None:
    folder.make(documents=80, seed=5)
    runs = [folder.start("out", "store.sqlite") for _ in range(2)]
    for run in runs:
        _, said = run.communicate(timeout=120)
        assert (run.returncode, said) == (0, b"")
    with Store.open(folder.top / "store.sqlite") as store:
        computed = sum(run.files for run in store.runs())
    assert computed == 80
    folder.finish("alone", "store-alone.sqlite")
    assert folder.tree("out") == folder.tree("alone")


def test_a_full_disk_fails_one_document_and_leaves_nothing_half_written(folder: Folder) -> None:
    big = folder.top / "docs" / "part0" / "big.md"
    big.write_text("".join(f"The pump number {n} failed in hall B. " for n in range(9000)))

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    ran = subprocess.run(
        [*CTXC, "lingua", "docs", "-o", "out", "--no-store", *FAST],
        cwd=folder.top,
        env=folder.environment("store.sqlite"),
        stderr=subprocess.PIPE,
        preexec_fn=little_room,
    )
    said = ran.stderr.decode()
    assert ran.returncode == 1 and "Traceback" not in said
    assert "cannot write out/docs/part0/big.md.ctx.md" in said
    assert " 1 failed: cannot write" in said
    tree = folder.tree("out")
    assert len(tree) == 25 and "docs/part0/big.md.ctx.md" not in tree
    assert not [name for name in tree if name.endswith(".tmp")]


def test_a_store_on_a_full_disk_is_done_without(folder: Folder) -> None:
    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))

    ran = subprocess.run(
        [*CTXC, "lingua", "docs", "-o", "out", *FAST],
        cwd=folder.top,
        env=folder.environment("store.sqlite"),
        stderr=subprocess.PIPE,
        preexec_fn=little_room,
    )
    assert ran.returncode == 0, ran.stderr.decode()
    assert len(folder.tree("out")) == 25


def test_a_place_that_cannot_be_written_is_one_line_each(folder: Folder) -> None:
    (folder.top / "file").write_text("in the way")
    ran = subprocess.run(
        [*CTXC, "lingua", "docs/part0", "-o", "file/out", *FAST],
        cwd=folder.top,
        env=folder.environment("store.sqlite"),
        stderr=subprocess.PIPE,
    )
    said = ran.stderr.decode()
    assert ran.returncode == 1
    assert said.count("cannot write file/out/docs/part0/") == 5
    assert (folder.top / "file").read_text() == "in the way"


GUARD = textwrap.dedent(
    """
    import sys
    def guard(event, arguments):
        if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.bind"):
            sys.stderr.write(f"NETWORK: {event} {arguments}\\n")
            raise SystemExit(99)
    sys.addaudithook(guard)
    """
)


@pytest.mark.parametrize(
    "options",
    [
        ("lingua", "docs/part0", "--engine", "truncate"),
        ("lingua", "docs/part0/note0.md", "-q", "Which pump?"),
        ("lingua", "docs/part0/note0.md", "--engine", "perplexity"),
        ("distill", "docs/part0/note0.md", "--engine", "verbatim", "--min-tokens", "1"),
        ("check", "docs", "--max-tokens", "5"),
        ("stats", "docs"),
    ],
)
def test_no_socket_is_opened(folder: Folder, options: tuple[str, ...]) -> None:
    guard = folder.top / "guard"
    guard.mkdir()
    (guard / "sitecustomize.py").write_text(GUARD)
    path = os.pathsep.join([str(guard), *sys.path])
    environment = folder.environment("store.sqlite") | {"PYTHONPATH": path}
    probe = [sys.executable, "-c", "import socket; socket.socket().connect(('127.0.0.1', 9))"]
    assert b"NETWORK" in subprocess.run(probe, env=environment, capture_output=True).stderr
    ran = subprocess.run(
        [*CTXC, *options], cwd=folder.top, env=environment, capture_output=True, timeout=200
    )
    assert b"NETWORK" not in ran.stderr
    assert ran.returncode == (1 if options[0] == "check" else 0), ran.stderr.decode()


LOADED = textwrap.dedent(
    """
    import json, sys
    from ctxc.cli import app
    sys.argv = ["ctxc", *json.loads(sys.argv[1])]
    try:
        app(standalone_mode=False)
    finally:
        heavy = {"llama_cpp", "torch", "pypdf", "tiktoken", "ctxc.llama.capi"}
        sys.stderr.write("LOADED " + ",".join(sorted(heavy & set(sys.modules))) + "\\n")
    """
)


def test_a_second_run_loads_no_model_library_and_no_tokenizer(folder: Folder) -> None:
    options = ["lingua", "docs/part1", "-o", "out", "-q", "Which pump failed?"]
    said = []
    for _ in range(2):
        ran = subprocess.run(
            [sys.executable, "-c", LOADED, json.dumps(options)],
            cwd=folder.top,
            env=folder.environment("store.sqlite"),
            capture_output=True,
            timeout=200,
        )
        assert ran.returncode == 0, ran.stderr.decode()
        said.append(ran.stderr.decode())
    assert "llama_cpp" in said[0].rpartition("LOADED")[2]
    assert said[1].rpartition("LOADED")[2].strip() == ""
    assert "5 reused" in said[1]
