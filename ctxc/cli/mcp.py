"""``ctxc mcp``: the tools of the Model Context Protocol, over stdio or HTTP."""

from dataclasses import dataclass
from typing import Annotated

from . import options as opt
from .grouped import but, grouped, without
from .serve import LISTENING, Deadline, Listening


@dataclass(frozen=True, slots=True)
class _Listening(Listening):
    port: Annotated[int, opt.Option("--port", help="0: any that is free.")] = 8378


@grouped
def mcp(
    listening: _Listening,
    deadline: Annotated[Deadline, but(deadline="Seconds of a call.")],
    store: Annotated[opt.Store, without("max_store", no_store="Keep no originals.")],
    messages: Annotated[opt.Messages, without("verbose")],
    http: Annotated[
        bool,
        opt.Option(
            "--http",
            help="Over HTTP, at /mcp, instead of standard input and output.",
            rich_help_panel=LISTENING,
        ),
    ] = False,
) -> int:
    """Serve the tools compress, expand, stats and check to an agent.

    Over stdio, check looks at files of the folder it is started in; over HTTP at texts alone.

    Examples:
      ctxc mcp
      ctxc mcp --http --port 8378
    """
    from ..service.values import Setup
    from .serve_run import run_mcp

    messages.apply()
    setup = Setup(store=not store.no_store)
    return run_mcp(listening, deadline.deadline, setup, http=http)
