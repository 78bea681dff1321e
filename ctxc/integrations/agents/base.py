"""What a coding agent's hook is about: one tool's result, and how to hand back a shorter one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

LONGEST_QUESTION = 1000
"""Characters of the command and the agent's last message together."""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """A tool's result that may be shortened.

    ``text`` is what the agent would read, ``asked`` what it asked the tool for,
    ``reply`` the hook's answer that puts another text in its place.
    ``whole`` is a file that holds all of it where ``text`` is its beginning,
    ``transcript`` the conversation's file; "" for none. Both are names that
    came in: nothing is to be believed of what they lead to.
    """

    text: str
    asked: str
    reply: Callable[[str], dict[str, Any]]
    whole: str = ""
    transcript: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A configuration file as it is to be: ``lines`` are what is new in it, or goes from it."""

    path: Path
    before: bytes | None
    after: bytes
    lines: tuple[str, ...]


class Agent(Protocol):
    """One agent: a module of this package."""

    NAME: str
    RUNS: bool
    """Whether it calls ``ctxc hook run``; else it is only told of ``ctxc run``."""

    def read(self, call: Mapping[str, Any]) -> ToolResult | None:
        """What of a hook's input may be shortened; None: nothing."""

    def message(self, line: Mapping[str, Any]) -> str:
        """What the agent says in a line of its transcript; "" where it says nothing."""

    def settings(self, project: Path | None) -> Path:
        """The file to write to, of the project or (None) of the user."""

    def install(self, path: Path, command: str) -> Change:
        """Raises ConfigError for a file that cannot be read as what it should be."""

    def uninstall(self, path: Path) -> Change:
        """Raises ConfigError, and for a file without anything of ctxc in it."""


# The program a shell line runs, at its beginning or behind what joins two.
_FIRST = re.compile(r"(?:^|[|;&(\n])\s*(?:\w+=\S*\s+)*(?:sudo\s+)?([\w./+-]+)")
_PRINTS_FILES = frozenset("cat head tail nl sed awk bat batcat less more view tac".split())
_DATA = re.compile(r"\S+\.(?:log|out|err|jsonl|ndjson|csv|tsv)(?:\.\d+)?(?=$|[\s'\";|&)])")


def prints_a_file(command: str) -> bool:
    """Whether a shell line prints a file, which may be about to be edited.

    Logs and tables are not edited.

    >>> prints_a_file("cd a && sed -n 1,80p b.py"), prints_a_file("tail -n 500 build.log")
    (True, False)
    """
    programs = [name.rpartition("/")[2] for name in _FIRST.findall(command)]
    working = [name for name in programs if name not in ("cd", "export", "set", "echo")]
    return bool(working) and working[0] in _PRINTS_FILES and not _DATA.search(command)


def is_own(command: str) -> bool:
    """Whether it runs ctxc: what comes out is as it was asked for."""
    return any(name.rpartition("/")[2] == "ctxc" for name in _FIRST.findall(command))


def string(value: Any) -> str:
    return value if isinstance(value, str) else ""
