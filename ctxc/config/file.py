"""What a configuration file may say, and whether it does: keys, kinds, paths."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..budget import Rate, from_options
from ..console import plain
from ..errors import ConfigError, UsageError

TEXT, WHOLE, NUMBER, FLAG, TEXTS = "a string", "a whole number", "a number", "a boolean", "strings"

_BUDGETS = {"rate": NUMBER, "ratio": NUMBER, "tokens": WHOLE}
_INPUT = {"tokenizer": TEXT, "ignore": TEXTS, "max-file-size": TEXT}
_ENCODER = {"encoder": TEXT, "encoder-prefixes": TEXT, "offline": FLAG}
_MACHINE = {"model": TEXT, "threads": WHOLE, "gpu-layers": TEXT, "gpu": TEXT, **_ENCODER}
_STORE = {"jobs": WHOLE, "no-store": FLAG, "max-store": TEXT}

# Command -> what a project may set. Keys are the options' own names.
PROJECT: dict[str, dict[str, str]] = {
    "lingua": {**_BUDGETS, **_INPUT, "engine": TEXT, "level": TEXT, "keep": TEXT, "strict": FLAG},
    "distill": {
        **_BUDGETS,
        **_INPUT,
        "engine": TEXT,
        "style": TEXT,
        "on-fail": TEXT,
        "min-tokens": WHOLE,
    },
    "answer": {
        **_BUDGETS,
        **_INPUT,
        "compress": TEXT,
        "direct": WHOLE,
        "most": WHOLE,
        "max-tokens": WHOLE,
        "route": TEXT,
        "confidence": NUMBER,
        "expand": WHOLE,
    },
    "run": {**_BUDGETS, "tokenizer": TEXT},
    "check": {**_INPUT, "max-tokens": WHOLE, "baseline": TEXT},
    "stats": {**_INPUT},
    "eval": {**_INPUT, "level": TEXT},
}
# Command -> what the user's own file may set beside that.
USER: dict[str, dict[str, str]] = {
    "lingua": {**PROJECT["lingua"], **_MACHINE, **_STORE, "protect": TEXTS, "markers": FLAG},
    "distill": {**PROJECT["distill"], **_MACHINE, **_STORE, "cite": FLAG},
    "answer": {  # who is asked, and at whose cost, is never for a project to say
        **PROJECT["answer"],
        **_MACHINE,
        **_STORE,
        "reader": TEXT,
        "escalate": TEXT,
        "window": WHOLE,
        "timeout": NUMBER,
        "retries": WHOLE,
        "price": TEXT,
        "price-out": NUMBER,
        "escalate-price": TEXT,
        "escalate-price-out": NUMBER,
        "prices": TEXT,
        "machine-price": NUMBER,
    },
    "run": {**PROJECT["run"], "no-store": FLAG, "max-store": TEXT, "max-output": TEXT},
    "check": PROJECT["check"],
    "eval": {**PROJECT["eval"], **_MACHINE},
    "stats": {
        **PROJECT["stats"],
        "threads": WHOLE,
        "price": TEXT,
        "prices": TEXT,
        "requests": WHOLE,
        "hit-share": NUMBER,
        "machine-price": NUMBER,
    },
}
# What may stand above the commands' tables, for every command that has it.
_SHARED = {*_INPUT, *_MACHINE, *_STORE}
# Options that are no default of the same name: a budget is one value of three spellings.
NOT_MAPPED = {*_BUDGETS, "ignore"}
_ALL = Rate(1.0)


@dataclass(frozen=True, slots=True)
class File:
    """One file's table; ``known`` is what it may set, ``inside`` where its paths must stay."""

    path: Path
    table: Any
    prefix: str
    known: dict[str, dict[str, str]]
    inside: Path | None

    def commands(self) -> dict[str, dict[str, Any]]:
        """Each command's keys, checked: its own over the shared ones."""
        if not isinstance(self.table, dict):
            raise self._error(f"[{self.prefix}] is no table")
        shared = {key: value for key, value in self.table.items() if key not in self.known}
        allowed = {
            name: kind
            for keys in self.known.values()
            for name, kind in keys.items()
            if name in _SHARED
        }
        for key, value in shared.items():
            self._check(key, value, allowed, "", [*allowed, *self.known])
        commands = {}
        for command, kinds in self.known.items():
            own = self.table.get(command, {})
            if not isinstance(own, dict):
                raise self._error(f"{command} is no table", f"as in [{self._name(command)}]")
            for key, value in own.items():
                self._check(key, value, kinds, command, list(kinds))
            keys = {key: value for key, value in shared.items() if key in kinds} | own
            commands[command] = self._finished(command, keys)
        return commands

    def _check(
        self, key: str, value: Any, kinds: Mapping[str, str], command: str, choices: list[str]
    ) -> None:
        shown = plain(self._name(command, key))
        if key not in kinds:
            if self.inside is not None and key in _users_own():
                raise self._error(
                    f"{shown} is for a user to decide, not for a project",
                    f"in the user's own config.toml, or --{key}",
                )
            near = difflib.get_close_matches(key, choices, n=1)
            raise self._error(
                f"there is no key {shown}",
                f"did you mean {near[0]}?" if near else f"known: {', '.join(sorted(choices))}",
            )
        if not _is(value, kinds[key]):
            raise self._error(f"{shown} takes {kinds[key]}, not {_shown(value)}")
        if any("\0" in text for text in (value if isinstance(value, list) else [str(value)])):
            raise self._error(f"{shown} holds a NUL character")

    def _finished(self, command: str, keys: dict[str, Any]) -> dict[str, Any]:
        """The three spellings of a budget made one; paths resolved."""
        rate, ratio, tokens = (keys.get(name) for name in _BUDGETS)
        try:
            if (rate, ratio, tokens) != (None, None, None):
                keys["budget"] = from_options(rate, ratio, tokens, _ALL)
        except UsageError as error:
            raise self._error(f"[{self._name(command)}]: {error.message}", error.hint) from None
        if "baseline" in keys:
            keys["baseline"] = self._path(command, "baseline", keys["baseline"])
        tokenizer = keys.get("tokenizer", "")
        if tokenizer.startswith("gguf:"):
            if self.inside is not None:
                raise self._error(
                    f"{self._name(command, 'tokenizer')}: a model's file is for a user to name,"
                    " not for a project",
                    "in the user's own config.toml, or --tokenizer",
                )
            path = self._path(command, "tokenizer", tokenizer.removeprefix("gguf:"))
            keys["tokenizer"] = f"gguf:{path}"
        return keys

    def _path(self, command: str, key: str, value: str) -> str:
        """A path of this file: relative to it, and for a project inside it."""
        try:
            path = self.path.parent / Path(value).expanduser()
        except RuntimeError:
            raise self._error(
                f"{self._name(command, key)}: {plain(value, 60)} is in no user's folder"
            ) from None
        if self.inside is not None:
            top, real = os.path.realpath(self.inside), os.path.realpath(path)
            if not real.startswith(top.rstrip(os.sep) + os.sep):
                raise self._error(f"{self._name(command, key)}: {value} is outside the project")
        return str(path)

    def _name(self, *parts: str) -> str:
        return ".".join(part for part in (self.prefix, *parts) if part)

    def _error(self, message: str, hint: str = "") -> ConfigError:
        return ConfigError(f"{plain(self.path)}: {message}", hint=hint)


def _shown(value: Any) -> str:
    """A value of the wrong kind, however deep or long it is."""
    if isinstance(value, dict):
        return "a table"
    return plain(repr(value), 60) if not isinstance(value, list) else "an array"


def _users_own() -> set[str]:
    return {key for keys in USER.values() for key in keys}


def _is(value: Any, kind: str) -> bool:
    if kind == FLAG:
        return isinstance(value, bool)
    if kind == TEXT:
        return isinstance(value, str)
    if kind == TEXTS:
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    number = int if kind == WHOLE else (int, float)
    return isinstance(value, number) and not isinstance(value, bool)
