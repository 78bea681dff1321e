"""The same work as tools of the Model Context Protocol, over stdio and HTTP.

Over stdio the SDK keeps standard output to itself, and the work is done in other processes, so
that nothing but the protocol is ever written there.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.transport_security import TransportSecuritySettings
from pydantic import Field
from starlette.types import ASGIApp

from .. import __version__
from ..errors import CtxcError
from .desk import Desk
from .requests import ENDPOINTS

_ABOUT = (
    "Shortens long texts to a token budget before a model reads them, and gives back the "
    "original, byte for byte, by its handle."
)

Text = Annotated[str, Field(description="What to shorten.")]
Question = Annotated[str, Field(description="Keep what bears on this question; may be empty.")]
Tokens = Annotated[int, Field(description="Tokens to keep at most.", ge=1)]
Kind = Annotated[
    str, Field(description="The kind of text: json, log, diff, code; empty to tell by content.")
]
Handle = Annotated[str, Field(description="From the last line of what was shortened.")]
Lines = Annotated[str, Field(description="These lines alone: 12-40, 12- or 12; may be empty.")]
Grep = Annotated[str, Field(description="The lines that this matches alone; may be empty.")]
Since = Annotated[str, Field(description="30d, 12h, 2w or a date; empty for all.")]
By = Annotated[str, Field(description="day, model, engine or folder.")]
Paths = Annotated[list[str], Field(description="Files or folders in this folder.")]
MaxTokens = Annotated[int, Field(description="Tokens a document may have.", ge=1)]
Tokenizer = Annotated[str, Field(description="o200k_base or cl100k_base.")]


class Tools:
    """The tools, over a ``desk``; ``root`` is the folder whose files may be checked, or ""."""

    def __init__(self, desk: Desk, deadline: float, root: str = "") -> None:
        self._desk, self._deadline, self._root = desk, deadline, root

    def server(self) -> MCPServer[Any]:
        """A server with all of them; its processes end with it."""
        made: MCPServer[Any] = MCPServer(
            "ctxc", instructions=_ABOUT, version=__version__, lifespan=self._life, log_level="ERROR"
        )
        logging.getLogger("mcp").setLevel(logging.CRITICAL)  # a refused call is said to the client
        for tool in (self.compress, self.expand, self.stats):
            made.add_tool(tool, structured_output=False)
        check = self.check if self._root else self.check_text
        made.add_tool(check, name="check", structured_output=False)
        return made

    def http(self) -> ASGIApp:
        """The server over HTTP at ``/mcp``; hosts and origins are for the ``Guard`` to check."""
        return self.server().streamable_http_app(
            json_response=True,
            max_request_body_size=1 << 40,
            transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        )

    async def compress(
        self, text: Text, question: Question = "", tokens: Tokens = 2000, kind: Kind = ""
    ) -> str:
        """Shorten a text to a token budget. The last line names the original's handle."""
        request = {"text": text, "question": question or None, "tokens": tokens, "kind": kind}
        return await self._ask("compress", _checked("compress", request))

    async def expand(self, handle: Handle, lines: Lines = "", grep: Grep = "") -> str:
        """The original behind a handle, or some of its lines."""
        request = {"handle": handle, "lines": lines or None, "grep": grep or None}
        return await self._ask("expand", _checked("expand", request))

    async def stats(self, since: Since = "", by: By = "day") -> str:
        """What was saved by this user's runs: tokens before and after."""
        return await self._ask("stats", since, by)

    async def check(
        self,
        max_tokens: MaxTokens,
        paths: Paths = ["."],  # noqa: B006 (pydantic copies it)
        tokenizer: Tokenizer = "o200k_base",
    ) -> str:
        """Name the documents that are over a token budget."""
        return await self._ask("check_files", self._root, paths, max_tokens, tokenizer)

    async def check_text(
        self, text: Text, max_tokens: MaxTokens, tokenizer: Tokenizer = "o200k_base"
    ) -> str:
        """Whether a text is within a token budget."""
        return await self._ask("check_text", text, max_tokens, tokenizer)

    async def _ask(self, name: str, *arguments: Any) -> str:
        """Raises ToolError with one line for the model."""
        until = time.monotonic() + self._deadline
        try:
            reply = await self._desk.ask(name, arguments, until, lambda: True, module="mcp_work")
        except CtxcError as error:
            hint = f" ({error.hint})" if error.hint else ""
            raise ToolError(f"{error.message}{hint}") from None
        return reply.body.decode("utf-8", "replace")

    @asynccontextmanager
    async def _life(self, _: Any) -> AsyncIterator[None]:
        self._desk.text.start()
        try:
            yield
        finally:
            await self._desk.text.close()
            await self._desk.models.close()


def _checked(name: str, request: dict[str, Any]) -> dict[str, Any]:
    """The request without what was left empty. Raises ToolError for what HTTP refuses too."""
    (endpoint,) = (each for each in ENDPOINTS if each.name == name)
    some = {key: value for key, value in request.items() if value not in (None, "")}
    try:
        for field in endpoint.fields:
            if field.name in some:
                field.check(some[field.name])
            elif field.required:
                raise ToolError(f"{field.name} is empty")
    except CtxcError as error:
        raise ToolError(error.message) from None
    return some


def run_stdio(desk: Desk, deadline: float) -> None:
    """Serve the process on the other end of stdin and stdout until it goes away."""
    Tools(desk, deadline, os.getcwd()).server().run("stdio")
