"""Filler out of a sentence, nothing else: what stays are the source's own words.

Only English filler is known; a sentence that is not English keeps every word.
A filler word inside a protected span (a number with its unit, a quotation, a
negation with its word, a name, code, a link) stays.
"""

from __future__ import annotations

import re

from ..document import Segment, Span
from .protect import proper_nouns
from .segment import words
from .word_classes import FILLER, MARKERS, groups

# Words a telegram leaves out. Not here: what carries time ("was", "will"), duty ("must", "may"),
# condition ("if", "only", "when"), contrast ("but", "however") or quantity ("some", "every").
_ARTICLES = frozenset("a an the".split())
_DROPPED = FILLER | _ARTICLES | {"that"}
_PHRASES = (
    ("you", "know"),
    ("i", "mean"),
    ("sort", "of"),
    ("kind", "of"),
    ("in", "order"),
    ("of", "course"),
    ("as", "well", "as"),
    ("it", "is", "important", "to", "note", "that"),
    ("it", "should", "be", "noted", "that"),
    ("please", "note", "that"),
    ("note", "that"),
    ("at", "the", "end", "of", "the", "day"),
    ("as", "a", "matter", "of", "fact"),
)
_KEPT_PHRASES = frozenset([("as", "well", "as")])
_HEDGED = frozenset(
    "is are was were be been it's that's i i'm we you they he she just um uh to and so but".split()
)
_WHO = frozenset("me you him her us them i we he she they it".split())
_SPOKEN = frozenset("and so but because like um uh yeah well oh".split())
_OBJECTS = frozenset(
    "a an the this that these those it what how who where why when if which".split()
)
_BEHIND_LETTER = frozenset(
    "few little is are was were and or in on of to for from at by with has have must may can "
    "will if".split()
)
_PERIODS = frozenset(
    "second minute hour day night week month quarter year piece head unit share person litre "
    "liter gallon kilo kilogram pound tonne ton metre meter mile page seat".split()
)
_COUNTED = frozenset(  # "just one", "a third": how many there are
    "one two three four five six seven eight nine ten half third fifth tenth dozen couple lot lots "
    "hundred thousand million billion fraction few little once twice before after below above under "  # noqa: E501
    "over the those these".split()
)
_LIMITED = frozenset("for of in on at to with by until from half twice once not".split())
_ENGLISH = frozenset(  # words that are no words of the languages beside it
    "the and to with for this that are from have it you we they which were has by be of is not "
    "their there been who would could".split()
)
_OTHER = frozenset(  # of Dutch, Spanish, Italian, French and German, and seldom of English
    "de het een en van te niet dat dit el los las que una por che il di le les et des une der und "
    "ist das mi la si su al del".split()
)
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")
_SIGNS = re.compile(r"[=;{}]|\w\(|>>>|->")
_PUNCTUATION = re.compile(r"^[,;.!?…–—-]+$")


def pieces(text: str, segment: Segment) -> list[Span]:
    """What is left of a sentence: word groups in reading order, never none.

    >>> t = "The valve is just a part, and it must not be opened."
    >>> s = Segment(0, len(t), len(t), "sentence", 0)
    >>> shown(t, pieces(t, s))
    'valve is part, and it must not be opened.'
    """
    whole = [Span(segment.start, segment.core_end)]
    if not segment.prunable and segment.kind not in ("item", "quote"):
        return whole
    if code_like(text, segment):
        return whole
    found = groups(text, segment)
    bare = [_EDGES.sub("", span.of(text)).lower() for span, _ in found]
    if not is_english(bare):
        return whole
    # A name's words look like filler ("The Who", "Will"): the whole name stays.
    named = proper_nouns(text, segment.start, segment.core_end)
    fixed = [
        protected or any(n.start < span.end and span.start < n.end for n in named)
        for span, protected in found
    ]
    drop = [MARKERS.fullmatch(span.of(text)) is not None for span, _ in found]
    _drop_phrases(text, found, bare, fixed, drop)
    for i, (span, _) in enumerate(found):
        # A bracket or quotation mark at the word is half of a pair.
        if not fixed[i] and span.of(text).rstrip(",").lower() == bare[i]:
            drop[i] = drop[i] or (bare[i] in _DROPPED and _may_go(text, found, bare, i))
            drop[i] = drop[i] or _stutters(text, found, bare, drop, i)
    _drop_stray_marks(text, found, drop)
    kept = [span for (span, _), gone in zip(found, drop, strict=True) if not gone]
    return kept or whole


