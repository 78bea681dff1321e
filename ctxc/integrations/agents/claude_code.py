"""Claude Code: a ``PostToolUse`` hook whose ``updatedToolOutput`` replaces what the model reads.

Since 2.1.121 for all tools. The replacement must have the tool's own shape, else the agent
drops it (anthropics/claude-code 68951). The hook is not called for a tool that failed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ...errors import ConfigError
from . import json_settings
from .base import LONGEST_QUESTION, Change, ToolResult, is_own, prints_a_file, string

NAME = "claude-code"
RUNS = True
EVENT = "PostToolUse"
MATCHER = "Bash|Grep|mcp__.*"
TIMEOUT = 5
"""Seconds after which the agent stops waiting by itself; the hook is gone after two."""

# What reads, writes or opens files by its name, and what ctxc itself serves.
_ABOUT_FILES = re.compile(r"read|file|edit|write|open|view|cat|fetch_content|ctxc", re.IGNORECASE)
_OURS = re.compile(r"""(?:^|[\s/\\'"]|-m )ctxc(?:\.exe)?['"]? hook run claude-code\b""")

_Reply = Callable[[str], dict[str, Any]]


def read(call: Mapping[str, Any]) -> ToolResult | None:
    """What of the hook's input may be shortened; None: nothing."""
    name, asked, response = (call.get(k) for k in ("tool_name", "tool_input", "tool_response"))
    if call.get("hook_event_name") != EVENT or not isinstance(name, str):
        return None
    asked = asked if isinstance(asked, dict) else {}
    if name in _TOOLS:
        result = _TOOLS[name](asked, response)
    else:
        result = _mcp(name, asked, response) if name.startswith("mcp__") else None
    if result is None:
        return None
    text, question, whole, reply = result
    return ToolResult(text, question, reply, whole, string(call.get("transcript_path")))


_Read = tuple[str, str, str, _Reply]


def _bash(asked: Mapping[str, Any], response: Any) -> _Read | None:
    """A shell's output; its stderr stays as it is."""
    command = string(asked.get("command"))
    if not isinstance(response, dict) or not isinstance(response.get("stdout"), str):
        return None
    if response.get("interrupted") or response.get("isImage"):
        return None
    if prints_a_file(command) or is_own(command):
        return None
    whole = string(response.get("persistedOutputPath"))

    def reply(text: str) -> dict[str, Any]:
        # With the saved copy named, the agent would show that one's beginning.
        kept = {k: v for k, v in response.items() if not k.startswith("persistedOutput")}
        return _replaced({**kept, "stdout": text})

    question = f"{command} {string(asked.get('description'))}".strip()
    return response["stdout"], question, whole, reply


def _grep(asked: Mapping[str, Any], response: Any) -> _Read | None:
    """Matching lines of many files."""
    if not isinstance(response, dict) or response.get("mode") != "content":
        return None
    text = response.get("content")
    if not isinstance(text, str):
        return None
    question = string(asked.get("pattern"))
    return text, question, "", lambda new: _replaced({**response, "content": new})


def _mcp(name: str, asked: Mapping[str, Any], response: Any) -> _Read | None:
    """One text of an MCP tool's result, whose other parts stay as they are."""
    if _ABOUT_FILES.search(name):
        return None
    values = [value for value in asked.values() if isinstance(value, str)]
    question = " ".join([name.rpartition("__")[2].replace("_", " "), *values])[:LONGEST_QUESTION]
    if isinstance(response, str):
        return response, question, "", _replaced
    if not isinstance(response, list):
        return None
    texts = [i for i, part in enumerate(response) if _is_text(part)]
    if len(texts) != 1:
        return None
    at = texts[0]

    def reply(text: str) -> dict[str, Any]:
        return _replaced([*response[:at], {**response[at], "text": text}, *response[at + 1 :]])

    return response[at]["text"], question, "", reply


_TOOLS: Mapping[str, Callable[[Mapping[str, Any], Any], _Read | None]] = {
    "Bash": _bash,
    "Grep": _grep,
}


def _is_text(part: Any) -> bool:
    return (
        isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str)
    )


def _replaced(output: Any) -> dict[str, Any]:
    return {"hookSpecificOutput": {"hookEventName": EVENT, "updatedToolOutput": output}}


def message(line: Mapping[str, Any]) -> str:
    """What the agent says in a line of its transcript."""
    body = line.get("message")
    if line.get("type") != "assistant" or not isinstance(body, dict):
        return ""
    content = body.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return " ".join(part["text"] for part in parts if _is_text(part))


def settings(project: Path | None) -> Path:
    """The user's file, or the one of a project that is not for its other users."""
    if project is not None:
        return project / ".claude" / "settings.local.json"
    folder = os.environ.get("CLAUDE_CONFIG_DIR") or "~/.claude"
    return Path(folder).expanduser() / "settings.json"


def install(path: Path, command: str) -> Change:
    """``path`` with the hook in it, in place of an earlier one."""
    file = json_settings.read(path)
    hook = {"type": "command", "command": command, "timeout": TIMEOUT}
    ours = {"matcher": MATCHER, "hooks": [hook]}
    groups, _ = _without(file.groups(EVENT))
    return file.changed(EVENT, [*groups, ours], [ours])


def uninstall(path: Path) -> Change:
    """``path`` without it."""
    file = json_settings.read(path)
    groups, gone = _without(file.groups(EVENT))
    if not gone:
        raise ConfigError(f"there is no hook of ctxc in {path}")
    return file.changed(EVENT, groups, gone)


def _without(groups: list[Any]) -> tuple[list[Any], list[Any]]:
    """The groups without ours, and ours."""
    left, gone = [], []
    for group in groups:
        hooks = group.get("hooks") if isinstance(group, dict) else None
        if not isinstance(hooks, list):
            left.append(group)
            continue
        others = [hook for hook in hooks if not _is_ours(hook)]
        if len(others) < len(hooks):
            gone.append({**group, "hooks": [hook for hook in hooks if _is_ours(hook)]})
        if others or len(others) == len(hooks):
            left.append(group if len(others) == len(hooks) else {**group, "hooks": others})
    return left, gone


def _is_ours(hook: Any) -> bool:
    return isinstance(hook, dict) and bool(_OURS.search(string(hook.get("command"))))
