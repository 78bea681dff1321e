"""Token budgets of documents: which are over, which grew past what a baseline records.

A document in the baseline may be as long as it was when recorded; any other
may have the budget. So a budget can be introduced where some documents are
over it, and those can only get shorter. Shrinking never fails.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..console import plain
from ..errors import ConfigError, UsageError
from ..result import SCHEMA

_COMMENT = "written by ctxc check --update-baseline"


@dataclass(frozen=True, slots=True)
class Checked:
    """One document's tokens and its limit (None: none), which is the baseline's where recorded."""

    source: str
    tokens: int
    limit: int | None
    recorded: bool = False

    @property
    def ok(self) -> bool:
        return self.limit is None or self.tokens <= self.limit

    def line(self) -> str:
        """``docs/a.md: 9,120 tokens, 1,120 over its budget of 8,000``."""
        if self.ok or self.limit is None:
            return f"{plain(self.source)}: {self.tokens:,} tokens"
        what = "more than recorded" if self.recorded else "over its budget of"
        over = f"{self.tokens - self.limit:,} {what}"
        return f"{plain(self.source)}: {self.tokens:,} tokens, {over}" + (
            f" ({self.limit:,})" if self.recorded else f" {self.limit:,}"
        )

    def as_json(self, tokenizer: str) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "source": self.source,
            "tokens": {"original": self.tokens, "tokenizer": tokenizer},
            "limit": self.limit,
            "recorded": self.recorded,
            "ok": self.ok,
        }


@dataclass(frozen=True, slots=True)
class Baseline:
    """Recorded token counts by name; names are relative to the file's folder, with ``/``."""

    path: Path
    tokenizer: str
    documents: Mapping[str, int] = field(default_factory=dict)

    def name(self, source: str) -> str:
        """What a document is called in the file."""
        relative = os.path.relpath(os.path.abspath(source), self.path.resolve().parent)
        return Path(relative).as_posix()

    def check(self, source: str, tokens: int, budget: int | None) -> Checked:
        recorded = self.documents.get(self.name(source))
        limit = budget if recorded is None else recorded
        return Checked(source, tokens, limit, recorded is not None)

    def updated(self, counts: Iterable[tuple[str, int]], budget: int | None) -> Baseline:
        """With ``counts`` recorded: all of them, or with a budget those that are over it.

        Documents that were not counted stay recorded while they exist.
        """
        folder = self.path.resolve().parent
        held = {name: n for name, n in self.documents.items() if (folder / name).exists()}
        for source, tokens in counts:
            held.pop(self.name(source), None)
            if budget is None or tokens > budget:
                held[self.name(source)] = tokens
        return Baseline(self.path, self.tokenizer, held)

    def render(self) -> bytes:
        """The file: sorted, one document a line, so that it diffs and merges well."""
        value = {
            "schema": SCHEMA,
            "about": _COMMENT,
            "tokenizer": self.tokenizer,
            "documents": dict(sorted(self.documents.items())),
        }
        return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def read_baseline(path: Path, tokenizer: str, *, create: bool = False) -> Baseline:
    """The baseline at ``path``; an empty one with ``create`` where there is none.

    Raises ConfigError for a file that is missing or none of ours, UsageError
    for one recorded with another tokenizer.
    """
    try:
        value = json.loads(path.read_bytes())
    except FileNotFoundError:
        if create:
            return Baseline(path, tokenizer)
        raise ConfigError(
            f"there is no baseline {plain(path)}", hint="ctxc check … --update-baseline makes it"
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or "is not JSON"
        raise ConfigError(f"the baseline {plain(path)} cannot be read: {reason}") from None
    documents = value.get("documents") if isinstance(value, dict) else None
    if not isinstance(documents, dict) or value.get("schema") != SCHEMA:
        raise ConfigError(f"{plain(path)} is no baseline of this version of ctxc")
    if not all(type(count) is int for count in documents.values()):
        raise ConfigError(f"the baseline {plain(path)} records something that is no token count")
    if value.get("tokenizer") != tokenizer:
        raise UsageError(
            f"{plain(path)} was recorded with {plain(value.get('tokenizer'))}, not {tokenizer}",
            hint="choose that with --tokenizer, or record anew: remove it, --update-baseline",
        )
    return Baseline(path, tokenizer, documents)
