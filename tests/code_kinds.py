"""Cutting a text as one kind, and what every cut must hold."""

from __future__ import annotations

from collections.abc import Sequence

from ctxc.document import Document, Segment
from ctxc.text import kinds
from ctxc.text.segment import segments
from ctxc.text.segment.builder import Builder
from ctxc.text.segment.lines import lines_of


def passage_of(text: str, name: str = "", media_type: str = "") -> kinds.Passage:
    return kinds.Passage(text, 0, len(text), lines_of(text, 0, len(text)), media_type, name)


def confidence(text: str, kind: str, name: str = "", media_type: str = "") -> float:
    return kinds.kind_module(kind).detect(passage_of(text, name, media_type))


def units(text: str, kind: str, name: str = "", media_type: str = "") -> tuple[Segment, ...]:
    """The segments that a kind makes of a text, checked to tile it."""
    out = Builder(text)
    kinds.add_units(out, passage_of(text, name, media_type), kind)
    parts = out.finish()
    assert_tiles(text, parts)
    return parts


def told(text: str, name: str = "-", media_type: str = "text/plain") -> tuple[Segment, ...]:
    """The segments of a document that nobody named a kind for."""
    return segments(Document(text, name, media_type=media_type))


def assert_tiles(text: str, parts: Sequence[Segment]) -> None:
    assert "".join(text[s.start : s.end] for s in parts) == text
    for index, segment in enumerate(parts):
        assert segment.start <= segment.core_end <= segment.end
        assert -1 <= segment.needs < len(parts) and segment.needs != index
        assert -1 <= segment.folds < index and 0 <= segment.salience <= 5
        assert all(0 <= i < len(parts) and i != index for i in segment.refers)
        assert segment.closes < 0 or segment.needs == segment.closes < index
        at, steps = segment.needs, 0
        while at >= 0:
            at, steps = parts[at].needs, steps + 1
            assert steps <= len(parts), "needs go round in a circle"


def heads(text: str, parts: Sequence[Segment], piece: str) -> list[str]:
    """The first lines of what the first segment with ``piece`` in it stands under, nearest first."""
    at = next(i for i, s in enumerate(parts) if piece in s.core(text))
    out = []
    while parts[at].needs >= 0:
        at = parts[at].needs
        out.append(parts[at].core(text).strip().split("\n")[0])
    return out


def with_piece(text: str, parts: Sequence[Segment], piece: str) -> Segment:
    return next(s for s in parts if piece in s.core(text))
