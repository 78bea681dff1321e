"""Codex: its hooks cannot put another text in a tool result's place (openai/codex 38135).

Rewriting the command instead (``PreToolUse`` with ``updatedInput``) would have to allow it in
the same breath, past the user's own approval. So the agent is told of the wrapper, ``ctxc run``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...console import plain
from ...errors import ConfigError
from .base import Change, ToolResult

NAME = "codex"
RUNS = False

BEGIN, END = "<!-- ctxc: begin -->", "<!-- ctxc: end -->"
ADVICE = f"""{BEGIN}
## Long output

Run commands whose output may be long (tests, builds, linters, logs, searches) behind
`ctxc run --`: `ctxc run -q "Which tests failed?" -- pytest`. Output of up to 2,000 tokens comes
as it is; of more, what bears on the question, failures first. The exit code is the command's.
The last line names a handle: `ctxc expand HANDLE` prints the whole output, `--lines 40-80` or
`--grep REGEX` some of it. Do not use it to read files that you are about to edit.
{END}
"""
_BLOCK = re.compile(re.escape(BEGIN) + r".*?" + re.escape(END) + r"\r?\n?", re.DOTALL)


def read(call: Mapping[str, Any]) -> ToolResult | None:
    """Nothing: no result can be replaced."""
    return None


def message(line: Mapping[str, Any]) -> str:
    return ""


def settings(project: Path | None) -> Path:
    """``AGENTS.md`` of the project, or the user's."""
    if project is not None:
        return project / "AGENTS.md"
    return Path(os.environ.get("CODEX_HOME") or "~/.codex").expanduser() / "AGENTS.md"


def install(path: Path, command: str) -> Change:
    """The advice at the end of the file, or in place of an earlier one; ``command`` has no use."""
    raw, text = _read(path)
    if BEGIN in text:
        after = _BLOCK.sub(lambda _: ADVICE, _whole(path, text), count=1)
    else:
        gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
        after = text + gap + ADVICE
    return Change(path, raw, after.encode(), tuple(ADVICE.splitlines()))


def uninstall(path: Path) -> Change:
    raw, text = _read(path)
    if BEGIN not in text:
        raise ConfigError(f"there is nothing of ctxc in {plain(path)}")
    gone = _BLOCK.search(_whole(path, text))
    assert gone is not None
    before = text[: gone.start()]
    # The empty line that came with it goes too.
    after = (before[:-1] if before.endswith("\n\n") else before) + text[gone.end() :]
    return Change(path, raw, after.encode(), tuple(gone[0].splitlines()))


def _whole(path: Path, text: str) -> str:
    if not _BLOCK.search(text):
        raise ConfigError(
            f"{plain(path)} has {BEGIN} without its end", hint=f"add {END}, or take both out"
        )
    return text


def _read(path: Path) -> tuple[bytes | None, str]:
    try:
        raw = path.read_bytes()
        return raw, raw.decode()
    except FileNotFoundError:
        return None, ""
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ConfigError(f"{plain(path)} cannot be read: {reason}") from None
