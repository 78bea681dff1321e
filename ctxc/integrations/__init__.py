"""Adapters for frameworks, one file each, imported by name; ``import ctxc`` loads none of them.

An adapter needs the framework's package: ``pip install 'ctxc-cli[langchain]'``, and so on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..api import Passage, PassageSet, compress
from ..api.options import Fields

INTEGRATIONS = {
    "langchain": "langchain_core",
    "llamaindex": "llama_index",
    "haystack": "haystack",
    "litellm": "litellm",
    "ray": "ray",
}
"""Module (and extra) -> the package it is for."""


def shortened(texts: Sequence[str], question: str | None, fields: Fields) -> PassageSet:
    """Texts under one budget, in order; none is longer than it was.

    Without a text, or without a word in any, they are what they were.
    """
    asked: dict[str, Any] = {**fields}
    if question and question.strip():
        asked["question"] = question
    return compress(passages=[Passage(text, index) for index, text in enumerate(texts)], **asked)


def set_fields(**values: Any) -> Fields:
    """The options that were chosen: those that are not None."""
    chosen: Any = {name: value for name, value in values.items() if value is not None}
    return chosen  # type: ignore[no-any-return]
