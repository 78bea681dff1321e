"""The checkable facts of a text, in forms that compare: what a distilled line must not invent.

A fact has the value it stands for, whatever way it is written ("3,000" and
"three thousand", "March 3, 2021" and "2021-03-03"), and where it stands.
``unsupported`` lists the facts of a claim that a source does not hold.

What this does not do: relations between facts. A claim whose facts all occur
in its source may still combine them wrongly.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from ..document import Span
from . import entities
from .normalize import date_value, number_values
from .proper_nouns import names

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_NOT_IN_NAMES = frozenset("of the de la le du van von der den di da del".split())


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: its canonical ``value``, its unit ("" for none), its place."""

    kind: str  # number, date, identifier, url, name, negation
    value: str
    span: Span
    unit: str = ""


@dataclass(frozen=True, slots=True)
class FactSet:
    """The facts of one text, each kind in reading order.

    ``numbers``' values are plain decimals ("3000", "12.5", "-5"), scale words
    applied; ``dates``' are ISO with "-" for what is not said ("2021-03-03",
    "--03-03", "T22:30"), weekdays by name; ``names``, ``identifiers`` and
    ``urls`` are as written (names with single spaces); ``negations``' are the
    negating word, lower case. A number inside a date is no number of its own.
    """

    numbers: tuple[Fact, ...] = ()
    dates: tuple[Fact, ...] = ()
    identifiers: tuple[Fact, ...] = ()
    urls: tuple[Fact, ...] = ()
    names: tuple[Fact, ...] = ()
    negations: tuple[Fact, ...] = ()

    def __len__(self) -> int:
        return sum(map(len, self.kinds()))

    def kinds(self) -> tuple[tuple[Fact, ...], ...]:
        return (
            self.numbers,
            self.dates,
            self.identifiers,
            self.urls,
            self.names,
            self.negations,
        )

    def all(self) -> list[Fact]:
        """Every fact in reading order."""
        return sorted((f for kind in self.kinds() for f in kind), key=lambda f: f.span.start)


def facts(text: str) -> FactSet:
    """The facts of ``text``. Linear in its length.

    >>> found = facts("On March 3, 2021 Ada Lovelace paid $3,000 (5%), not more.")
    >>> [(f.kind, f.value, f.unit) for f in found.all()]
    ... # doctest: +NORMALIZE_WHITESPACE
    [('date', '2021-03-03', ''), ('name', 'Ada Lovelace', ''), ('number', '3000', '$'),
     ('number', '5', '%'), ('negation', 'not', '')]
    """
    end = len(text)
    urls = entities.urls(text, 0, end)
    dates = _outside(entities.dates(text, 0, end), urls)
    identifiers = _outside(entities.identifiers(text, 0, end), [*urls, *dates])
    numeric = _outside(entities.single_numbers(text, 0, end), [*urls, *dates, *identifiers])
    named = _outside(names(text, 0, end), [*urls, *dates, *identifiers, *numeric])
    return FactSet(
        numbers=tuple(f for s in numeric for f in _numbers(text, s)),
        dates=tuple(Fact("date", date_value(s.of(text)), s) for s in dates),
        identifiers=tuple(Fact("identifier", s.of(text), s) for s in identifiers),
        urls=tuple(Fact("url", s.of(text).rstrip("/"), s) for s in urls),
        names=tuple(Fact("name", " ".join(s.of(text).split()), s) for s in named),
        negations=tuple(
            Fact("negation", s.of(text).split()[0].lower().replace("’", "'"), s)
            for s in entities.negations(text, 0, end)
        ),
    )


def unsupported(claim: str, source: str) -> tuple[Fact, ...]:
    """The facts of ``claim`` that ``source`` does not hold, in reading order.

    A number is held if the source has its value (a number in a date counts,
    as in "in 2021"), with the same unit where both name one; a date if a date
    of the source says the same as far as the claim goes; a name if every word
    of it occurs in the source; an identifier or URL if it is written there. A
    negation is held if the source negates anything at all, and a source that
    is never negated supports no "not"; that a claim *drops* a negation shows
    only by comparing with the sentence it came from: see ``lost_negation``.
    """
    held = Held.of(source)
    return tuple(f for f in facts(claim).all() if not held.holds(f))


def lost_negation(claim: str, sentence: str) -> bool:
    """Whether the sentence a claim came from negates something and the claim nothing."""
    return bool(facts(sentence).negations) and not facts(claim).negations


@dataclass(frozen=True, slots=True)
class Held:
    """A source's facts, indexed."""

    text: str
    numbers: dict[str, set[str]]
    dates: tuple[str, ...]
    words: frozenset[str]
    negated: bool

    @classmethod
    def of(cls, source: str) -> Held:
        found = facts(source)
        numbers: dict[str, set[str]] = {}
        for fact in found.numbers:
            numbers.setdefault(fact.value, set()).add(fact.unit)
        # Digits in dates, codes and links are in the source, too, but carry no unit.
        for digits in re.findall(r"\d+(?:\.\d+)?", source):
            numbers.setdefault(digits.lstrip("0") or "0", set())
        return cls(
            source,
            numbers,
            tuple(f.value for f in found.dates),
            frozenset(_words(source)),
            bool(found.negations),
        )

    def holds(self, fact: Fact) -> bool:
        if fact.kind == "number":
            units = self.numbers.get(fact.value)
            return units is not None and (not fact.unit or fact.unit in units or "" in units)
        if fact.kind == "date":
            return any(_says(date, fact.value) for date in self.dates)
        if fact.kind == "name":
            return all(w in self.words or w in _NOT_IN_NAMES for w in _words(fact.value))
        if fact.kind == "negation":
            return self.negated
        return fact.value in self.text


def _words(text: str) -> Iterable[str]:
    """Words as compared: case folded, possessives and accents off."""
    for match in _WORD.finditer(unicodedata.normalize("NFKC", text)):
        word = match.group().casefold().replace("’", "'").removesuffix("'s")
        yield word
        if "-" in word:
            yield from word.split("-")


def _says(source: str, claim: str) -> bool:
    """Whether a source's date says what a claim's does: every part the claim names is equal."""
    if source == claim:
        return True
    if source[:1] == "T" or claim[:1] == "T" or claim[:1] not in "-0123456789":
        return False
    return _part_wise(source, claim)


def _part_wise(source: str, claim: str) -> bool:
    """``2021-03-03`` says ``2021-03``, ``--03-03`` and ``2021``."""
    s_date, _, s_time = source.partition("T")
    c_date, _, c_time = claim.partition("T")
    if c_time and c_time != s_time:
        return False
    ours, theirs = _parts(s_date), _parts(c_date)
    return all(not c or c == s for s, c in zip(ours, theirs, strict=True))


def _parts(date: str) -> tuple[str, str, str]:
    if date.startswith("--"):
        month, _, day = date[2:].partition("-")
        return "", month, day
    year, _, rest = date.partition("-")
    month, _, day = rest.partition("-")
    return year, month, day


def _numbers(text: str, span: Span) -> list[Fact]:
    return [Fact("number", value, span, unit) for value, unit in number_values(span.of(text))]


def _outside(spans: list[Span], taken: list[Span]) -> list[Span]:
    """The spans that overlap none of ``taken`` (both are sorted first)."""
    blocks = entities.merged(taken)
    out, at = [], 0
    for span in spans:
        while at < len(blocks) and blocks[at].end <= span.start:
            at += 1
        if at == len(blocks) or blocks[at].start >= span.end:
            out.append(span)
    return out
