"""The context in pieces that a window holds, each of which teaches in its turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ...document import Document
from ...errors import InputError
from ...text.segment import segments
from .material import Material

Count = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Window:
    """``text`` is shown to the teacher; ``examples`` are the indices of those in it."""

    documents: str
    examples: tuple[int, ...] = ()

    def text(self, material: Material, without: int = -1) -> str:
        """As the teacher sees it, the example ``without`` left out."""
        view = [material.examples[i].text for i in self.examples if i != without]
        return "\n\n".join([*([self.documents] if self.documents else []), *view])


def windows(material: Material, count: Count, room: int) -> list[Window]:
    """One window where all fits ``room`` tokens, else documents and examples in turns.

    Raises InputError for a sentence or an example that no window holds.
    """
    everything = tuple(range(len(material.examples)))
    if count(material.text) <= room:
        return [Window(material.prose, everything)]
    result = [Window(t) for d in material.documents for t in _pieces(d, count, room)]
    return result + [Window("", g) for g in _groups(material, count, room)]


def _pieces(document: Document, count: Count, room: int) -> Iterator[str]:
    """The document in stretches of whole sentences."""
    start, used = 0, 0
    for segment in segments(document):
        size = count(document.text[segment.start : segment.end]) + 1
        if size > room:
            raise InputError(
                f"{document.source}: a sentence of {size:,} tokens, where the window has room for "
                f"{room:,}",
                hint="raise --window, or take a model with a larger one",
            )
        if used + size > room:
            yield document.text[start : segment.start].strip()
            start, used = segment.start, 0
        used += size
    if document.text[start:].strip():
        yield document.text[start:].strip()


def _groups(material: Material, count: Count, room: int) -> Iterator[tuple[int, ...]]:
    group: list[int] = []
    used = 0
    for index, example in enumerate(material.examples):
        size = count(example.text) + 2
        if size > room:
            raise InputError(f"example {index + 1} has {size:,} tokens, more than a window holds")
        if used + size > room:
            yield tuple(group)
            group, used = [], 0
        group.append(index)
        used += size
    if group:
        yield tuple(group)


def nearest(question_terms: Sequence[str], window_terms: Sequence[frozenset[str]]) -> int:
    """The window that shares most of a question's words, rare ones counting more."""
    weight = {
        term: 1 / n
        for term in set(question_terms)
        if (n := sum(term in terms for terms in window_terms))
    }
    scores = [sum(w for t, w in weight.items() if t in terms) for terms in window_terms]
    return max(range(len(scores)), key=lambda i: (scores[i], -i))
