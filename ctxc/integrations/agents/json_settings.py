"""An agent's settings in JSON: changed in one place, everything else as it was."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from ...console import plain
from ...errors import ConfigError
from .base import Change

_LARGEST = 1 << 22
_LEAVE = "it is left as it is: mend it, or add the lines by hand (ctxc help hook)"


@dataclass(frozen=True, slots=True)
class Settings:
    """``raw`` is what stands in the file (None: there is none), ``value`` what it says."""

    path: Path
    raw: bytes | None
    value: dict[str, Any]

    def groups(self, event: str) -> list[Any]:
        """The hooks of ``event``. Raises ConfigError where they are no list."""
        hooks = self.value.get("hooks", {})
        groups = hooks.get(event, []) if isinstance(hooks, dict) else None
        if not isinstance(groups, list):
            raise ConfigError(f"hooks.{event} in {plain(self.path)} is no list", hint=_LEAVE)
        return groups

    def changed(self, event: str, groups: list[Any], ours: list[Any]) -> Change:
        """The file with ``groups`` for the hooks of ``event``; ``ours`` is what is shown."""
        value = dict(self.value)
        hooks = dict(value.get("hooks", {}))
        if groups:
            hooks[event] = groups
        else:
            hooks.pop(event, None)
        if hooks:
            value["hooks"] = hooks
        else:
            value.pop("hooks", None)
        lines = json.dumps({"hooks": {event: ours}}, indent=2, ensure_ascii=False).split("\n")
        return Change(self.path, self.raw, self._rendered(value), tuple(lines))

    def _rendered(self, value: dict[str, Any]) -> bytes:
        """In the file's own indentation, with its last line feed or without."""
        raw = self.raw or b"{\n  \n}\n"
        indent = re.match(rb"\s*\{\r?\n([ \t]+)", raw)
        step = indent[1].decode() if indent else "  " if raw.strip() == b"{}" else None
        end = "\n" if raw.endswith(b"\n") else ""
        text = json.dumps(value, indent=step, ensure_ascii=False) + end
        return text.replace("\n", "\r\n" if b"\r\n" in raw else "\n").encode()


def read(path: Path) -> Settings:
    """Raises ConfigError for a file that cannot be read, or is not one JSON object."""
    try:
        if path.exists() and path.stat().st_size > _LARGEST:
            raise ConfigError(f"{plain(path)} is larger than {_LARGEST >> 20} MB", hint=_LEAVE)
        raw = path.read_bytes()
    except FileNotFoundError:
        return Settings(path, None, {})
    except OSError as error:
        raise ConfigError(f"{plain(path)} cannot be read: {error.strerror}") from None
    if not raw.strip():
        return Settings(path, raw, {})
    try:
        value = json.loads(raw.decode(), object_pairs_hook=_each_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{plain(path)} is not JSON: {plain(error)}", hint=_LEAVE) from None
    if not isinstance(value, dict):
        raise ConfigError(f"{plain(path)} is no JSON object", hint=_LEAVE)
    return Settings(path, raw, value)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Raises ValueError where a key stands twice: one of the values would be lost."""
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")
