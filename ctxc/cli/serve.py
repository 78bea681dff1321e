"""``ctxc serve``: the service, on loopback unless told otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import options as opt

SERVICE = "Service"


def serve(
    host: Annotated[
        str,
        typer.Option(
            "--host",
            help="Where to listen; beyond loopback a token is needed.",
            rich_help_panel=SERVICE,
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", help="0: any that is free.", rich_help_panel=SERVICE)
    ] = 8377,
    socket: Annotated[
        bool,
        typer.Option(
            "--socket",
            help="On the Unix socket of this user's hooks, until nobody has asked for --idle.",
            rich_help_panel=SERVICE,
        ),
    ] = False,
    token_file: Annotated[
        Path | None,
        typer.Option(
            "--token-file",
            metavar="FILE",
            help="Requests must come with the token in it (or in CTXC_SERVE_TOKEN).",
            rich_help_panel=SERVICE,
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host",
            metavar="NAME",
            help="Another name this service goes by; may be repeated.",
            rich_help_panel=SERVICE,
        ),
    ] = None,
    workers: Annotated[
        int,
        typer.Option(
            "--workers",
            help="Texts at a time, without a model; 0: all usable cores.",
            rich_help_panel=SERVICE,
        ),
    ] = 0,
    queue: Annotated[
        int,
        typer.Option(
            "--queue",
            help="Requests at a time; more are told to come back.",
            rich_help_panel=SERVICE,
        ),
    ] = 64,
    deadline: Annotated[
        float,
        typer.Option("--deadline", help="Seconds of a request.", rich_help_panel=SERVICE),
    ] = 60.0,
    idle: Annotated[
        float,
        typer.Option(
            "--idle",
            help="Seconds without a request after which it ends.  [default: never; 900 with "
            "--socket]",
            rich_help_panel=SERVICE,
        ),
    ] = 0.0,
    max_body: Annotated[
        str,
        typer.Option("--max-body", metavar="SIZE", help="Of a request.", rich_help_panel=SERVICE),
    ] = "16MiB",
    reader: Annotated[
        str,
        typer.Option(
            "--reader",
            envvar="CTXC_READER",
            help="Who answers at /answer: a model as for -m, or openai:MODEL.",
            rich_help_panel=opt.MODEL,
        ),
    ] = "",
    model: opt.Model = None,
    threads: opt.Threads = 0,
    gpu_layers: opt.GpuLayers = "auto",
    no_store: Annotated[
        bool,
        typer.Option(
            "--no-store",
            envvar="CTXC_NO_STORE",
            help="Keep no originals.",
            rich_help_panel=opt.OUTPUT,
        ),
    ] = False,
    quiet: opt.Quiet = False,
) -> int:
    """Answer compress, answer, count and expand over HTTP, with models that stay warm.

    ctxc help serve describes the requests. SIGTERM ends it when what is begun is answered.
    """
    from ..console import set_quiet
    from .serve_run import Bounds, Listening, run_serve
    from .sizes import size

    set_quiet(quiet)
    listening = Listening(host, port, socket, token_file, tuple(allow_host or ()))
    bounds = Bounds(workers, queue, deadline, idle, size(max_body, "--max-body"))
    return run_serve(listening, bounds, (model, threads, gpu_layers, reader, not no_store))
