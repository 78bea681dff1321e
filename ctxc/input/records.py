"""JSON Lines -> documents, one line at a time; a bad line is a ``Failure`` and the rest goes on.

A record is ``{"id", "question"?, "text"}`` or ``{"id", "question"?, "documents":
[{"title"?, "text"}]}``; other keys are ignored. A record's documents become one
``Document``: each is its title on a line of its own, then its text, with an
empty line between two; what counts as the original is the texts without titles.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, BinaryIO

from ..console import plain
from ..document import Document, Part, Span
from ..errors import InputError
from ..result import Failure

LONGEST_LINE = 200_000_000
"""Bytes of one record unless the caller says otherwise."""

MEDIA_TYPE = "text/plain"


def read_records(
    stream: BinaryIO, name: str, *, limit: int = LONGEST_LINE
) -> Iterator[Document | Failure]:
    """The records of a stream, in order; holds one line at a time.

    ``name`` is what the stream is called; a document's ``source`` is its id,
    or ``name:line`` without one. Blank lines are passed over. A line of more
    than ``limit`` bytes is a failure.
    """
    number = 0
    try:
        while line := stream.readline(limit + 1):
            number += 1
            where = f"{plain(name)}:{number}"
            if len(line) > limit and not line.endswith(b"\n"):
                _pass_over(stream)
                yield Failure(
                    where, "input", f"{where}: the line is longer than {limit / 1e6:g} MB"
                )
                continue
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if line.strip():
                yield read_record(line, where)
    except OSError as error:
        message = f"{plain(name)}: {(error.strerror or 'cannot be read').lower()}"
        yield Failure(name, "input", message)


def read_record(line: bytes, where: str) -> Document | Failure:
    """The document on one line, or why it is none. ``where`` names the line."""
    identity = None
    try:
        record = _parse(line)
        identity = _identity(record)
        return _document(record, identity, where)
    except InputError as error:
        label = where if identity is None else f"{where} (id {plain(json.dumps(identity), 60)})"
        return Failure(
            where if identity is None else str(identity),
            error.kind,
            f"{label}: {error.message}",
            error.hint,
            identity,
        )


def _pass_over(stream: BinaryIO) -> None:
    """Read to the end of the line."""
    while (piece := stream.readline(1 << 20)) and not piece.endswith(b"\n"):
        pass


def _parse(line: bytes) -> dict[str, Any]:
    """The line's JSON object. Raises InputError."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"is not UTF-8 (at byte {error.start} of the line)") from None
    try:
        record = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"is not JSON ({error.msg} at column {error.colno})") from None
    except ValueError:
        raise InputError("is not JSON that can be read (a number has too many digits)") from None
    except RecursionError:
        raise InputError("is nested too deeply") from None
    if not isinstance(record, dict):
        raise InputError(f"is {_kind(record)}, not an object")
    return record


def _identity(record: dict[str, Any]) -> Any:
    """The record's id: any JSON scalar, None without one. Raises InputError."""
    identity = record.get("id")
    if isinstance(identity, dict | list):
        raise InputError(f'"id" is {_kind(identity)}, not a string or a number')
    if isinstance(identity, float) and not math.isfinite(identity):
        raise InputError('"id" is no JSON number')
    if isinstance(identity, str):
        _check_text(identity, '"id"')
    return identity


def _document(record: dict[str, Any], identity: Any, where: str) -> Document:
    source = where if identity is None else str(identity)
    question = record.get("question")
    if question is not None:
        _check_text(question, '"question"')
    if "documents" in record and "text" in record:
        raise InputError('has both "text" and "documents"', hint="give one of them")
    if "documents" in record:
        text, parts = _join(record["documents"])
        bodies = tuple(Span(part.body, part.end) for part in parts)
        return Document(text, source, MEDIA_TYPE, parts, bodies, identity, question)
    if "text" not in record:
        raise InputError('has neither "text" nor "documents"')
    _check_text(record["text"], '"text"')
    return Document(record["text"], source, MEDIA_TYPE, id=identity, question=question)


def _join(documents: Any) -> tuple[str, tuple[Part, ...]]:
    """The texts of a record's documents in one, and where each lies. Raises InputError."""
    if not isinstance(documents, list):
        raise InputError(f'"documents" is {_kind(documents)}, not a list')
    if not documents:
        raise InputError('"documents" is empty')
    pieces: list[str] = []
    parts: list[Part] = []
    at = 0
    for index, document in enumerate(documents):
        label = f'"documents"[{index}]'
        if not isinstance(document, dict):
            raise InputError(f"{label} is {_kind(document)}, not an object")
        if "text" not in document:
            raise InputError(f'{label} has no "text"')
        _check_text(document["text"], f'{label}."text"')
        title = document.get("title")
        if title is not None:
            _check_text(title, f'{label}."title"')
        # On one line, or the title would not be told from the text.
        title = " ".join((title or "").split())
        head = f"{title}\n" if title else ""
        gap = "\n\n" if parts else ""
        start = at + len(gap)
        body = start + len(head)
        at = body + len(document["text"])
        pieces += (gap, head, document["text"])
        parts.append(Part(start, at, body, title))
    return "".join(pieces), tuple(parts)


def _check_text(value: Any, label: str) -> None:
    """Raise InputError for what is no string that can be written out again."""
    if not isinstance(value, str):
        raise InputError(f"{label} is {_kind(value)}, not a string")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(
            f"{label} holds half a character (an unpaired surrogate at {error.start})"
        ) from None


def _kind(value: Any) -> str:
    """What a JSON value is, with its article."""
    if value is None:
        return "null"
    for kind, name in (
        (bool, "a boolean"),
        (str, "a string"),
        (int | float, "a number"),
        (list, "a list"),
    ):
        if isinstance(value, kind):
            return name
    return "an object"
