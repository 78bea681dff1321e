"""``ctxc hook run`` with the service it starts: what an agent gives it, what comes back, when."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")
pytest.importorskip("prometheus_client")

from services import ctxc, environment, until

from ctxc import count_tokens

pytestmark = [
    pytest.mark.extras,
    pytest.mark.skipif(not hasattr(os, "getuid"), reason="the hook needs Unix sockets"),
]

LINES = [f"10:00:{i % 60:02d} INFO step {i} of the build took {i * 7 % 13} ms" for i in range(700)]
FAULT = "10:06:40 ERROR the disk sdb7 is full"
LONG = "\n".join([*LINES[:350], FAULT, *LINES[350:]]) + "\n"
MARK = re.compile(
    r"\[ctxc: ([\d,]+) -> ([\d,]+) tokens; whole output: ctxc expand ([0-9a-f]{6,})\]"
)


@pytest.fixture(scope="module")
def service() -> Iterator[dict[str, str]]:
    """The environment of hooks whose service is up; it ends with the module."""
    # Short: the path of a Unix socket has a hundred characters at most.
    folder = tempfile.mkdtemp(prefix="ctxc-")
    store = os.path.join(folder, "store.sqlite")
    own = environment(XDG_RUNTIME_DIR=folder, CTXC_STORE=store, CTXC_CONFIG=os.devnull)
    own.pop("CTXC_VERBOSE", None)
    server = subprocess.Popen(ctxc("serve", "--socket"), stderr=subprocess.PIPE, text=True, env=own)
    assert server.stderr is not None and "listening" in server.stderr.readline()
    until(lambda: run(call("make", LONG), own).stdout)
    yield own
    server.terminate()
    assert server.wait(60) == 0
    assert not list(Path(folder, "ctxc").glob("*.sock")), "it takes its socket along"
    server.stderr.close()
    shutil.rmtree(folder)


def call(command: str, stdout: str, **more: Any) -> bytes:
    response = {"stdout": stdout, "stderr": "a warning", "interrupted": False, "isImage": False}
    return json.dumps(
        {
            "hook_event_name": "PostToolUse",
            "tool_name": "Bash",
            "tool_input": {"command": command},
            "tool_response": response | more.pop("response", {}),
            **more,
        }
    ).encode()


def run(
    hooked: bytes, env: dict[str, str], *arguments: object
) -> subprocess.CompletedProcess[bytes]:
    ran = subprocess.run(
        ctxc("hook", "run", *(arguments or ("claude-code",))),
        input=hooked,
        capture_output=True,
        env=env,
        timeout=60,
    )
    assert ran.returncode == 0, "a hook never fails"
    return ran


def output(ran: subprocess.CompletedProcess[bytes]) -> Any:
    return json.loads(ran.stdout)["hookSpecificOutput"]["updatedToolOutput"]


def test_a_long_result_comes_back_short_and_its_original_by_its_handle(
    service: dict[str, str],
) -> None:
    made = output(run(call("make", LONG), service))
    assert made["stderr"] == "a warning"
    assert FAULT in made["stdout"]
    assert count_tokens(made["stdout"]) <= 2000
    mark = MARK.search(made["stdout"].splitlines()[-1])
    assert mark is not None
    whole = subprocess.run(ctxc("expand", mark[3]), capture_output=True, env=service)
    assert whole.stdout == LONG.encode()


def test_sizes_are_those_of_its_configuration(service: dict[str, str]) -> None:
    ran = run(call("make", LONG), service, "claude-code", "--tokens", 300, "--min-tokens=400")
    assert count_tokens(output(ran)["stdout"]) <= 300
    ran = run(call("make", LONG), service, "claude-code", "--tokens=300", "--min-tokens", 90000)
    assert ran.stdout == b""


def test_what_the_agent_said_is_part_of_the_question(
    service: dict[str, str], tmp_path: Path
) -> None:
    lines = [f"part {i}: colour {'teal' if i == 333 else 'grey'}, weight {i}" for i in range(900)]
    line = {
        "type": "assistant",
        "message": {"content": [{"type": "text", "text": "Which is teal?"}]},
    }
    transcript = tmp_path / "t.jsonl"
    transcript.write_text("not JSON\n" + json.dumps(line) + "\n" + '{"type": "user"}\n[' * 9)
    hooked = call("./list-parts", "\n".join(lines), transcript_path=str(transcript))
    assert "part 333" in output(run(hooked, service))["stdout"]


@pytest.mark.parametrize("stdout", ["", "short", "x" * 2000, "word " * 2900])
def test_what_is_small_is_left_alone(service: dict[str, str], stdout: str) -> None:
    assert run(call("make", stdout), service).stdout == b""


def test_a_file_that_is_read_is_left_alone(service: dict[str, str]) -> None:
    assert run(call("cat a.py", LONG), service).stdout == b""


@pytest.mark.parametrize(
    "hooked",
    [
        b"",
        b"{",
        b"null",
        b"[" * 100_000,
        b"\x00\xff" * 50_000,
        LONG.encode(),
        call("make", LONG)[:-9],
        call("make", LONG + "\ud800"),
        b'{"hook_event_name": "PostToolUse", "tool_name": {}, "x": "' + b"y" * 9000 + b'"}',
    ],
    ids=["empty", "half", "null", "nested", "binary", "text", "cut off", "surrogate", "odd"],
)
def test_what_is_no_call_of_a_hook_is_left_alone(service: dict[str, str], hooked: bytes) -> None:
    ran = run(hooked, service)
    assert (ran.stdout, ran.stderr) == (b"", b"")


def test_two_hundred_megabytes_are_taken_and_left_alone(service: dict[str, str]) -> None:
    hooked = b'{"hook_event_name": "PostToolUse", "x": "' + b"y" * 200_000_000
    assert run(hooked, service).stdout == b""


@pytest.mark.parametrize(
    "arguments",
    [("emacs",), ("codex",), ("claude-code", "--tokens", "x"), ("claude-code", "--magic", "1")],
)
def test_a_wrong_configuration_leaves_all_alone(
    service: dict[str, str], arguments: tuple[object, ...]
) -> None:
    assert run(call("make", LONG), service, *arguments).stdout == b""
    asked = run(call("make", LONG), service | {"CTXC_VERBOSE": "1"}, *arguments)
    assert asked.stdout == b"" and (asked.stderr or arguments == ("codex",))


def test_of_an_output_that_was_saved_all_is_read(service: dict[str, str], tmp_path: Path) -> None:
    saved = tmp_path / "saved.txt"
    whole = LONG * 3 + "10:59:59 ERROR the last line is here\n"
    saved.write_text(whole)
    response = {"persistedOutputPath": str(saved), "persistedOutputSize": len(whole)}
    made = output(run(call("make", LONG[:3000], response=response), service))
    assert "the last line is here" in made["stdout"] and "persistedOutputPath" not in made
    mark = MARK.search(made["stdout"])
    assert mark is not None
    expanded = subprocess.run(ctxc("expand", mark[3]), capture_output=True, env=service)
    assert expanded.stdout == whole.encode()


def test_a_saved_output_that_is_another_file_is_not_looked_into(
    service: dict[str, str], tmp_path: Path
) -> None:
    secret, fifo = tmp_path / "secret", tmp_path / "fifo"
    secret.write_text("SECRET\n" * 9000)
    os.mkfifo(fifo)
    for path in (
        str(secret),
        str(fifo),
        "/dev/zero",
        "/etc/passwd",
        "relative",
        "a\0b",
        str(tmp_path),
    ):
        hooked = call("make", LONG, response={"persistedOutputPath": path}, transcript_path=path)
        assert run(hooked, service).stdout == b"", path
        ran = run(call("make", LONG, transcript_path=path), service)
        assert FAULT in output(ran)["stdout"], "a transcript that is none is done without"


def test_without_a_store_nothing_is_cut(service: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with own_service(service | {"CTXC_STORE": str(tmp_path / "folder")}) as env:
        assert run(call("make", LONG), env).stdout == b""


def own_service(env: dict[str, str]) -> Any:
    return _Own(env)


class _Own:
    """A service of one test's own, warm."""

    def __init__(self, env: dict[str, str]) -> None:
        self.folder = tempfile.mkdtemp(prefix="ctxc-")
        self.env = env | {"XDG_RUNTIME_DIR": self.folder}

    def __enter__(self) -> dict[str, str]:
        self.server = subprocess.Popen(
            ctxc("serve", "--socket"), stderr=subprocess.PIPE, text=True, env=self.env
        )
        assert self.server.stderr is not None and self.server.stderr.readline()
        return self.env

    def __exit__(self, *_: object) -> None:
        self.server.terminate()
        self.server.wait(60)
        assert self.server.stderr is not None
        self.server.stderr.close()
        shutil.rmtree(self.folder)


