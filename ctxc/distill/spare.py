"""Words a telegram may go without, told by a table and by what stands beside them.

What is never spare: content words, protected spans (figures with their units,
dates, identifiers, quotations, negations with their word), names, and the
words of time, direction, person, condition and quantity.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..document import Segment, Span
from ..engines.base import Task
from ..engines.wording import groups, is_name
from ..protect import proper_nouns
from .telegraph import pieces

SPARE = frozenset(
    "a an the this that these those which it its there i me my we us our you your is are am "
    "has have of in on at for and also so".split()
)
"""Words a telegram may go without, where its reader can fill them in.

Not here: "was", "will" (time), "to", "from", "by", "with", "as" (direction and
part), "he", "they" (who), "or", "but", "if", "all", "may" and their like.
"""

_PLAIN = re.compile(r"[A-Za-z]+,?|ha(?:s|ve)\s+been")
_BEING = frozenset("is are was were must may can will should would".split())
_OPENING = frozenset("and so".split())  # spare only where they join nothing
_PLACING = frozenset("of in on at for".split())
_HELPERS = frozenset("has have".split())
# "at least", "for example", "in use": with its preposition the next word is another word.
_PHRASE_ENDS = frozenset(
    "least most best worst once first last all any some each every example instance fact "
    "general particular addition case practice turn short time use place stock charge doubt "
    "danger favour favor front spite line light contrast total full part order effect force need "
    "common risk stake home hand sale demand loan fire strike duty track purpose behalf average "
    "top board call hold display request".split()
)
# "switch on", "log in", "is on and": a particle, not a place.
_PARTICLES = re.compile(
    r"(?:turn|switch|power|put|log|sign|plug|check|come|came|go|went|keep|kept|stay|leave|left)"
    r"(?:s|es|ed|ned|ged|ing|ning|ging)?|is|are|was|were|be|been"
)
_JOINING = frozenset("and or but if when while until unless by before after as than".split())
_ASKED = frozenset("see know show decide determine choose tell ask find specify say".split())
_AMOUNTS = frozenset(  # "tens of thousands", "none of them"
    "tens dozens hundreds thousands millions billions most some all each none one half part "
    "third quarter whole rest any both many few out instead because".split()
)
_DONE = re.compile(
    r"\w+[^\We]ed|been|done|made|given|taken|seen|shown|known|written|chosen|found|gone|become"
)


def without_filler(text: str, segment: Segment) -> list[Span]:
    """The words of a sentence that ``telegraph`` leaves, "has been" as one of them."""
    return _joined(text, pieces(text, segment))


def _joined(text: str, words: Sequence[Span]) -> list[Span]:
    """``words`` with "has been" as one of them: one half of it says something else."""
    out: list[Span] = []
    for word in words:
        if word.of(text) == "been" and out and out[-1].of(text).lower() in _HELPERS:
            out[-1] = Span(out[-1].start, word.end)
        else:
            out.append(word)
    return out


def spare_words(task: Task, segment: Segment, words: Sequence[Span]) -> list[bool]:
    """Which of a sentence's ``words`` a telegram of it may leave out."""
    text = task.text
    held = [s for s, fixed in groups(text, segment, task.protect) if fixed]
    held += proper_nouns(text, segment.start, segment.core_end)
    bare = [" ".join(w.of(text).rstrip(",.;:!?").lower().split()) for w in words]
    fixed = [_overlaps(w, held) for w in words]
    marks = [w.of(text)[-1] for w in words]
    out = []
    for i, word in enumerate(words):
        here = word.of(text)
        acronym = len(here) > 1 and here.isupper()  # US, IT
        may = not fixed[i] and not acronym and bool(_PLAIN.fullmatch(here))
        may = may and not is_name(text, words, i)
        out.append(may and _says_nothing(bare, fixed, marks, i))
    return _never_all_between(out, fixed)


def _never_all_between(spare: list[bool], fixed: Sequence[bool]) -> list[bool]:
    """Between two figures or names something says how they belong together: the last word stays."""
    out = list(spare)
    for i in range(1, len(out) - 1):
        if spare[i] and fixed[i + 1]:
            first = i
            while first > 0 and spare[first - 1]:
                first -= 1
            out[i] = not (first > 0 and fixed[first - 1])
    return out


def _overlaps(word: Span, spans: Sequence[Span]) -> bool:
    return any(s.start < word.end and word.start < s.end for s in spans)


def _says_nothing(bare: Sequence[str], fixed: Sequence[bool], marks: Sequence[str], i: int) -> bool:
    """Whether a word goes without saying where it stands."""
    word = bare[i]
    before = bare[i - 1] if i else ""
    after = bare[i + 1] if i + 1 < len(bare) else ""
    if word in ("has been", "have been"):
        return True
    if word not in SPARE:
        return False
    if word in _HELPERS:  # "has a pump" is another thing than "has been closed"
        return bool(_DONE.fullmatch(after))
    if before == "to" or after == "to":  # "is to be closed", "able to do so"
        return False
    if word == "there" and after not in _BEING:  # a place
        return False
    if word == "am" and before != "i":  # 9 am
        return False
    if word == "which" and (not i or before in _ASKED):  # one of several
        return False
    if word in _OPENING:
        return not i or marks[i - 1] in (",", ";", ":")
    return word not in _PLACING or _places_nothing(bare, fixed, marks, i)


def _places_nothing(
    bare: Sequence[str], fixed: Sequence[bool], marks: Sequence[str], i: int
) -> bool:
    """Whether a preposition's reader knows it from the words on both sides."""
    if i + 1 == len(bare) or marks[i] == ",":  # "the one they asked for"
        return False
    word, before, after = bare[i], bare[i - 1] if i else "", bare[i + 1]
    if after in _PHRASE_ENDS or (word == "of" and before in _AMOUNTS):
        return False
    particle = _PARTICLES.fullmatch(before) or after in _JOINING
    if word in ("on", "in") and particle:
        return False
    # Beside a figure it says what the figure is: "3 of 5", "in the hall at 9".
    return not (fixed[i + 1] and (word in ("of", "for") or any(c.isdigit() for c in after)))
