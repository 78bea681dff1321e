"""Words a telegram may go without, told by what stands beside them.

What is never spare: content words, protected spans (figures with their units,
dates, identifiers, quotations, negations with their word), names, and the words
of time, direction, condition and quantity. A word is spare only where leaving
it out makes the sentence shorter and nothing else: ``_RULES`` has a row for each.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..document import Segment, Span
from ..text.filler import pieces
from ..text.protect import proper_nouns
from ..text.word_classes import groups, is_name

_EDGES = re.compile(r"^\W+|\W+$")
_ARTICLES = frozenset("a an the".split())
_MODALS = frozenset("must may might can could shall should will would".split())
_HELPING = _MODALS | frozenset("am is are was were have has had do does did".split())
_CLAUSES = frozenset(
    "and but that if when as since because although though while unless until so".split()
)
_PREPOSITIONS = frozenset(
    "of in on at for to from by with without into onto over under about after before between "
    "through during per via as than like against within upon and or nor".split()
)
_BEING = frozenset("am are was were will would".split())
_POINTERS = frozenset("this that these those".split())
_PERSONS = frozenset("i we you he she they it his her their my our your its".split())
_ADVERBS = frozenset("also often still then now not already never always only".split())
_STATING = frozenset(
    "sure ensure ensures ensuring means mean require requires suggest suggests indicate indicates "
    "estimate estimates assume assumes believe believes hope guess suppose agreed decided decide "
    "so such note know think show shows found find recommend recommends emphasized recommended "
    "proposed propose".split()
)
_TIMES = frozenset(
    "second seconds minute minutes hour hours day days night week weeks month months quarter year "
    "years morning afternoon evening noon dawn present future time times several few monday "
    "tuesday wednesday thursday friday saturday sunday".split()
)
_FIRST = frozenset("i me my we us our".split())
_SECOND = frozenset("you your yours".split())
_OBJECTS = frozenset("it them him her me us you".split())  # "have it in the report"
_CONDITIONS = frozenset(
    "if when while unless until without except between either both neither nor not no never "
    "cannot".split()
)
_HELD_SO = frozenset("far long many much few do does did is are that late".split())
_LASTING = frozenset("for since always ever never already".split())
# A participle; those of what is done to people read like what people do: "the tenant paid".
_DONE = re.compile(r"\w+[^\We]ed|done|made|taken|seen|shown|known|written|chosen|found|given")
_SUFFERED = frozenset(
    "paid owed sued told asked called refused denied served sent fed led met lost won shot said "
    "struck elected billed advised left sold bought taught given shown granted offered charged "
    "fined awarded promised lent allowed required hired moved changed married retired used seen "
    "known set cut hit put read let caught held built hurt beaten killed attacked".split()
)
_NUMBERS = frozenset(
    "one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty "
    "hundred thousand million billion half first second third fourth fifth sixth seventh eighth "
    "ninth tenth last quarter dozen once twice".split()
)
# "tens of thousands", "none of them", "free of charge".
_OF_WHAT = frozenset(
    "tens dozens hundreds thousands millions billions most some all each none part whole rest any "
    "both many few out instead because ahead free clear cleared short rid stripped robbed "
    "independent cured accused north south east west several absence lack rate cost change "
    "increase killing murder attack parent son daughter mother father sister brother lawyer".split()
)
# "at least", "for example", "in use": with its preposition the next word is another word.
_PHRASE_ENDS = frozenset(
    "course least most best worst first last all any some each every example instance fact "
    "general particular addition case practice turn short time use place stock charge doubt "
    "danger favour favor front spite line light contrast total full part order effect force need "
    "common risk stake home hand sale demand loan fire strike duty track purpose behalf average "
    "top board call hold display request fault war peace large vain error advance kind theory "
    "principle paper credit margin good life ever now trial bail record arrears breach custody "
    "person event condition assumption absence account appeal leave suspicion lieu view left "
    "right".split()
)
# "switch on", "log in", "is on and": a particle, not a place.
_PARTICLES = re.compile(
    r"(?:turn|switch|power|put|log|sign|plug|check|come|came|go|went|keep|kept|stay|leave|left|"
    r"zoom|trade|let|lock|phase|opt|bring|brought|call|take|took|hold|held|carry|carri|press|fill|"
    r"hand|kick|cut|type|broke|break|bought|buy|attack|war|claim|tax|ban|rely|reli|depend|shout|"
    r"throw|threw|point|look)"
    r"(?:s|es|d|ed|ned|ged|ing|ning|ging|ting)?|is|are|was|were|be|been|has been|have been"
)
_JOINING = frozenset("but if when while until unless".split()) | _PREPOSITIONS


@dataclass(frozen=True)
class _Sentence:
    """A sentence's words in lower case without marks, the mark at each one's end, whether
    a protected span or a name holds it, and which of them filler has left (their indices);
    ``named``: it is said in a turn of somebody whose name stands before it."""

    words: tuple[str, ...]
    marks: tuple[str, ...]
    fixed: tuple[bool, ...]
    left: tuple[int, ...]
    named: bool = False

    def word(self, i: int) -> str:
        return self.words[i] if 0 <= i < len(self.words) else ""

    def is_fixed(self, i: int) -> bool:
        return 0 <= i < len(self.words) and self.fixed[i]

    def before(self, i: int) -> str:
        """The word filler has left before ``i``."""
        at = bisect_left(self.left, i)
        return self.words[self.left[at - 1]] if at else ""

    def after(self, i: int) -> str:
        """The word filler has left from ``i`` on."""
        at = bisect_left(self.left, i)
        return self.words[self.left[at]] if at < len(self.left) else ""

    def opens(self, i: int) -> bool:
        """Whether nothing, or a mark, stands before ``i``."""
        return i == 0 or bool(self.marks[i - 1])

    @cached_property
    def both_persons(self) -> bool:
        """Whether it says who of two does what: "you owe me", "our data, your data"."""
        said = set(self.words)
        return bool(said & _FIRST) and bool(said & _SECOND)


# A rule: whether the word at ``i`` is spare; ``j`` is the place behind it (two on for "has been").
_Rule = Callable[[_Sentence, int, int], bool]


def _speaker(s: _Sentence, i: int, j: int) -> bool:
    """ "We are moving": the speaker, as a sentence's first word, and wherever the line names him.
    Elsewhere the verb would find another subject, or become an order."""
    first = i == 0 and s.word(j) in _BEING
    return (first or s.named) and not s.both_persons and "not" not in s.word(j + 1)


def _mine(s: _Sentence, i: int, j: int) -> bool:
    return s.named and not s.both_persons


def _ours(s: _Sentence, i: int, j: int) -> bool:
    return not s.both_persons


def _pointing(s: _Sentence, i: int, j: int) -> bool:
    """Not what a preposition goes with ("after this the pump failed"), one of two that are
    pointed at, or a time ("this week")."""
    several = sum(w in _POINTERS for w in s.words) > 1
    beside = {s.word(i - 1), s.word(j)} & _PREPOSITIONS
    return not several and not beside and s.word(j) not in _TIMES


def _it(s: _Sentence, i: int, j: int) -> bool:
    """As a subject: "he has it inspected" is not "he has inspected"."""
    return (s.opens(i) or s.word(i - 1) in _CLAUSES) and s.word(j) not in _PREPOSITIONS


def _that(s: _Sentence, i: int, j: int) -> bool:
    """Where English goes without it: behind "ensure" and the like, and before another subject
    ("the price that we pay"). "The patients that died" needs it."""
    behind = s.word(i - 1) in _STATING
    subject = s.word(j) in _PERSONS | _ARTICLES | {"there", "these", "those"}
    return behind or (subject and not s.opens(i) and s.word(i - 1) not in _PREPOSITIONS)


def _which(s: _Sentence, i: int, j: int) -> bool:
    """Behind a comma; elsewhere it is one of several."""
    return i > 0 and s.marks[i - 1] == ","


def _there(s: _Sentence, i: int, j: int) -> bool:
    return (s.opens(i) or s.word(i - 1) in _CLAUSES) and s.word(j) in _HELPING


def _copula(s: _Sentence, i: int, j: int) -> bool:
    asked = s.word(j) in _FIRST | _SECOND | {"it", "there", "he", "she", "they"}
    same = s.word(j) == "the"  # "the pump is the part that failed"
    kept = asked or same or s.word(i - 1) in ("as", "there")
    return not kept and _stays_passive(s, i, j)


def _am(s: _Sentence, i: int, j: int) -> bool:
    return s.word(i - 1) == "i" and _copula(s, i, j)  # 9 am


def _been(s: _Sentence, i: int, j: int) -> bool:
    """ "has been closed", but not "must have been", nor what lasts: "for ten years"."""
    if _MODALS & set(s.words[:i]) or s.word(i - 1) == "to" or _LASTING & set(s.words[j:]):
        return False
    return bool(_DONE.fullmatch(s.word(j))) and _stays_passive(s, i, j)


def _stays_passive(s: _Sentence, i: int, j: int) -> bool:
    """Whether nobody will read what is done to somebody as what he does."""
    k = j
    while k < j + 2 and (s.word(k).endswith("ly") or s.word(k) in _ADVERBS):
        k += 1
    done, then = s.word(k), s.word(k + 1)
    if not _DONE.fullmatch(done) and done not in _SUFFERED:
        return True
    if done in _SUFFERED or s.word(i - 1) in ("that", "who", "which"):
        return False
    goes_on = then in _PREPOSITIONS | _CLAUSES | {"here"} and then != "to"
    return not then or bool(s.marks[k]) or goes_on


def _placing(s: _Sentence, i: int, j: int) -> bool:
    """A preposition that the words on both sides tell. Beside a figure or a name it says
    what that is, and before another one it is a particle."""
    before, after = s.before(i), s.after(j)
    if not after or s.is_fixed(i - 1) or s.is_fixed(j):
        return False
    if before in _NUMBERS or after in _NUMBERS | _PHRASE_ENDS:
        return False
    if after in _OBJECTS:  # "kind of you"
        return False
    if s.word(i) == "of":
        return before not in _OF_WHAT
    told_apart = s.words.count(after) > 1  # "drugs in the box, drugs on the box"
    if told_apart or {after, s.word(j), s.word(j + 1)} & _TIMES:
        return False
    if _DONE.fullmatch(before) or before in _SUFFERED:  # "stored on disk" is not "stored disk"
        return False
    particle = _PARTICLES.fullmatch(before) or s.word(j) in _JOINING
    return not particle and s.word(i - 1) not in _PREPOSITIONS | _OBJECTS


def _and(s: _Sentence, i: int, j: int) -> bool:
    """Behind a mark in a list, where no condition or negation reaches over it."""
    earlier = " ".join(s.words[:i])
    reached = "n't" in earlier or not _CONDITIONS.isdisjoint(earlier.split())
    clause = s.word(j) in _ARTICLES | _PERSONS  # "Mr Smith, and a lawyer"
    return i == 0 or (s.opens(i) and not reached and not clause)


def _so(s: _Sentence, i: int, j: int) -> bool:
    return s.opens(i) and s.word(j) not in _HELD_SO | _HELPING


def _always(s: _Sentence, i: int, j: int) -> bool:
    return True


_RULES: dict[str, _Rule] = {
    **dict.fromkeys(("I", "we"), _speaker),
    "my": _mine,
    **dict.fromkeys("our its".split(), _ours),
    **dict.fromkeys("this these those".split(), _pointing),
    "it": _it,
    **dict.fromkeys("is are".split(), _copula),
    **dict.fromkeys("of in on at".split(), _placing),
    **dict.fromkeys(("has been", "have been"), _been),
    "am": _am,
    "that": _that,
    "which": _which,
    "there": _there,
    "and": _and,
    "so": _so,
    "also": _always,
}
"""Words that may be spare, and where they are.

