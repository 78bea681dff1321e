"""Configuration files -> the command line's defaults.

Two files, both TOML: ``[tool.ctxc]`` in the nearest ``pyproject.toml``, and the
user's own ``config.toml`` (``CTXC_CONFIG`` names another). A flag wins over a
``CTXC_*`` variable, that over the project, the project over the user's file.

A project is somebody else's: it may set budgets, engines and what to ignore;
never a model, a download, a command or a path outside itself. An unknown key
is an error with the nearest known one.

::

    [tool.ctxc]
    tokenizer = "cl100k_base"
    ignore = ["drafts/", "*.log"]

    [tool.ctxc.lingua]
    ratio = 4
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..budget import Budget
from ..console import plain
from ..errors import ConfigError
from .file import NOT_MAPPED, PROJECT, USER, File

__all__ = ["PROJECT", "USER", "Config", "load", "project_file", "read", "user_file"]


@dataclass(frozen=True, slots=True)
class Config:
    """What the files say, by command: option defaults, the budget, patterns to ignore.

    ``of_project`` is what of it the file ``project`` says, by command.
    """

    defaults: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    budgets: Mapping[str, Budget] = field(default_factory=dict)
    ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    of_project: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    project: Path | None = None

    def budget(self, command: str, default: Budget) -> Budget:
        return self.budgets.get(command, default)

    def ignore(self, command: str) -> tuple[str, ...]:
        """As globs that leave out: ``!drafts/``."""
        return tuple(f"!{pattern}" for pattern in self.ignores.get(command, ()))


def load() -> Config:
    """The configuration of the current folder and this user. Raises ConfigError."""
    return _load(os.getcwd(), os.environ.get("CTXC_CONFIG"))


@lru_cache(maxsize=4)
def _load(folder: str, _user: str | None) -> Config:
    return read(project_file(Path(folder)), user_file())


def project_file(folder: Path) -> Path | None:
    """The nearest ``pyproject.toml`` at or above ``folder``."""
    for place in (folder, *folder.parents):
        if (place / "pyproject.toml").is_file():
            return place / "pyproject.toml"
    return None


def user_file() -> Path | None:
    """``CTXC_CONFIG``, else ``config.toml`` in the user's folder where there is one.

    Raises ConfigError where ``CTXC_CONFIG`` names no file.
    """
    if chosen := os.environ.get("CTXC_CONFIG"):
        path = Path(chosen).expanduser()
        if not path.exists():
            raise ConfigError(f"CTXC_CONFIG names {plain(path)}, which does not exist")
        return path
    from platformdirs import user_config_path

    path = user_config_path("ctxc", appauthor=False) / "config.toml"
    return path if path.is_file() else None


def read(project: Path | None, user: Path | None) -> Config:
    """Both files in one, the project's over the user's. Raises ConfigError."""
    layers = []
    own: dict[str, dict[str, Any]] = {}
    if user is not None:
        layers.append(File(user, _toml(user), "", USER, None).commands())
    if project is not None:
        table = _toml(project).get("tool", {})
        table = table.get("ctxc", {}) if isinstance(table, dict) else {}
        file = File(project, table, "tool.ctxc", PROJECT, project.parent)
        own = file.commands()
        layers.append(own)
    return replace(_config(layers), of_project=own, project=project)


def _config(layers: list[dict[str, dict[str, Any]]]) -> Config:
    defaults: dict[str, dict[str, Any]] = {}
    budgets: dict[str, Budget] = {}
    ignores: dict[str, tuple[str, ...]] = {}
    for layer in layers:
        for command, keys in layer.items():
            if "budget" in keys:
                budgets[command] = keys["budget"]
            ignores[command] = (*ignores.get(command, ()), *keys.get("ignore", ()))
            mapped = {
                name.replace("-", "_"): _as_option(command, name, value)
                for name, value in keys.items()
                if name not in NOT_MAPPED and name != "budget"
            }
            defaults.setdefault(command, {}).update(mapped)
    return Config(defaults, budgets, ignores)


def _as_option(command: str, name: str, value: Any) -> Any:
    return [value] if (command, name) == ("stats", "tokenizer") else value


_LARGEST = 1 << 20
"""Bytes of a configuration file."""
_MOST_DOTS = 5_000_000
"""The squares of each line's dots, in all: what the parser's work on dotted keys grows with."""


def _toml(path: Path) -> dict[str, Any]:
    """A file's table. Raises ConfigError."""
    try:
        if os.path.getsize(path) > _LARGEST:
            raise ConfigError(f"{plain(path)} is larger than {_LARGEST / 1e6:.0f} MB")
        text = path.read_bytes().decode()
        if sum(line.count(".") ** 2 for line in text.splitlines()) > _MOST_DOTS:
            raise ConfigError(f"{plain(path)} cannot be read: its keys have too many parts")
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{plain(path)} is not TOML: {plain(error)}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{plain(path)} is not UTF-8 text") from None
    except ValueError as error:  # a number of more digits than Python reads
        raise ConfigError(f"{plain(path)} is not TOML: {plain(error)}") from None
    except (OSError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or "is nested too deeply"
        raise ConfigError(f"{plain(path)} cannot be read: {reason.lower()}") from None
