"""What a model is shown at once: sentences under one heading, cut between paragraphs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..document import Segment
from ..llama.model import Model
from ..text.filler import code_like

SIZE = 320  # tokens of the model's vocabulary
_PROSE = frozenset(("sentence", "turn", "item", "quote"))


@dataclass(frozen=True, slots=True)
class Chunk:
    """Segments (their indices, in order) and the title or heading they stand under."""

    segments: tuple[int, ...]
    title: str
    text: str
    tokens: int


def chunks(text: str, segments: Sequence[Segment], model: Model, size: int = SIZE) -> list[Chunk]:
    """Prose in chunks of at most ``size`` tokens; a sentence longer than that is left out.

    Code, tables and data are never shown to a model: they are kept or dropped
    as they are.
    """
    out: list[Chunk] = []
    group: list[int] = []
    used = 0
    for index, segment in enumerate(segments):
        if segment.kind not in _PROSE or code_like(text, segment):
            continue
        tokens = len(model.encode(segment.core(text)[: 8 * size])) + 1
        if tokens > size:
            continue
        first = segments[group[0]] if group else segment
        new_place = (first.part, first.heading) != (segment.part, segment.heading)
        # From two thirds on, the end of a paragraph is as good a place as any.
        full = used + tokens > size or (
            used > 0.67 * size and segment.block != segments[group[-1]].block
        )
        if group and (new_place or full):
            out.append(_chunk(text, segments, group, used))
            group, used = [], 0
        group.append(index)
        used += tokens
    if group:
        out.append(_chunk(text, segments, group, used))
    return out


def _chunk(text: str, segments: Sequence[Segment], group: list[int], tokens: int) -> Chunk:
    heading = segments[group[0]].heading
    title = segments[heading].core(text).strip().lstrip("#").strip() if heading >= 0 else ""
    lines: list[str] = []
    block = -1
    for index in group:
        core = " ".join(segments[index].core(text).split())
        if segments[index].block == block and lines:
            lines[-1] += " " + core
        else:
            lines.append(core)
        block = segments[index].block
    body = "\n".join(lines)
    return Chunk(tuple(group), title, f"{title}\n{body}" if title else body, tokens)
