"""``ctxc mcp``: the tools of the Model Context Protocol, over stdio or HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import options as opt


def mcp(
    http: Annotated[
        bool, typer.Option("--http", help="Over HTTP, at /mcp, instead of standard input.")
    ] = False,
    host: Annotated[
        str, typer.Option("--host", help="Where to listen; beyond loopback a token is needed.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="0: any that is free.")] = 8378,
    token_file: Annotated[
        Path | None,
        typer.Option(
            "--token-file",
            metavar="FILE",
            help="Requests must come with the token in it (or in CTXC_SERVE_TOKEN).",
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host",
            metavar="NAME",
            help="Another name this service goes by; may be repeated.",
        ),
    ] = None,
    deadline: Annotated[float, typer.Option("--deadline", help="Seconds of a call.")] = 60.0,
    no_store: Annotated[
        bool, typer.Option("--no-store", envvar="CTXC_NO_STORE", help="Keep no originals.")
    ] = False,
    quiet: opt.Quiet = False,
) -> int:
    """Serve the tools compress, expand, stats and check to an agent.

    Over stdio, check looks at files of the folder it is started in; over HTTP at texts alone.
    """
    from ..console import set_quiet
    from .serve_run import Bounds, Listening, run_mcp

    set_quiet(quiet)
    listening = Listening(host, port, False, token_file, tuple(allow_host or ()))
    bounds = Bounds(0, 64, deadline, 0.0, 1 << 24)
    return run_mcp(listening, bounds, http=http, store=not no_store)
