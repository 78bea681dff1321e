"""Coding agents by name: one module each, imported on use."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from ...errors import UsageError
from .base import Agent

_AGENTS = {"claude-code": "claude_code", "codex": "codex"}

NAMES = tuple(_AGENTS)


def agent(name: str) -> Agent:
    """The agent called ``name``. Raises UsageError."""
    if name not in _AGENTS:
        raise UsageError(
            f"there is no agent called {name!r}", hint=f"choose one of {', '.join(NAMES)}"
        )
    return cast(Agent, import_module(f".{_AGENTS[name]}", __package__))
