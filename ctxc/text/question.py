"""What kind of thing a question asks for, read off the question alone (English).

"Who" asks for a name, "when" for a date, "how many" for a number, "where" for
a place. A sentence or clause that holds such a thing, and not one the question
itself named, is a better bet: over 70 tuning records of nq10 a date stands in
91 % of the answering sentences of "when" questions and in 37 % of all, a number
in 100 % and 47 %, a place in 75 % and 33 %, a name in 93 % and 69 %.
Other questions ("what", any other language) ask for nothing in particular.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..document import Span
from .stemming import STOP_WORDS, tokenise

_KINDS = (
    (
        "number",
        r"how (?:many|much|old|long|far|tall|big|deep|high|fast|large|often|heavy|wide)"
        r"|what (?:is the |was the )?(?:number|percentage|percent|population|age|size|cost|price)",
    ),
    (
        "date",
        r"when|(?:what|which) (?:year|date|day|month|time|century|decade)|how long ago",
    ),
    ("name", r"who|whom|whose"),
    (
        "place",
        r"where|(?:what|which) (?:city|country|state|town|place|location|county|continent|region)",
    ),
)
_KIND = [(kind, re.compile(rf"\b(?:{pattern})\b")) for kind, pattern in _KINDS]

_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_CAPITAL = r"\b[A-ZÀ-ÖØ-ÞΑ-ΩЀ-Я][\w'’.-]*"
_HELD = {
    "number": re.compile(
        r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|"
        r"thousand|million|billion|twenty|thirty|forty|fifty|single|once|twice)\b",
        re.IGNORECASE,
    ),
    "date": re.compile(
        rf"\b(?:1\d\d\d|20\d\d)s?\b|\b(?:{_MONTHS})\b|\b\d+(?:st|nd|rd|th)[- ]century|\bB?CE\b|"
        r"\b(?:BC|AD)\b|\d年"
    ),
    "place": re.compile(
        r"\b(?:in|at|from|near|to|into|of|on|through|throughout|between|off)\s+"
        r"(?:the\s+|a\s+)?(?:\w+\s+)?[A-Z][a-z]+|\b[A-Z][a-z]+,\s+[A-Z][a-z]+"
    ),
}
_NAME = re.compile(rf"{_CAPITAL}(?:\s+(?:(?:of|the|de|van|von|la|le|da|di|bin|al)\s+)?{_CAPITAL})*")
_WORD = re.compile(r"\w+")
_LABEL = re.compile(r"\W{0,8}([^\W\d_][^:：\n]{0,48}?)[*_\s]{0,4}[:：]")


@dataclass(frozen=True, slots=True)
class Asking:
    """``kind`` is number, date, name, place, or "" for nothing in particular.

    ``words`` are the question's words, lower case.
    """

    kind: str
    words: frozenset[str]

    @classmethod
    def of(cls, question: str) -> Asking:
        """
        >>> [Asking.of(q).kind for q in ("who sang it?", "in what year?", "why so?")]
        ['name', 'date', '']
        """
        plain = " ".join(_WORD.findall(question.lower()))
        kind = next((kind for kind, pattern in _KIND if pattern.search(plain)), "")
        return cls(kind, frozenset(plain.split()))

    def met_by(self, text: str) -> bool:
        """Whether ``text``, a sentence, holds what is asked for.

        Where nothing in particular is: whether it names anything the question does not.
        """
        if self.kind in _HELD:
            return _HELD[self.kind].search(text) is not None
        return self._new_name(text, longer_than_one=self.kind == "name")

    def met_within(self, text: str, span: Span, known: frozenset[str] = frozenset()) -> bool:
        """The same for the clause ``span`` of the sentence ``text``.

        A clause may hold only part of a name or a place, so one capitalised word
        does, if it is news: not in the question, nor among ``known`` (a title's words).
        """
        clause = span.of(text)
        if self.kind in ("number", "date"):
            return _HELD[self.kind].search(clause) is not None
        before = span.start
        while before and text[before - 1].isspace():
            before -= 1
        at_start = not before or text[before - 1] in ".!?"
        return self._new_name(clause, known=known, at_start=at_start)

    def _new_name(
        self,
        text: str,
        *,
        longer_than_one: bool = False,
        known: frozenset[str] = frozenset(),
        at_start: bool = True,
    ) -> bool:
        """Whether there is a capitalised word, not the first of the sentence, that is news.

        ``longer_than_one``: a name of two words or more, wherever it stands.
        """
        for match in _NAME.finditer(text):
            found = [w.lower() for w in _WORD.findall(match.group())]
            if longer_than_one and len(found) < 2:
                continue
            if not longer_than_one and at_start and match.start() == _first(text):
                found = found[1:]  # a sentence begins with a capital anyway
            if any(w not in self.words and w not in known for w in found):
                return True
        return False


def _first(text: str) -> int:
    """Where the first word begins, past an opening quote or bracket."""
    match = _WORD.search(text)
    return match.start() if match else -1


_ABOUT_TALK = frozenset(
    "summarize summarise summary discuss discussed discusses discussing discussion discussions "
    "think thought thinks talk talked talks talking say said says opinion opinions idea ideas "
    "mention mentioned mentioning conclusion conclude concluded group team everyone participants "
    "speaker speakers meeting meetings conversation presentation presentations presenting agree "
    "agreed agreeing disagree disagreed put forward recommend recommended suggest suggested "
    "explain explained describe described attitude view views decide decided reason whole".split()
)


def topic(question: str, speakers: Iterable[str] = ()) -> str:
    """What a question about a conversation is about: without stop words, words about talking,
    and the ``speakers``' names. The question itself where nothing else is left.

    >>> topic("What did the Marketing think of the buttons and why?", ["Marketing"])
    'buttons'
    >>> topic("Summarize the discussion")
    'Summarize the discussion'
    """
    dropped = {word for name in speakers for word in tokenise(name)} | _ABOUT_TALK | STOP_WORDS
    return " ".join(w for w in tokenise(question) if w not in dropped) or question


def speakers(turns: Iterable[str]) -> set[str]:
    """The names before the colon of ``turns``, each the beginning of a turn.

    >>> sorted(speakers(["PhD A: Yes.", "Grad B : No.", "So what?"]))
    ['Grad B', 'PhD A']
    """
    found = (_LABEL.match(turn) for turn in turns)
    return {match.group(1).strip() for match in found if match}


_ENGLISH = frozenset(
    "the of in is was are were did does do who what when where which why how many to and for with "
    "from on at by an has have had that this it be can will would should".split()
)
_OTHER = frozenset(
    "der die das und ist wer wann wie wo warum welche welcher von den dem ein eine nicht wurde "
    "le la les des qui que quoi où quand est dans une pour combien pourquoi quel quelle comment "
    "el los las quién quien cuándo cuando dónde donde cómo qué cuál cuánto por una del en es "
    "il lo gli che chi dove perché quanto quale di per è della nel "
    "het een van wie wat waar wanneer hoe waarom o os as quem onde quando como qual é não "
    "kto co kiedy gdzie jak dlaczego jest w na vem vad när var hur är och".split()
)


def for_encoder(question: str) -> bool:
    """Whether a question is in the encoder's language (English), as far as its words tell.

    Another script, or function words of other languages and none of English,
    mean that it is not; names and keywords alone are given the benefit of the doubt.

    >>> [for_encoder(q) for q in ("who sang it", "Wann ist es?", "桥是谁建的", "lead time")]
    [True, False, False, True]
    """
    letters = [c for c in question if c.isalpha()]
    if sum(c.isascii() for c in letters) < 0.6 * len(letters):
        return False
    found = set(_WORD.findall(question.lower()))
    return bool(found & _ENGLISH) or not found & _OTHER
