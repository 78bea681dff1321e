"""Held-out questions, and when a reply answers one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import InputError, UsageError
from ...evaluate import normalise
from .. import card
from ..internalize.material import read_examples

_FEW = 8  # different answers of three words at most: the set is a task with labels


@dataclass(frozen=True, slots=True)
class Case:
    """A question; a reply is right where one of ``answers`` stands in it, word for word."""

    question: str
    answers: tuple[str, ...]
    domain: str


def read_cases(path: Path) -> list[Case]:
    """Raises InputError for a file without questions, or a line without answers."""
    result = []
    for example, where in read_examples(path):
        if not example.answers:
            raise InputError(
                f"{where}: has no answers", hint='as in {"question": …, "answers": […]}'
            )
        result.append(Case(example.question, example.answers, example.domain))
    if not result:
        raise InputError(f"{path} holds no questions")
    return result


def unseen(cases: Sequence[Case], facts: card.Facts, adapter: Path) -> None:
    """Raises UsageError where a test was a question of the training."""
    asked = set(facts.get("asked", ()))
    leaked = [case.question for case in cases if card.digest(case.question) in asked]
    if leaked:
        raise UsageError(
            f"{len(leaked)} of {len(cases)} tests were asked in the training of {adapter} "
            f"({leaked[0][:80]!r} first): they would measure nothing",
            hint="test with questions that were not in --questions",
        )


def labels_of(cases: Sequence[Case]) -> tuple[str, ...]:
    """The labels of a task with few of them; none where answers are free."""
    labels = tuple(dict.fromkeys(normalise(a) for case in cases for a in case.answers))
    few = len(labels) <= _FEW and len(cases) > len(labels)
    return labels if few and all(len(label.split()) <= 3 for label in labels) else ()


def is_right(reply: str, case: Case, labels: Sequence[str]) -> bool:
    """With labels the first one in the reply must be right, else an answer must stand in it.

    >>> is_right("It does not know.", Case("?", ("no",), ""), ())
    False
    """
    words = f" {normalise(reply)} "
    right = [normalise(answer) for answer in case.answers]
    if not labels:
        return any(answer and f" {answer} " in words for answer in right)
    at = {label: words.find(f" {label} ") for label in labels}
    named = [label for label, place in at.items() if place >= 0]
    return bool(named) and min(named, key=lambda label: (at[label], -len(label))) in right
