"""What may be asked, in one table: it checks requests, and is what the OpenAPI page says."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from ..console import plain
from ..errors import InputError, UsageError

_JSON_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "array": (list,),
}


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a request's JSON object; ``type`` is JSON Schema's, an array's is of strings."""

    name: str
    type: str
    about: str
    required: bool = False
    choices: tuple[str, ...] = ()
    least: float | None = None

    def schema(self) -> dict[str, Any]:
        out: dict[str, Any] = {"type": self.type, "description": self.about}
        if self.type == "array":
            out["items"] = {"type": "string"}
        if self.choices:
            out["enum"] = list(self.choices)
        if self.least is not None:
            out["minimum"] = self.least
        return out

    def check(self, value: Any) -> None:
        """Raises UsageError where ``value`` is not of the type, or out of bounds."""
        fits = isinstance(value, _JSON_TYPES[self.type])
        if isinstance(value, bool) and self.type != "boolean":
            fits = False
        if self.type == "array":
            fits = fits and all(isinstance(each, str) for each in value)
        if not fits:
            kind = "list of strings" if self.type == "array" else self.type
            raise UsageError(f"{self.name} must be a {kind}".replace("a integer", "an integer"))
        if self.choices and value not in self.choices:
            raise UsageError(
                f"{self.name} {plain(value, 60)!r} is not known",
                hint=f"choose one of {', '.join(self.choices)}",
            )
        if self.least is not None and not (math.isfinite(value) and value >= self.least):
            raise UsageError(f"{self.name} must be at least {self.least:g}")


TOKENIZERS = ("o200k_base", "cl100k_base")
"""The tokenizers that open no file."""

_TOKENIZER = Field("tokenizer", "string", "Whose tokens are counted.", choices=TOKENIZERS)
_BUDGET = (
    Field("rate", "number", "Share of the tokens to keep, at most 1."),
    Field("ratio", "number", "Original over kept, at least 1."),
    Field("tokens", "integer", "Tokens to keep.", least=1),
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One request: its path and name in ``work``, and its fields."""

    name: str
    about: str
    fields: tuple[Field, ...]
    models: bool = False
    """Whether it always needs a model."""
    binary: bool = False
    """Whether the answer is bytes and not JSON."""

    def read(self, body: bytes) -> dict[str, Any]:
        """The request in ``body``. Raises InputError and UsageError."""
        value = parsed(body)
        known = {field.name: field for field in self.fields}
        for name, each in value.items():
            if name not in known:
                near = get_close_matches(name, known, 1)
                hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
                raise UsageError(f"there is no field {plain(name, 60)!r}", hint=hint)
            known[name].check(each)
        for field in self.fields:
            if field.required and field.name not in value:
                raise UsageError(f"the field {field.name} is missing", hint=field.about)
        return value


def parsed(body: bytes) -> dict[str, Any]:
    """A JSON object. Raises InputError for anything else."""
    try:
        value = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        reason = plain(error, 120) if isinstance(error, ValueError) else "nested too deeply"
        raise InputError(f"the body is not JSON: {reason}", kind="request") from None
    if not isinstance(value, dict):
        raise InputError("the body is no JSON object", kind="request")
    return value


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


ENDPOINTS = (
    Endpoint(
        "compress",
        "Shorten a text to a budget: a half, a quarter with a question, unless one is given.",
        (
            Field("text", "string", "What to shorten.", required=True),
            Field("question", "string", "Keep what bears on this question."),
            *_BUDGET,
            Field("engine", "string", "auto, or the name of an engine."),
            Field("level", "string", "How fine to cut.", choices=("document", "sentence", "word")),
            _TOKENIZER,
            Field("kind", "string", "The kind of text, instead of telling by content."),
            Field("protect", "array", "Regular expressions of what is never cut."),
            Field("strict", "boolean", "Fail rather than cut what is protected."),
            Field("markers", "boolean", "Say in the text where something was left out."),
            Field("outline", "boolean", "Of source code its declarations."),
            Field("keep", "boolean", "Keep the original, and answer with its handle."),
        ),
    ),
    Endpoint(
        "answer",
        "Answer a question from texts, with citations that were checked.",
        (
            Field("question", "string", "What to answer.", required=True),
            Field("texts", "array", "What to answer from.", required=True),
            *_BUDGET,
            _TOKENIZER,
        ),
        models=True,
    ),
    Endpoint(
        "count",
        "Count a text's tokens.",
        (Field("text", "string", "What to count.", required=True), _TOKENIZER),
    ),
    Endpoint(
        "expand",
        "The original behind a handle, byte for byte, or some of its lines.",
        (
            Field("handle", "string", "From the last line of what was shortened.", required=True),
            Field("lines", "string", "These lines alone: 12-40, 12- or 12."),
            Field("grep", "string", "The lines that this regular expression matches alone."),
        ),
        binary=True,
    ),
)
