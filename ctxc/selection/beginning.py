"""The beginning of a text: as many of its segments, from the first, as fit, and nothing else.

Only what the beginning does not parse without comes from further on: the brackets and tags that
close what it opens, the definitions its links go by. Where not even the first segment fits it is
cut at the end of a word, and marked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..document import Segment
from ..text.kinds import HEADED
from ..text.kinds.cuts import inside
from ..text.segment.references import labels
from ..text.segment.words import is_joint
from .prefix import Fit, Selection, longest_prefix
from .render import Piece

_WORD = re.compile(r"[^\W_]")
_LONGEST_TOKEN = 64  # characters of text, on average: further on no cut can fit
CUT = "not even the first piece of the text fits whole: it is cut at a word, with …"


def select_beginning(fit: Fit, segments: Sequence[Segment]) -> Selection:
    """The longest beginning of ``segments`` that fits ``fit.target`` tokens.

    Empty where not even the first word fits.
    """
    fit.report(
        segments, [-float(i) for i in range(len(segments))], lambda f: select_beginning(f, segments)
    )
    order = [i for i, s in enumerate(segments) if s.closes < 0]
    size = longest_prefix(
        len(order),
        lambda k: fit.tokens(_pieces(segments, order[:k])),
        fit.target,
        min(len(order), fit.target // 16),
    )
    heads = {s.needs for s in segments}
    whole = size
    while whole > 0 and _says_nothing(segments[order[whole - 1]], order[whole - 1] in heads):
        whole -= 1
    if whole or size == len(order):
        return fit.selection(_pieces(segments, order[: whole or size]))
    return _cut(fit, segments, order[:size], order[size])


def _says_nothing(segment: Segment, is_head: bool) -> bool:
    """Whether what is last in a text says nothing there: a title, a bracket that was opened."""
    return segment.comes_along or (is_head and segment.text_kind in HEADED)


def _cut(fit: Fit, segments: Sequence[Segment], before: Sequence[int], index: int) -> Selection:
    """``before`` and as much of the beginning of a segment as fits, whole words, ``…`` behind.

    ``before`` alone where not one word fits, unless that would say that nothing is there.
    """
    segment, base, text = segments[index], _pieces(segments, before), fit.render.text
    core = segment.core(text)
    room = inside(segment.text_kind, core)
    opened = bool(before) and segments[before[-1]].text_kind in HEADED
    bare = Selection("", ()) if opened else fit.selection(base)  # "[]" would say: none
    if room is None:
        return bare
    word = _WORD.search(core)  # "# …" would be the beginning of nothing
    first = word.end() if word else len(core)
    last = min(len(core), first + _LONGEST_TOKEN * fit.target)
    ends = [_without_space(core, e) for e in range(first, last) if is_joint(core, e)]
    ends = [e for e in ends if room.allows(core, e)]
    after = room.after if segment.text_kind else " …"

    def pieces(size: int) -> list[Piece]:
        if not size:
            return base
        end = ends[size - 1]
        cut = Piece(segment.start, segment.start + end, -float(index), after)
        used = labels(core[:end])
        needed = {
            Piece(segments[d].start, segments[d].core_end, -float(d))
            for d in segment.refers
            if segments[d].kind == "definition" and used & labels(segments[d].core(text))
        }
        return sorted({*base, cut, *needed}, key=lambda p: (p.start, p.end))

    size = longest_prefix(len(ends), lambda k: fit.tokens(pieces(k)), fit.target, fit.target)
    return fit.selection(pieces(size), (CUT,)) if size else bare


def _without_space(core: str, at: int) -> int:
    while at and core[at - 1].isspace():
        at -= 1
    return at


def _pieces(segments: Sequence[Segment], some: Sequence[int]) -> list[Piece]:
    """``some`` segments, from the first on, with what closes them and what their links go by."""
    there = set(some)
    there.update(d for i in some for d in segments[i].refers if segments[d].kind == "definition")
    closing = {i for i, s in enumerate(segments) if s.closes in there}
    return [
        Piece(segments[i].start, segments[i].core_end, -float(i)) for i in sorted(there | closing)
    ]
