"""Word groups of a sentence: what is cut out first when only part of it fits.

Protected spans (numbers with units, dates, identifiers, quotes, negations, the
user's patterns) are never cut out of a sentence that is kept in part: their
priority is infinite. Then what the question names, names, content words, and
last the words a telegram would leave out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from ..document import Segment, Span
from .protect import proper_nouns, protected
from .segment import words

_EDGES = re.compile(r"^\W+|\W+$")

_FUNCTION_WORDS = frozenset(
    "a an the and or but so of to in on at by for from with as is are was were be been being am "
    "it its this that these those there here he she they them his her their we you i me my our "
    "your us him who whom whose which what when where how why than then also just very really "
    "quite rather well um uh mm yeah okay oh hmm like has have had do does did will would can "
    "could shall should may might must into onto over under about after before between through "
    "during while if because although though since such some any each both all more most other "
    "one only own same too".split()
)

_TELLING = frozenset(  # function words that a sentence says something else without
    "if because although though since before after during while when only must should may might "
    "can could shall will would all each both most more other some any own same under over "
    "between about or but not where how why who through into than too by from".split()
)

FILLER = frozenset(
    "very really quite rather just simply basically actually essentially obviously "
    "certainly indeed um uh uhm erm er hm hmm mm mmm mhm mm-hmm uh-huh "
    "yeah yep okay ok oh ah well anyway alright".split()
)
"""Words that say nothing at all."""

MARKERS = re.compile(r"\{[a-z]{2,14}\}|\[(?:laughter|inaudible|noise|music|applause)\]")
"""What transcribers write where nothing was said."""

_BINDING = frozenset(
    "if unless only except must should may might can could shall will would before after until "
    "when than less more least most about".split()
)


def groups(
    text: str, segment: Segment, extra: Sequence[re.Pattern[str]] = ()
) -> list[tuple[Span, bool]]:
    """Whole words of a segment, those that a protected span touches merged; True: protected."""
    spans = sorted(
        protected(text, segment.start, segment.core_end, extra), key=lambda s: (s.start, s.end)
    )
    out: list[tuple[Span, bool]] = []
    at = 0
    for word in words(text, segment.start, segment.core_end):
        while at < len(spans) and spans[at].end <= word.start:
            at += 1
        touched = at < len(spans) and spans[at].start < word.end
        joins = touched and out and out[-1][1] and spans[at].start < out[-1][0].end
        if joins:
            out[-1] = (Span(out[-1][0].start, word.end), True)
        else:
            out.append((word, touched))
        while at + 1 < len(spans) and spans[at].end <= word.end and spans[at + 1].start < word.end:
            at += 1
    return _with_counted(text, out)


def _with_counted(text: str, groups: list[tuple[Span, bool]]) -> list[tuple[Span, bool]]:
    """A number keeps what it counts: ``14,200 groschen``, whatever a groschen is."""
    out: list[tuple[Span, bool]] = []
    for span, fixed in groups:
        number = out and out[-1][1] and text[out[-1][0].end - 1].isdecimal()
        word = span.of(text)
        if number and word[0].islower() and not is_function_word(word):
            out[-1] = (Span(out[-1][0].start, span.end), True)
        else:
            out.append((span, fixed))
    return out


def split(
    text: str,
    segment: Segment,
    question: str | None = None,
    extra: Sequence[re.Pattern[str]] = (),
) -> list[tuple[Span, float]]:
    """The segment's word groups with priorities, for ``selection.select_segments``."""
    asked = {_bare(w) for w in (question or "").split()} - _FUNCTION_WORDS
    names = proper_nouns(text, segment.start, segment.core_end)
    out = []
    for span, is_protected in groups(text, segment, extra):
        out.append((span, math.inf if is_protected else _priority(span, text, asked, names)))
    return out


def _priority(span: Span, text: str, asked: set[str], names: Sequence[Span]) -> float:
    bare = _bare(span.of(text))
    if bare in asked:
        return 3.0
    if any(n.start < span.end and span.start < n.end for n in names):
        return 2.0
    return 0.0 if bare in _FUNCTION_WORDS or not bare else 1.0


def _bare(word: str) -> str:
    return _EDGES.sub("", word).casefold()


def is_function_word(word: str) -> bool:
    """Whether ``word``, as it stands in the text, is one a telegram would leave out."""
    bare = _bare(word)
    return not bare or bare in _FUNCTION_WORDS


_OPENS = frozenset(".!?…:;\"“‘'([{「『")  # behind these a capital is only a beginning
_BEFORE_TO = frozenset("is are was were am be had has have not".split())


def empty_words(text: str, spans: Sequence[Span]) -> list[bool]:
    """Which of the words ``spans`` of one sentence it says the same without, as a telegram would.

    Not so the words of condition, duty, order in time, quantity and contrast, nor a
    capital within the sentence ("Plan A", "The Who"). Keeping those costs 0.01 to
    0.03 of a meeting's telling words at 4x to 16x.

    >>> def shown(t):
    ...     words = [Span(*m.span()) for m in re.finditer(r"\\S+", t)]
    ...     empty = empty_words(t, words)
    ...     return " ".join(w.of(t) for w, e in zip(words, empty) if not e)
    >>> shown("The pump was in the plan A of the firm if it is open.")
    'pump plan A firm if open.'
    >>> shown("It is to be closed.")
    'is to be closed.'
    """
    bare = [_bare(span.of(text)) for span in spans]
    out = []
    for i, span in enumerate(spans):
        word = span.of(text)
        empty = not bare[i] or bare[i] in FILLER or MARKERS.fullmatch(word) is not None
        empty = empty or (bare[i] in _FUNCTION_WORDS and bare[i] not in _TELLING)
        out.append(empty and not is_name(text, spans, i))
    for i in range(1, len(spans)):
        if bare[i] == "to" and bare[i - 1] in _BEFORE_TO:  # what is to be done is not done
            out[i - 1] = out[i] = False
            if i + 1 < len(spans) and bare[i + 1] == "be":
                out[i + 1] = False
    return out


def is_name(text: str, spans: Sequence[Span], i: int) -> bool:
    """Whether a capital word stands within a sentence, as far as signs tell; "I" is none."""
    word = spans[i].of(text)
    if not i or not word[:1].isupper() or word == "I":
        return False
    before = text[spans[i - 1].start : spans[i].start].rstrip()
    return before[-1:] not in _OPENS


def is_binding_word(word: str) -> bool:
    """Whether a sentence kept in part would say something else without ``word``: "only if"."""
    return _bare(word) in _BINDING