Not here: "was", "will" (time), "to", "from", "by", "with", "for", "as" (direction,
part and purpose), "he", "they" (who), "or", "but", "if", "all" and their like; nor
articles: ``telegraph`` leaves those out wherever they say nothing.
"""


def without_filler(text: str, segment: Segment) -> list[Span]:
    """The words of a sentence that ``telegraph`` leaves, "has been" as one of them."""
    out: list[Span] = []
    for word in pieces(text, segment):
        if word.of(text) == "been" and out and out[-1].of(text).lower() in ("has", "have"):
            out[-1] = Span(out[-1].start, word.end)
        else:
            out.append(word)
    return out


def spare_words(text: str, segment: Segment, words: Sequence[Span]) -> list[bool]:
    """Which of a sentence's ``words`` (of ``without_filler``) a telegram of it may leave out."""
    source = [span for span, _ in groups(text, segment)]
    index = {span.start: i for i, span in enumerate(source)}
    at = [index[w.start] for w in words]
    sentence = _sentence(text, segment, at)
    out = []
    for k, (word, i) in enumerate(zip(words, at, strict=True)):
        here = " ".join(word.of(text).split())
        rule = _RULES.get(here if here == "I" else here.lower())
        j = i + len(here.split())
        out.append(
            rule is not None
            and not sentence.fixed[i]
            and (here == "I" or not here.isupper())  # US, IT
            and sentence.word(i - 1) not in _ARTICLES  # mentioned, not used: "the on button"
            and "to" not in (sentence.word(i - 1), sentence.word(j))  # "is to be closed"
            and not is_name(text, words, k)
            and rule(sentence, i, j)
        )
    return _never_all_between(out, [sentence.fixed[i] for i in at])


def _sentence(text: str, segment: Segment, left: Sequence[int]) -> _Sentence:
    found = groups(text, segment)
    names = proper_nouns(text, segment.start, segment.core_end)
    shown = [span.of(text) for span, _ in found]
    return _Sentence(
        tuple(_EDGES.sub("", w).lower() for w in shown),
        tuple(w[-1] if w[-1] in ",;:.!?" else "" for w in shown),
        tuple(
            fixed or any(n.start < span.end and span.start < n.end for n in names)
            for span, fixed in found
        ),
        tuple(left),
        segment.kind == "turn",
    )


def _never_all_between(spare: list[bool], fixed: Sequence[bool]) -> list[bool]:
    """Between two figures or names something says how they belong together: the last word stays."""
    out = list(spare)
    first = 0  # of a run of spare words
    for i in range(1, len(out)):
        if not spare[i - 1]:
            first = i
        if spare[i] and i + 1 < len(out) and fixed[i + 1] and first > 0 and fixed[first - 1]:
            out[i] = False
    return out
