"""Other words for a question, and a follow-up made whole: proposals of a small model, checked.

Reformulations only help selection; the reader is asked the user's own
question. A line that brings in numbers or names the question does not have, or
that shares no word with it or has all of them, is not taken. A follow-up that
the model does not rewrite well is read behind the question before it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..console import plain
from ..distill.check import clean
from ..errors import InputError, UsageError
from ..text.facts import unsupported
from .citations import terms
from .prompt import filled, template
from .readers.base import Ask, Reader

_TURNS = 4  # the last questions and answers a follow-up may refer to
_MOST_WORDS = 400  # of the conversation shown
_LARGEST = 10_000_000


@dataclass(frozen=True, slots=True)
class Turn:
    """A question that was asked before, and its answer ("" where there was none)."""

    question: str
    answer: str = ""


def read_history(path: Path) -> tuple[Turn, ...]:
    """The turns of a JSON Lines file, oldest first.

    A line is ``{"question", "answer"}`` (what ``ctxc answer --json`` writes) or
    ``{"role": "user" | "assistant", "content"}``. Raises UsageError for a file
    that cannot be read, InputError for a line that is neither.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise UsageError(f"--history {plain(path)}: is over {_LARGEST // 10**6} MB")
        lines = path.read_text("utf-8-sig").splitlines()
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise UsageError(f"--history {plain(path)}: {reason}") from None
    except UnicodeDecodeError:
        raise UsageError(f"--history {plain(path)}: is not UTF-8 text") from None
    turns: list[Turn] = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            _add(turns, line, f"{plain(path)}:{number}")
    return tuple(turns)


def _add(turns: list[Turn], line: str, where: str) -> None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        raise InputError(f"{where}: is not JSON", kind="history") from None
    if isinstance(value, dict) and "error" in value and "answer" not in value:
        return  # a question of ours that failed
    value = value if isinstance(value, dict) else {}
    role, content = value.get("role"), value.get("content")
    asked, said = value.get("question"), value.get("answer")
    if isinstance(asked, str) and (said is None or isinstance(said, str)):
        turns.append(Turn(asked, said or ""))
    elif role == "user" and isinstance(content, str):
        turns.append(Turn(content))
    elif role == "assistant" and isinstance(content, str) and turns:
        turns[-1] = Turn(turns[-1].question, content)
    elif role != "system":
        raise InputError(
            f"{where}: has neither question and answer nor role and content", kind="history"
        )


def standalone(question: str, history: Sequence[Turn], reader: Reader) -> str:
    """``question`` so that it can be read without ``history``; itself where that is empty."""
    turns = [t for t in history if t.question.strip()][-_TURNS:]
    if not turns:
        return question
    told = "\n".join(_told(turn) for turn in turns)
    body = " ".join(told.split(" ")[-_MOST_WORDS:])
    closing = f"\nFollow-up: {' '.join(question.split())}\nStandalone question:"
    reply = reader.answer(Ask(template("standalone"), body, closing)).text
    line = next((clean(x).strip('"') for x in reply.splitlines() if x.strip()), "")
    return line if _faithful(line, question, turns) else _behind(question, turns[-1])


def _told(turn: Turn) -> str:
    answer = f"\nA: {' '.join(turn.answer.split())}" if turn.answer.strip() else ""
    return f"Q: {' '.join(turn.question.split())}{answer}"


def _faithful(line: str, question: str, turns: Sequence[Turn]) -> bool:
    """Whether ``line`` asks with the words at hand, and with most of the follow-up's own."""
    known = set(terms(question))
    for turn in turns:
        known |= {*terms(turn.question), *terms(turn.answer)}
    words, own = set(terms(line)), set(terms(question))
    earlier = {w for t in turns for w in terms(t.question)} - own
    return (
        bool(words)
        and words <= known
        and bool(words & earlier)
        and len(words & own) >= 0.5 * len(own)
        and len(line.split()) <= 60
    )


def _behind(question: str, last: Turn) -> str:
    return f"{' '.join(last.question.split())} {' '.join(question.split())}"


def reformulations(question: str, count: int, reader: Reader) -> tuple[str, ...]:
    """Up to ``count`` other ways to ask ``question``; fewer where the model has no more."""
    instruction = filled(template("reformulate"), {"count": str(count)})
    reply = reader.answer(Ask(instruction, " ".join(question.split()), "\n")).text
    asked = set(terms(question))
    seen = {tuple(sorted(asked))}
    out: list[str] = []
    for line in map(clean, reply.splitlines()):
        words = set(terms(line))
        key = tuple(sorted(words))
        invents = bool(unsupported(line, question))
        far = not words & asked or len(line.split()) > 2 * len(question.split()) + 8
        same = asked <= words or (question.endswith("?") and not line.endswith("?"))
        if key in seen or invents or far or same:
            continue
        seen.add(key)
        out.append(line)
    return tuple(out[:count])
