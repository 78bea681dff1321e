"""``ctxc mcp`` as an agent meets it: the SDK's own client, over stdio and over HTTP."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mcp")
pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

import httpx2
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from services import Server, ctxc, environment

from ctxc import count_tokens

pytestmark = pytest.mark.extras

LINES = [f"10:00:{i % 60:02d} INFO step {i} took {i * 7 % 13} ms" for i in range(500)]
TEXT = "\n".join([*LINES, "10:09:00 ERROR disk sdb7 is full", *LINES]) + "\n"
MARK = re.compile(r"\[ctxc: [\d,]+ -> [\d,]+ tokens; whole output: ctxc expand ([0-9a-f]{6,})\]")


@asynccontextmanager
async def stdio(folder: Path) -> AsyncIterator[Client]:
    arguments = ctxc("mcp")[1:]
    env = environment()
    server = StdioServerParameters(command=sys.executable, args=arguments, env=env, cwd=folder)
    async with Client(server) as client:
        yield client


@asynccontextmanager
async def http(server: Server, **headers: str) -> AsyncIterator[Client]:
    own = httpx2.AsyncClient(headers=headers)
    transport = streamable_http_client(f"{server.url}/mcp", http_client=own)
    async with own, Client(transport) as client:
        yield client


async def called(client: Client, name: str, **arguments: Any) -> tuple[bool, str]:
    result = await client.call_tool(name, arguments)
    (content,) = result.content
    return bool(result.is_error), str(getattr(content, "text", ""))


def test_over_stdio_all_tools_do_their_work(tmp_path: Path) -> None:
    (tmp_path / "long.md").write_text("A sentence of some words. " * 50)
    (tmp_path / "short.md").write_text("Short.")

    async def use() -> None:
        async with stdio(tmp_path) as client:
            tools = (await client.list_tools()).tools
            assert [tool.name for tool in tools] == ["compress", "expand", "stats", "check"]
            assert all(tool.description for tool in tools)
            asked = {"text": TEXT, "question": "Which disk is full?", "tokens": 300}
            failed, short = await called(client, "compress", **asked)
            assert not failed and "sdb7" in short and count_tokens(short) <= 300
            mark = MARK.search(short)
            assert mark is not None
            assert await called(client, "expand", handle=mark[1]) == (False, TEXT)
            _, first = await called(client, "expand", handle=mark[1], lines="1-1")
            assert first == LINES[0] + "\n"
            assert "sdb7" in (await called(client, "expand", handle=mark[1], grep="ERROR"))[1]
            failed, answer = await called(client, "check", max_tokens=100)
            assert (
                not failed and "long.md: 301 tokens, 201 over" in answer and "2 checked" in answer
            )
            assert await called(client, "check", max_tokens=100, paths=["short.md"]) == (
                False,
                "1 checked",
            )

    asyncio.run(use())


def test_a_short_text_comes_back_as_it_is(tmp_path: Path) -> None:
    async def use() -> None:
        async with stdio(tmp_path) as client:
            assert await called(client, "compress", text="Short.\n") == (False, "Short.\n")

    asyncio.run(use())


def test_what_cannot_be_done_is_said_to_the_model(tmp_path: Path) -> None:
    outside = tmp_path.parent / "outside.txt"
    outside.write_text("SECRET " * 500)
    (tmp_path / "link.txt").symlink_to(outside)

    async def use() -> None:
        async with stdio(tmp_path) as client:
            for name, arguments, says in (
                ("compress", {"text": ""}, "empty"),
                ("compress", {"text": TEXT, "tokens": 0}, "greater than or equal to 1"),
                ("compress", {"text": TEXT, "tokens": 9}, "at least 64"),
                ("compress", {"text": TEXT, "kind": "magic"}, "kind"),
                ("expand", {"handle": "ffffff"}, "no original ffffff"),
                ("expand", {"handle": "../x"}, "no original ../x"),
                ("stats", {"by": "magic"}, "choose one of"),
                ("stats", {}, "holds no runs"),
                ("check", {"max_tokens": 9, "paths": ["../outside.txt"]}, "outside"),
                ("check", {"max_tokens": 9, "paths": [str(outside)]}, "outside"),
                ("check", {"max_tokens": 9, "paths": ["link.txt"]}, "outside"),
                ("check", {"max_tokens": 9, "paths": ["a\0b"]}, "null"),
            ):
                failed, answer = await called(client, name, **arguments)
                assert failed and says in answer, (name, arguments, answer)
                assert "Traceback" not in answer and "SECRET" not in answer

    asyncio.run(use())


def test_too_much_to_read_at_once_is_not_sent(tmp_path: Path) -> None:
    async def use() -> None:
        async with stdio(tmp_path) as client:
            _, short = await called(client, "compress", text=TEXT * 9, tokens=200)
            mark = MARK.search(short)
            assert mark is not None
            failed, answer = await called(client, "expand", handle=mark[1])
            assert failed and "too many to read at once" in answer

    asyncio.run(use())


def test_nothing_but_the_protocol_is_on_stdout(tmp_path: Path) -> None:
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    }
    ready = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    text = "The pump failed. It was old. Nobody was hurt. " * 40
    arguments = {"text": text, "question": "What failed?", "tokens": 90}
    call = {
        "jsonrpc": "2.0",
        "id": 2,
        "method": "tools/call",
        "params": {"name": "compress", "arguments": arguments},
    }
    process = subprocess.Popen(
        ctxc("mcp"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment()
    )
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write("this is no JSON\n")
    for message in (hello, ready, call):
        process.stdin.write(json.dumps(message) + "\n")
    process.stdin.flush()
    lines = []
    while not any(line.get("id") == 2 for line in lines):
        lines.append(json.loads(process.stdout.readline()))  # raises for what is no JSON
    assert "pump failed" in json.dumps(lines[-1])
    process.stdin.close()
    assert all(json.loads(line) for line in process.stdout)
    assert process.wait(60) == 0
    process.stdout.close()


def test_over_http_no_file_of_the_server_can_be_asked_for() -> None:
    server = Server("mcp", "--http", "--port", 0)

    async def use() -> None:
        async with http(server) as client:
            tools = {tool.name: tool.input_schema for tool in (await client.list_tools()).tools}
            assert set(tools) == {"compress", "expand", "stats", "check"}
            assert "paths" not in tools["check"]["properties"]
            failed, short = await called(client, "compress", text=TEXT, tokens=300)
            assert not failed and MARK.search(short)
            failed, answer = await called(client, "check", text="one two three", max_tokens=2)
            assert not failed and "1 over its budget" in answer

    try:
        asyncio.run(use())
    finally:
        assert server.stop() == 0


def test_over_http_other_origins_and_those_without_the_token_are_refused(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("a-token-of-more-than-sixteen")
    server = Server("mcp", "--http", "--port", 0, "--token-file", tmp_path / "token")
    bearer = {"authorization": "Bearer a-token-of-more-than-sixteen"}
    body = {"jsonrpc": "2.0", "id": 1, "method": "ping"}

    def status(**headers: str) -> int:
        return httpx2.post(f"{server.url}/mcp", json=body, headers=headers).status_code

    async def use() -> None:
        async with http(server, **bearer) as client:
            assert not (await called(client, "compress", text="Short."))[0]

    try:
        assert status() == 401
        assert status(**bearer, host="evil.example") == 421
        assert status(**bearer, origin="http://evil.example") == 403
        asyncio.run(use())
    finally:
        assert server.stop() == 0


def test_beyond_loopback_there_is_none_without_a_token() -> None:
    command = ctxc("mcp", "--http", "--host", "0.0.0.0", "--port", 0)
    ran = subprocess.run(command, capture_output=True, text=True, env=environment())
    assert ran.returncode == 2 and "--token-file" in ran.stderr
