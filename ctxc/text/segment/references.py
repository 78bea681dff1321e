"""Which segments need which link reference definitions (CommonMark 0.31, section 4.7)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ...document import Segment

_LABEL = re.compile(r"\[([^\]\[]{1,999})\]")


def with_references(text: str, segments: Sequence[Segment]) -> tuple[Segment, ...]:
    """``segments`` that know the definitions their links go by; of two alike the first counts.

    A link by reference is ``[text][label]``, ``[label][]`` or ``[label]``: its
    target stands elsewhere, and without that it is no link any more.
    """
    known: dict[tuple[int, str], int] = {}
    for index, segment in enumerate(segments):
        if segment.kind == "definition" and (found := _LABEL.search(segment.core(text))):
            known.setdefault((segment.part, _label(found[1])), index)
    if not known:
        return tuple(segments)
    out = []
    for segment in segments:
        if segment.kind not in ("definition", "code", "data") and not segment.text_kind:
            used = labels(segment.core(text))
            indices = {known[at] for x in used if (at := (segment.part, x)) in known}
            segment = replace(segment, refers=tuple(sorted({*segment.refers, *indices})))
        out.append(segment)
    return tuple(out)


def labels(text: str) -> set[str]:
    """The labels, folded as they are compared, that links in ``text`` may go by."""
    return {_label(m) for m in _LABEL.findall(text)}


def _label(text: str) -> str:
    return " ".join(text.split()).casefold()
