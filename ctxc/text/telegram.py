"""A sentence without the words that a telegram leaves out: English only, and cautious.

What stays whatever it costs: negation, quantity, condition, comparison, duty, time, figures with
what they count, names, quotations, signs and operators, whatever ends a clause ("Sweden is"), and
every word of a sentence that is not English or looks like a command.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..document import Segment, Span
from .filler import code_like, is_english
from .word_classes import FILLER, MARKERS, empty_words, groups

_EDGES = re.compile(r"^[\W_]+|[\W_]+$")
_ENDS_CLAUSE = re.compile(r"[^\w\s]\Z")
_STAYS = frozenset(
    "or nor so of as it its this that these those here there he she they them his her their who "
    "whom whose which what then also just rather quite like has have had do does did into onto one "
    "such to in on at so another i me my you your we us our".split()
)
"""Empty words on which quantity ("half of"), comparison, reference or voice may hang."""
_SIGN = re.compile(r"[=<>|&{}$\\;@^~`]")


def telegram(text: str, segment: Segment, extra: Sequence[re.Pattern[str]] = ()) -> list[Span]:
    """What is left of a segment: word groups in reading order, never none.

    ``extra``: what a user has protected.

    >>> t = "The pump was checked by the owner, and the valve is."
    >>> [s.of(t) for s in telegram(t, Segment(0, len(t), len(t), "sentence", 0))]
    ['pump', 'checked', 'by', 'owner,', 'and', 'valve', 'is.']
    """
    whole = [Span(segment.start, segment.core_end)]
    core = segment.core(text)
    if not segment.prunable or _SIGN.search(MARKERS.sub("", core)) or code_like(text, segment):
        return whole
    found = groups(text, segment, extra)
    spans = [span for span, _ in found]
    bare = [_EDGES.sub("", span.of(text)).lower() for span in spans]
    if not is_english(bare):
        return [span for span in spans if not MARKERS.fullmatch(span.of(text))] or whole
    kept = [
        span
        for i, ((span, fixed), empty) in enumerate(
            zip(found, empty_words(text, spans), strict=True)
        )
        if fixed or not (empty and _may_go(text, spans, bare, i))
    ]
    return kept or whole


def _may_go(text: str, spans: Sequence[Span], bare: Sequence[str], i: int) -> bool:
    """Whether the empty word ``i`` may go where it stands."""
    word = spans[i].of(text)
    if MARKERS.fullmatch(word):
        return True
    if not bare[i] or word.lower() != bare[i] or bare[i] in _STAYS:
        return False  # a sign, half of a pair of quotation marks, the end of a clause
    following = spans[i + 1].of(text) if i + 1 < len(spans) else ""
    if not following or not following[0].isalnum():
        return False
    before = bare[i - 1] if i else ""
    if before in _COUNTING or before in _COMPARING or bare[i + 1] in _COUNTS:
        return False
    if bare[i] in FILLER or bare[i] in ("a", "an", "the"):
        return not following[0].isdigit()
    return bare[i + 1] not in _BEHIND_VERB and _ENDS_CLAUSE.search(following) is None


_COUNTS = frozenset(
    "few little lot lots couple dozen hundred thousand million billion other others same only whole "  # noqa: E501
    "entire rest majority minority number pair bit half third quarter fifth tenth first second last "  # noqa: E501
    "next once twice double single maximum minimum most least second minute hour day night week "
    "month year piece head unit share person litre liter kilo kilogram pound ton tonne metre meter "
    "mile page seat time sixth eighth part fraction percent total one two three four five six seven "  # noqa: E501
    "eight nine ten".split()
)
_COUNTING = frozenset(
    "once twice half double times all both each every such many few quite rather most least more "
    "less about around nearly almost up over under only not no never per any".split()
)
_COMPARING = frozenset("than as like unlike without except besides but unless versus".split())
_BEHIND_VERB = frozenset("not no never to only as than or more less".split())
