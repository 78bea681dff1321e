"""Which sentences of prose are understood only with another, and which go on the one before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ...document import Segment
from ..back_reference import leans
from ..language import language_of

_ENDED = re.compile(r"[.!?…。！？｡।॥؟۔:：;；][\"'”’)\]»」』）】*_`]*\Z")
_OPENS_LIST = re.compile(r"[:：][*_]*\Z")
_TAIL = 12  # characters in which a sentence's end mark stands
_SHORTEST = 160  # characters: only sentences cut for their length go on in the next segment
_SPEECH = ("sentence", "turn", "quote")


def with_ties(text: str, segments: Sequence[Segment]) -> tuple[Segment, ...]:
    """``segments`` that know what they lean on, and which are the rest of an over-long sentence.

    A sentence that begins with a pronoun leans on the one before it, unless it stands under the
    title of a passage, which names what it is about; the items of a list lean on the line that
    opens it.
    """
    if not any(s.kind in _SPEECH or s.kind == "item" for s in segments if not s.text_kind):
        return tuple(segments)
    language = language_of(text)
    out: list[Segment] = []
    opener, block = -1, -1
    for index, segment in enumerate(segments):
        before = segments[index - 1] if index else None
        if segment.text_kind or before is None:
            out.append(segment)
            continue
        if segment.kind == "item" and segment.block != block:
            block, opener = segment.block, _opener(text, segments, index)
        if segment.kind == "item" and segment.needs < 0:
            segment = replace(segment, leans_on=opener)
        elif segment.kind in _SPEECH:
            segment = _sentence(text, segments, index, language)
        out.append(segment)
    return tuple(out)


def _sentence(text: str, segments: Sequence[Segment], index: int, language: str) -> Segment:
    segment, before = segments[index], segments[index - 1]
    same = before.block == segment.block and before.kind == segment.kind
    if same and before.core_end - before.start >= _SHORTEST and not _ended(text, before):
        return replace(segment, continues=True)
    alone = _is_named(segments, segment) or not _may_lean(segment, before)
    if alone or not leans(text, segment.start, segment.core_end, language):
        return segment
    return replace(segment, leans_on=index - 1)


def _is_named(segments: Sequence[Segment], segment: Segment) -> bool:
    return segment.heading >= 0 and segments[segment.heading].kind == "title"


def _may_lean(segment: Segment, before: Segment) -> bool:
    if before.text_kind or before.part != segment.part or before.heading != segment.heading:
        return False
    if segment.kind == "turn":
        return before.block == segment.block
    return before.kind in (*_SPEECH, "item")


def _opener(text: str, segments: Sequence[Segment], index: int) -> int:
    """The line with a colon right before the list that begins at ``index``, or -1."""
    before = segments[index - 1]
    opens = not before.is_title and not before.text_kind and before.kind in _SPEECH
    core_tail = text[max(before.start, before.core_end - _TAIL) : before.core_end]
    return index - 1 if opens and _OPENS_LIST.search(core_tail) else -1


def _ended(text: str, segment: Segment) -> bool:
    tail = text[max(segment.start, segment.core_end - _TAIL) : segment.core_end]
    return _ENDED.search(tail) is not None