def test_the_first_hook_starts_the_service_and_the_original_goes_through_meanwhile() -> None:
    folder = tempfile.mkdtemp(prefix="ctxc-")
    env = environment(XDG_RUNTIME_DIR=folder)
    try:
        run(call("make", LONG), env)  # short or not: there may be no time for it
        until(lambda: FAULT.encode() in run(call("make", LONG), env).stdout)
        second = subprocess.run(
            ctxc("serve", "--socket"), capture_output=True, text=True, env=env, timeout=60
        )
        assert second.returncode == 0 and "already" in second.stderr
    finally:
        for socket_ in Path(folder, "ctxc").glob("*.sock"):
            os.kill(listener(socket_), signal.SIGTERM)
            until(lambda gone=socket_: not gone.exists())
        shutil.rmtree(folder)


def listener(path: Path) -> int:
    """The process at the other end of a Unix socket."""
    import struct

    if not hasattr(socket, "SO_PEERCRED"):
        pytest.skip("this system does not say who listens")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
        peer.connect(str(path))
        raw = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return int(struct.unpack("3i", raw)[0])


def test_a_service_that_hangs_is_not_waited_for(tmp_path: Path) -> None:
    folder = tempfile.mkdtemp(prefix="ctxc-")
    env = environment(XDG_RUNTIME_DIR=folder)
    code = "from ctxc.service.place import socket_path; print(socket_path())"
    command = [ctxc()[0], "-c", code]
    path = subprocess.run(command, capture_output=True, text=True, env=env).stdout.strip()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as mute:
        mute.bind(path)
        mute.listen()
        begun = time.monotonic()
        assert run(call("make", LONG), env).stdout == b""
        assert time.monotonic() - begun < 30
    shutil.rmtree(folder)


