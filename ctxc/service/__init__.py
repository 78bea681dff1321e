"""A warm ctxc behind HTTP: for hooks and editors on a Unix socket, for programs on loopback.

``place`` is where a user's own service listens, ``hook_client`` the hook's side of it, which
loads nothing; ``app`` the requests, ``guard`` whom it listens to, ``desk`` how many at a time,
``workers`` the processes that work, ``work`` what they do there; ``mcp_server`` the same for MCP.
"""