def code_like(text: str, segment: Segment) -> bool:
    """Whether a "sentence" is a program's lines that nothing marks as code.

    Its lines are indented further than the first, or differently, and hold a
    program's signs. Such lines are never rewrapped.
    """
    core = segment.core(text)
    if segment.kind not in ("sentence", "turn") or "\n" not in core or not _SIGNS.search(core):
        return False
    before = text[text.rfind("\n", 0, segment.start) + 1 : segment.start]
    first, *rest = (before + core).splitlines()
    indents = {len(line) - len(line.lstrip()) for line in rest if line.strip()}
    starts_line = not before.strip()
    deeper = starts_line and any(i > len(first) - len(first.lstrip()) for i in indents)
    return deeper or len(indents) > 1


def shown(text: str, kept: list[Span]) -> str:
    """The pieces as one text, a space where words were left out."""
    out: list[str] = []
    for i, span in enumerate(kept):
        if i:
            gap = text[kept[i - 1].end : span.start]
            out.append(gap if gap.isspace() or not gap else " ")
        out.append(span.of(text))
    return "".join(out).strip()


def is_english(bare: list[str]) -> bool:
    """Whether enough of a sentence's words are English function words."""
    known = sum(1 for word in bare if word in _ENGLISH)
    other = sum(1 for word in bare if word in _OTHER)  # "de pomp is open of dicht"
    return known >= 1 and known >= 0.12 * len(bare) and other < 2


def filler_words(text: str, start: int, end: int) -> int:
    """How many words of ``text[start:end]`` say nothing by themselves."""
    return sum(
        1
        for word in words(text, start, end)
        if _EDGES.sub("", word.of(text)).lower() in FILLER or MARKERS.fullmatch(word.of(text))
    )


def _drop_phrases(
    text: str, found: list[tuple[Span, bool]], bare: list[str], fixed: list[bool], drop: list[bool]
) -> None:
    at = 0
    while at < len(bare):
        match = next((p for p in _PHRASES if tuple(bare[at : at + len(p)]) == p), ())
        inside = range(at, at + len(match))
        aside = match and match not in _KEPT_PHRASES and _is_aside(text, found, bare, at, match)
        if aside and not any(fixed[i] for i in inside):
            for i in inside:
                drop[i] = True
        at += len(match) or 1


def _is_aside(
    text: str, found: list[tuple[Span, bool]], bare: list[str], at: int, phrase: tuple[str, ...]
) -> bool:
    """Whether a phrase says nothing where it stands: not in "if you know the code"."""
    before = bare[at - 1] if at else ""
    after = bare[at + len(phrase)] if at + len(phrase) < len(bare) else ""
    if phrase == ("in", "order"):
        return after == "to"
    if phrase in (("sort", "of"), ("kind", "of")):
        return before in _HEDGED and after not in _ARTICLES and after not in _WHO
    if phrase[-1] == "that":  # "please note that", but not "the note that fell due"
        return _bounded(text, found, at) or before in ("and", "but", "please")
    if phrase[-1] == "day":  # "clean it at the end of the day"
        return at == 0 and _ends_clause(text, found, len(phrase) - 1)
    spoken = phrase[-1] in ("know", "mean") and before in _SPOKEN and after not in _OBJECTS
    return spoken or _bounded(text, found, at)


