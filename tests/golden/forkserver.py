"""Starts ``python -m ctxc`` many times for the price of one interpreter.

Run as a program it imports ctxc once and then forks: each child is one command,
exactly as ``python -m ctxc`` runs it, with the folder, environment, arguments and
streams that one line of JSON on standard input names. Each answer is a line with
the exit code. A child shares nothing with the next one, so neither state nor a
crash goes from command to command.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import sys
from typing import Any, NoReturn


def serve() -> None:
    """Answer requests until standard input ends."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _become(json.loads(line))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _become(request: dict[str, Any]) -> NoReturn:
    code = 99
    try:
        _streams(request)
        os.environ.clear()
        os.environ.update(request["environment"])
        os.chdir(request["folder"])
        sys.argv = ["ctxc", *request["arguments"]]
        code = _run()
    finally:
        os._exit(code)


def _streams(request: dict[str, Any]) -> None:
    """The child's own standard streams, over files."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    os.dup2(os.open(request["stdin"], os.O_RDONLY), 0)
    os.dup2(os.open(request["stdout"], flags), 1)
    os.dup2(os.open(request["stderr"], flags), 2)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", buffering=1, closefd=False)  # noqa: SIM115
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _run() -> int:
    try:
        runpy.run_module("ctxc", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1 if end.code else 0
    else:
        code = 0
    sys.stdout.flush()
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    import ctxc
    import ctxc.cli

    ctxc.count_tokens("the tokenizer's table is read here, once")
    serve()
