"""``ctxc serve``: the service, on loopback unless told otherwise."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

from . import options as opt
from .grouped import grouped, without

LISTENING, BOUNDS = "Listening", "Bounds"


@dataclass(frozen=True, slots=True)
class Listening:
    """Where a service listens, and to whom."""

    PANEL: ClassVar[str] = LISTENING

    host: Annotated[
        str, opt.Option("--host", help="Where to listen; beyond loopback a token is needed.")
    ] = "127.0.0.1"
    port: Annotated[int, opt.Option("--port", help="0: any that is free.")] = 8377
    token_file: Annotated[
        Path | None,
        opt.Option(
            "--token-file",
            metavar="FILE",
            help="Requests must come with the token in it (or in CTXC_SERVE_TOKEN).",
        ),
    ] = None
    allow_host: Annotated[
        tuple[str, ...],
        opt.Option(
            "--allow-host",
            metavar="NAME",
            help="Another name this service goes by; may be repeated.",
        ),
    ] = ()


@dataclass(frozen=True, slots=True)
class Deadline:
    PANEL: ClassVar[str] = BOUNDS

    deadline: Annotated[float, opt.Option("--deadline", help="Seconds of a request.")] = 60.0


@dataclass(frozen=True, slots=True)
class Bounds(Deadline):
    """How much at a time, and for how long."""

    workers: Annotated[
        int,
        opt.Option("--workers", help="Texts at a time, without a model; 0: all usable cores."),
    ] = 0
    queue: Annotated[
        int,
        opt.Option("--queue", help="Requests at a time; more are told to come back."),
    ] = 64
    idle: Annotated[
        float,
        opt.Option(
            "--idle",
            help="Seconds without a request after which it ends.  [default: never; 900 with "
            "--socket]",
            show_default=False,
        ),
    ] = 0.0
    max_body: Annotated[str, opt.Option("--max-body", metavar="SIZE", help="Of a request.")] = (
        "16MiB"
    )


@grouped
def serve(
    listening: Listening,
    bounds: Bounds,
    models: Annotated[opt.Model, without("gpu")],
    store: Annotated[opt.Store, without("max_store", no_store="Keep no originals.")],
    messages: Annotated[opt.Messages, without("verbose")],
    socket: Annotated[
        bool,
        opt.Option(
            "--socket",
            help="On the Unix socket of this user's hooks instead.",
            rich_help_panel=LISTENING,
        ),
    ] = False,
    reader: Annotated[
        str,
        opt.Option(
            "--reader",
            envvar="CTXC_READER",
            help="Who answers at /answer: a model as for -m, or openai:MODEL.",
            rich_help_panel="Model",
        ),
    ] = "",
) -> int:
    """Answer compress, answer, count and expand over HTTP, with models that stay warm.

    ctxc help serve describes the requests. SIGTERM ends it when what is begun is answered.

    Examples:
      ctxc serve --port 8377
      ctxc serve --host 0.0.0.0 --token-file token
    """
    from ..service.values import Setup
    from .serve_run import run_serve

    messages.apply()
    setup = Setup(models.model, models.threads, models.gpu_layers, reader, not store.no_store)
    return run_serve(listening, bounds, setup, on_socket=socket)
