"""A session's facts, each word for word: paths, commands, commits, figures, decisions.

They are what a reader who takes a session up again asks for first, and what is kept
before chatter when older words are shortened.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..document import Document
from ..text.facts import facts
from ..text.segment import segments
from ..text.stemming import terms
from .texts import checked, is_system, texts_of

KINDS = ("decision", "command", "path", "commit", "figure")

_SUFFIX = (
    "py|pyi|js|ts|tsx|jsx|go|rs|c|h|cc|cpp|hpp|java|kt|rb|php|cs|sh|sql|md|txt|toml|yaml|yml|json"
    "|jsonl|csv|lock|cfg|ini|html|css|log|ipynb|parquet"
)
_PATH = re.compile(
    r"(?<![\w/.:@-])(?:(?:~|\.{1,2})?/[\w.@+-]{1,120}(?:/[\w.@+-]{1,120}){1,20}"
    rf"|(?:[\w@+-][\w.@+-]{{0,119}}/){{1,20}}[\w@+-]{{1,100}}\.(?:{_SUFFIX})"
    rf"|[\w@+-]{{1,100}}\.(?:{_SUFFIX}))(?::\d{{1,7}})?(?![\w/-])"
)
_COMMIT = re.compile(
    r"(?<![\w.#-])(?=[0-9a-f]{0,39}\d)(?=[0-9a-f]{0,39}[a-f])[0-9a-f]{7,40}(?![\w-])"
)
_COMMAND = re.compile(r"(?m)^[ \t]*\$ (\S.{0,400})$|`([a-z][\w.-]{1,30} [^`\n]{1,300})`")
_DECISION = re.compile(
    r"\b(?:decided|decision|agreed|we(?:'ll| will) (?:use|keep|go|not)|let's (?:use|keep|go with)|"
    r"from now on|must(?: not|n't)?|never|always|do not|don't|instead of|root cause|the cause|"
    r"the fix|fixed|turns out|conclusion|settled on|chose|chosen|prefer)\b",
    re.IGNORECASE,
)
_WEIGHTS = {"decision": 1.5, "command": 1.0, "path": 0.8, "commit": 1.0, "figure": 0.6}
_COMMAND_KEYS = ("command", "cmd", "script")


@dataclass(frozen=True, slots=True)
class SessionFact:
    """``text`` stands word for word in ``messages[index]``; ``kind`` is one of ``KINDS``."""

    kind: str
    text: str
    index: int


def factsheet(messages: Sequence[Mapping[str, Any]]) -> tuple[SessionFact, ...]:
    """The facts of a conversation, by kind and in the order they came, each once.

    Raises InputError for what is no list of messages.

    >>> talk = [{"role": "user", "content": "We decided to keep v2. Run `make check` in src/a.py."}]
    >>> [(f.kind, f.text) for f in factsheet(talk)]
    [('decision', 'We decided to keep v2.'), ('command', 'make check'), ('path', 'src/a.py')]
    """
    seen: dict[tuple[str, str], SessionFact] = {}
    for index, message in enumerate(checked(messages)):
        if is_system(message):
            continue
        for kind, text in _of_message(message, index):
            seen.setdefault((kind, text), SessionFact(kind, text, index))
    return tuple(sorted(seen.values(), key=lambda f: KINDS.index(f.kind)))


def _of_message(message: Mapping[str, Any], index: int) -> Iterator[tuple[str, str]]:
    for text in texts_of(message, index):
        if text.use == "words":
            yield from _decisions(text.text)
            yield from _spelled(text.text)
        elif text.use == "fixed":
            yield from (("command", line) for line in _commands_of_call(text.text))


def _decisions(text: str) -> Iterator[tuple[str, str]]:
    for segment in segments(Document(text, "", kind="prose")):
        core = segment.core(text)
        if segment.prunable and _DECISION.search(core):
            yield "decision", core.strip()


def _spelled(text: str) -> Iterator[tuple[str, str]]:
    """Paths, commits, commands and figures, as they are written."""
    for match in _COMMAND.finditer(text):
        yield "command", (match[1] or match[2]).strip()
    yield from (("path", match[0]) for match in _PATH.finditer(text))
    yield from (("commit", match[0]) for match in _COMMIT.finditer(text))
    yield from (("figure", f.span.of(text)) for f in facts(text).numbers if f.unit)


def _commands_of_call(text: str) -> list[str]:
    """The shell commands in a tool call's arguments, where they stand there word for word."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return []
    if not isinstance(value, dict):
        return []
    return [
        line
        for key in _COMMAND_KEYS
        for line in _lines(value.get(key))
        if line and json.dumps(line, ensure_ascii=False)[1:-1] in text
    ]


def _lines(value: Any) -> Iterable[str]:
    return (line.strip() for line in value.splitlines()) if isinstance(value, str) else ()


def worth(sentence: str, question: str | None = None) -> float:
    """What a sentence of a session is worth: 0.2 for chatter, more for each kind of fact in it."""
    kinds = {kind for kind, _ in _spelled(sentence)}
    if _DECISION.search(sentence):
        kinds.add("decision")
    score = 0.2 + sum(_WEIGHTS[kind] for kind in sorted(kinds))
    if question and (asked := set(terms(question))):
        score += 2.0 * len(asked & set(terms(sentence))) / len(asked)
    return score
