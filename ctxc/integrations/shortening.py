"""What the adapters share: texts under one budget, and options that were chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..api import Passage, PassageSet, compress
from ..api.options import Fields


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
