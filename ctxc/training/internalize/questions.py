"""What the teacher is asked: the user's questions, the examples' own, or asked of the context."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

from ...answer.citations import terms
from ...answer.prompt import template
from ...console import Progress
from ...document import Document
from ...errors import InputError
from ...evaluate import normalise
from ...llama.chat import prompt, without_thoughts
from ...llama.runtime import Runtime
from ...text.facts import unsupported
from ...text.segment import segments
from .material import Material, read_examples
from .windows import Window, nearest

STARTS = (
    "What", "How many", "When", "How", "Who", "Which", "Can", "Where", "How long", "Is", "Why",
    "Does", "Must", "What happens if", "How much", "May",
)  # fmt: skip
"""A greedy model asks one question of a text: begun differently, it asks another."""
_PIECE = 400  # characters of text a question is asked of
_MOST = 48  # tokens of a question
_WORDS = range(4, 41)


@dataclass(frozen=True, slots=True)
class Question:
    """``window`` teaches it; ``without`` is the example left out of it (-1: none)."""

    text: str
    window: int
    without: int = -1
    label: str = ""


def of_user(path: Path, spread: Sequence[Window], material: Material) -> list[Question]:
    """The questions of a file, each with the window nearest to it. Raises InputError."""
    words = [frozenset(terms(window.text(material))) for window in spread]
    result: dict[str, Question] = {}
    for index, (example, _) in enumerate(read_examples(path)):
        near = nearest(terms(example.question), words)
        window = near if spread[near].documents else index % len(spread)
        label = example.answers[0] if example.answers else ""
        one = Question(example.question, window, label=label)
        result.setdefault(normalise(example.question), one)
    if not result:
        raise InputError(f"{path} holds no questions")
    return list(result.values())


def of_examples(spread: Sequence[Window], material: Material) -> list[Question]:
    """Each example's input, asked with the others in the window."""
    return [
        Question(material.examples[i].question, w, i, label=material.examples[i].answers[0])
        for w, window in enumerate(spread)
        for i in window.examples
    ]


def proposals(spread: Sequence[Window]) -> Iterator[tuple[int, str, str]]:
    """(window, piece of its documents, how the question begins), all pieces before a new start."""
    pieces = [(w, p) for w, window in enumerate(spread) for p in _pieces(window.documents)]
    for start, (window, piece) in product(STARTS, pieces):
        yield window, piece, start


def _pieces(text: str) -> Iterator[str]:
    document = Document(text, "context")
    start = 0
    for segment in segments(document):
        if segment.end - start >= _PIECE:
            yield text[start : segment.end].strip()
            start = segment.end
    if text[start:].strip():
        yield text[start:].strip()


def ask(
    some: Sequence[tuple[int, str, str]], runtime: Runtime, progress: Progress
) -> list[Question]:
    """The questions that the model asks of pieces; only such as their piece can be asked."""
    generator = runtime.generator()
    model = generator.model
    made = prompt(model, template("internalize_ask").strip() + "\n\n")
    starts = [model.encode(start) for _, _, start in some]
    own = [
        np.concatenate((made.own(model, piece), start)).astype(np.int32)
        for (_, piece, _), start in zip(some, starts, strict=True)
    ]
    texts = generator.generate(
        made.prefix, own, max_tokens=_MOST, stop=("\n",), advance=progress.advance, logprobs=False
    )
    out = []
    for (window, piece, start), written in zip(some, texts, strict=True):
        text = " ".join((start + without_thoughts(written.text)).split())
        text = text[: text.find("?") + 1]
        if len(text.split()) in _WORDS and not unsupported(text, piece):
            out.append(Question(text, window))
    return out
