"""What a worker does for MCP's tools: as ``work``, with texts that a model reads as answers."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..capture.showing import LEAST
from ..capture.view import marker
from ..console import harmless, plain
from ..errors import InputError, UsageError
from ..input.loaders import load
from ..input.sources import Skipped, find
from ..result import Failure
from ..stats.baseline import Checked
from ..stats.count import count_all
from ..stats.history import BY, group, since, totals
from ..stats.report import history
from ..store import Store
from ..tokens import DEFAULT, get
from . import work
from .values import Reply, Setup

_LARGEST_ANSWER = 100_000
"""Characters of an answer: a model reads it."""


def compress(setup: Setup, request: Mapping[str, Any]) -> Reply | None:
    """The shorter text, and a last line with its figures and the original's handle.

    Both together are within the budget. Raises UsageError for one without room for that line.
    """
    counter = get(DEFAULT)
    text, most = request["text"], request["tokens"]
    original = counter.count(text)
    if original <= most:
        return Reply(text.encode("utf-8", "replace"), original, original)
    # A line feed before it, and a token where it is joined to the text.
    last = "\n" + marker(f"{original:,}", most, "f" * 8) + "\n"
    room = most - counter.count(last) - 1
    if room < 1:
        raise UsageError("tokens leave no room beside the last line", hint=f"at least {LEAST}")
    reply = work.compress(setup, {**request, "tokens": room, "keep": True})
    if reply is None:
        return None
    made = json.loads(reply.body)
    last = marker(f"{original:,}", reply.compressed, made["handle"] or "")
    whole = f"{made['text'].rstrip()}\n{last}\n"
    return Reply(whole.encode("utf-8", "replace"), original, reply.compressed)


def expand(setup: Setup, request: Mapping[str, Any]) -> Reply:
    """As text; what is too long for a model to read is refused."""
    text = work.expand(setup, request).body.decode("utf-8", "replace")
    if len(text) > _LARGEST_ANSWER:
        lines = text.count("\n") + 1
        raise InputError(
            f"that is {len(text):,} characters, {lines:,} lines, too many to read at once",
            hint="ask for some: lines 1-200, or grep",
            kind="size",
        )
    return Reply(text.encode())


def stats(setup: Setup, span: str, by: str) -> Reply:
    """What the ledger says of this user's runs. Raises UsageError."""
    if by not in BY:
        raise UsageError(f"by {by!r} is not known", hint=f"choose one of {', '.join(BY)}")
    start = since(span, time.time()) if span else None
    with Store.open() as store:
        runs = store.runs(start)
    if not runs:
        raise InputError("the ledger holds no runs" + (" since then" if span else ""))
    return Reply("\n".join(history(group(runs, by), totals(runs), by)).encode())


def check_text(setup: Setup, text: str, most: int, tokenizer: str) -> Reply:
    """Whether a text is within its budget."""
    counter = get(tokenizer or DEFAULT)
    return Reply(Checked("the text", counter.count(text), most).line().encode())


def check_files(setup: Setup, root: str, paths: list[str], most: int, tokenizer: str) -> Reply:
    """Which documents in the folder ``root`` are over their budget; nothing outside is looked at.

    Raises UsageError for a path that leads out of it.
    """
    inside = [_inside(root, path) for path in paths or ["."]]
    counter = get(tokenizer or DEFAULT)
    lines, checked, over = [], 0, 0
    for each in count_all(find(inside), [counter], load):
        if isinstance(each, Skipped):
            continue
        if isinstance(each, Failure):
            lines.append(plain(each.message))
            continue
        checked += 1
        name = os.path.relpath(each.source, root)
        one = Checked(name, each.tokens[counter.name], most)
        over += not one.ok
        if not one.ok:
            lines.append(one.line())
    if not checked and not lines:
        raise InputError("there is no document to check")
    lines.append(f"{checked:,} checked, {over:,} over" if over else f"{checked:,} checked")
    return Reply(harmless("\n".join(lines)).encode())


def _inside(root: str, path: str) -> str:
    try:
        real = os.path.realpath(Path(root, path))
    except ValueError as error:
        raise UsageError(f"{plain(path)}: {error}") from None
    if os.path.commonpath([os.path.realpath(root), real]) != os.path.realpath(root):
        raise UsageError(f"{plain(path)} is outside {root}: it is not looked at")
    return real