def _bounded(text: str, found: list[tuple[Span, bool]], i: int) -> bool:
    """Whether a sentence or a clause begins with the word ``i``."""
    return i == 0 or text[found[i - 1][0].end - 1] in ",;:.-–—"


def _ends_clause(text: str, found: list[tuple[Span, bool]], i: int) -> bool:
    """Whether one ends with it."""
    if i + 1 == len(found) or text[found[i][0].end - 1] in ",;:.":
        return True
    return _PUNCTUATION.match(found[i + 1][0].of(text)) is not None


def _may_go(text: str, found: list[tuple[Span, bool]], bare: list[str], i: int) -> bool:
    """False where the word carries meaning: "as well", "that" as a subject, part of a title."""
    before = bare[i - 1] if i else ""
    after = bare[i + 1] if i + 1 < len(bare) else ""
    if bare[i] in ("well", "ok"):  # an oil well; "press ok"
        return _bounded(text, found, i) or _ends_clause(text, found, i)
    if bare[i] == "rather":
        return after != "than" and before not in ("or", "would", "d")
    if bare[i] == "just":  # "just two of them" are not more
        counts = after in _COUNTED or before in _LIMITED or (i + 1 < len(found) and found[i + 1][1])
        return after not in ("cause", "and") and not counts
    if bare[i] == "that":
        return before in _SAYING
    if bare[i] in ("a", "an") and not _is_article(text, found, after, i):
        return False
    if bare[i] in _ARTICLES and i >= 2 and i + 1 < len(found):
        # "Race to the Edge": capitals on both sides make it a title's own word.
        return not (_capital(text, found[i - 2][0]) and _capital(text, found[i + 1][0]))
    return True


def _is_article(text: str, found: list[tuple[Span, bool]], after: str, i: int) -> bool:
    """Not a letter ("vitamin A", "if a is 3"), nor "one" or "per" ("for an hour")."""
    letter = _capital(text, found[i][0]) and not _bounded(text, found, i)
    return not letter and after not in _BEHIND_LETTER | _PERIODS | _COUNTED


def _capital(text: str, span: Span) -> bool:
    return span.of(text).lstrip("\"'“‘(")[:1].isupper()


_SAYING = frozenset(
    "said says say think thinks thought believe believes noted notes found finds shows showed "
    "stated states announced reported reports argues argued claims claimed means so such".split()
)


def _stutters(
    text: str, found: list[tuple[Span, bool]], bare: list[str], drop: list[bool], i: int
) -> bool:
    """A word said twice in a row ("we we"): the first of the two goes."""
    if not bare[i] or not bare[i].isalpha() or not found[i][0].of(text).isalpha():
        return False
    following = next((j for j in range(i + 1, len(bare)) if not drop[j]), None)
    return following is not None and following - i <= 2 and bare[following] == bare[i]


def _drop_stray_marks(text: str, found: list[tuple[Span, bool]], drop: list[bool]) -> None:
    """Punctuation that stands by itself ("Um , so") goes with the word before it."""
    last = ""  # the last mark or word kept
    gap = False
    for i, (span, _) in enumerate(found):
        if drop[i]:
            gap = True
            continue
        mark = span.of(text)
        if _PUNCTUATION.match(mark) and (
            not last or last.endswith((":", "(")) or (gap and _PUNCTUATION.match(last))
        ):
            drop[i] = True
            continue
        last, gap = mark, False
    _drop_before_end(text, found, drop)


def _drop_before_end(text: str, found: list[tuple[Span, bool]], drop: list[bool]) -> None:
    """A comma that has come to stand before the full stop."""
    kept = [i for i in range(len(found)) if not drop[i]]
    if len(kept) > 2:
        last_but_one, last = (found[i][0].of(text) for i in kept[-2:])
        if last in (".", "?", "!") and last_but_one in (",", ";", "-"):
            drop[kept[-2]] = True