def test_half_an_answer_is_none(tmp_path: Path) -> None:
    folder = tempfile.mkdtemp(prefix="ctxc-")
    env = environment(XDG_RUNTIME_DIR=folder)
    code = "from ctxc.service.place import socket_path; print(socket_path())"
    path = subprocess.run(
        [ctxc()[0], "-c", code], capture_output=True, text=True, env=env
    ).stdout.strip()

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dying:
        dying.bind(path)
        dying.listen()

        def answer() -> None:
            peer, _ = dying.accept()
            with peer:
                peer.recv(1 << 20)
                peer.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"hookSpec')

        thread = threading.Thread(target=answer)
        thread.start()
        assert run(call("make", LONG), env).stdout == b""
        thread.join()
    shutil.rmtree(folder)


def test_a_folder_that_others_may_write_to_is_not_trusted(tmp_path: Path) -> None:
    folder = tempfile.mkdtemp(prefix="ctxc-")
    os.chmod(folder, 0o777)
    env = environment(XDG_RUNTIME_DIR=folder, CTXC_VERBOSE="1")
    ran = run(call("make", LONG), env)
    assert ran.stdout == b"" and b"not this user's alone" in ran.stderr
    shutil.rmtree(folder)


def test_the_hook_loads_nothing_heavy() -> None:
    code = (
        "import sys; from ctxc.__main__ import main\n"
        "sys.argv = ['ctxc', 'hook', 'run', 'claude-code']\n"
        "try: main()\nexcept SystemExit: pass\n"
        "heavy = {'typer', 'numpy', 'rich', 'tiktoken', 'json', 'subprocess'}\n"
        "sys.stderr.write(' '.join(sorted(heavy & set(sys.modules))))"
    )
    ran = subprocess.run([ctxc()[0], "-c", code], input=b"", capture_output=True, env=environment())
    assert ran.stderr == b""
