"""What is to be internalised: documents, and labelled examples (JSON Lines)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...console import plain
from ...document import Document
from ...errors import InputError
from ...input.loaders import load
from ...input.sources import Selection, Skipped, Source, find
from ...result import Failure

_QUESTIONS = ("question", "input")
_ANSWERS = ("answer", "answers", "output", "label")
_LONGEST = 1_000_000  # bytes of one line


def asked(question: str) -> str:
    """A question as examples show it."""
    return f"Question: {question}\nAnswer:"


@dataclass(frozen=True, slots=True)
class Example:
    """An input with its label, as text; ``answers`` begins with it, others are as right.

    ``domain`` is what tests are grouped by.
    """

    question: str
    answers: tuple[str, ...] = ()
    domain: str = ""

    @property
    def text(self) -> str:
        return f"{asked(self.question)} {self.answers[0]}"


@dataclass(frozen=True, slots=True)
class Material:
    """``names`` are the files as they were named, with their SHA-256."""

    documents: tuple[Document, ...]
    examples: tuple[Example, ...]
    names: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """All of it, for showing it to a model or compressing it."""
        return "\n\n".join([self.prose, *(e.text for e in self.examples)]).strip()

    @property
    def prose(self) -> str:
        """The documents alone, each under its name where there are several."""
        if len(self.documents) == 1:
            return self.documents[0].text.strip()
        return "\n\n".join(f"{d.source}\n{d.text.strip()}" for d in self.documents)


def read_material(paths: Sequence[str]) -> Material:
    """Documents (files, folders) and files of examples (``.jsonl``), in the order named.

    Raises InputError for a file that cannot be read, and where there is no text at all.
    """
    documents: list[Document] = []
    examples: list[Example] = []
    names = []
    for path in paths:
        if path.endswith(".jsonl"):
            examples += [_labelled(e, where) for e, where in read_examples(Path(path))]
        else:
            documents += _documents(path)
        names.append((path, _digest(Path(path))))
    documents = [d for d in documents if d.text.strip()]
    if not documents and not examples:
        raise InputError("there is no text to internalise", kind="empty")
    return Material(tuple(documents), tuple(examples), tuple(names))


def _documents(path: str) -> Iterator[Document]:
    for result in find([path], selection=Selection()):
        if isinstance(result, Failure):
            raise InputError(result.message, hint=result.hint)
        if isinstance(result, Source) and not isinstance(result, Skipped):
            yield load(result)


def _digest(path: Path) -> str:
    """The SHA-256 of a file; of a folder "": what is in it is not told apart later."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _labelled(example: Example, where: str) -> Example:
    if not example.answers:
        raise InputError(f"{where}: has no answer", hint='as in {"question": …, "answer": …}')
    return example


def read_examples(path: Path) -> Iterator[tuple[Example, str]]:
    """Each line's example with where it stands; the answer may be missing. Raises InputError."""
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(_LONGEST + 1):
                number += 1
                where = f"{plain(path)}:{number}"
                if len(line) > _LONGEST:
                    raise InputError(f"{where}: the line is longer than {_LONGEST // 1000} kB")
                if line.strip():
                    yield _example(line, where), where
    except OSError as error:
        raise InputError(f"{plain(path)}: {(error.strerror or 'cannot be read').lower()}") from None


def _example(line: bytes, where: str) -> Example:
    try:
        raw: Any = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise InputError(f"{where}: is not JSON") from None
    if not isinstance(raw, dict):
        raise InputError(f"{where}: is no object", hint='as in {"question": …, "answer": …}')
    question = next((raw[key] for key in _QUESTIONS if key in raw), None)
    answers = next((raw[key] for key in _ANSWERS if key in raw), ())
    several = [answers] if isinstance(answers, str) else answers
    if not isinstance(question, str) or not question.strip():
        raise InputError(f"{where}: has no question", hint='as in {"question": …, "answer": …}')
    if not isinstance(several, list | tuple) or not all(isinstance(a, str) for a in several):
        raise InputError(f"{where}: its answer is no text and no list of texts")
    domain = raw.get("domain", "")
    return Example(
        question.strip(),
        tuple(a.strip() for a in several if a.strip()),
        " ".join(domain.split())[:20] if isinstance(domain, str) else "",
    )
