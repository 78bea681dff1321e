"""Whether a shortened text says something else than its source.

Every stretch of the output is led back to the source; what a sentence lost is then looked
at. Kinds of fault:

* ``negation``, ``quantity``, ``condition``, ``comparison``, ``number``, ``unit``,
  ``operator``, ``auxiliary``, ``predicate``: words of that class are gone from a clause of
  which other words are left (or, for conditions, the clause that they open is gone whole).
* ``joined``: two sentences' parts stand as one, with no mark between them.
* ``quotation``: quotation marks, or a ``>`` at a line's start, around text that the source
  does not hold word for word.
* ``list number``: a list item under another number than its own.
* ``cut word``, ``added``: a word that the source does not hold, from a part of one or not.
* ``telegram``: words of no such class are gone within a sentence; not false.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import regex

from .alignment import align
from .source import Source, read
from .words import PARTITIVE, PREDICATE_LAST, WORDS

_BREAK = regex.compile(r"[.!?…。！？।؟\n•|]|\s[-–—]\s")
_QUOTED = regex.compile(r"“([^”]+)”|„([^“”]+)[“”]|«([^»]+)»|「([^」]+)」|\"([^\"\n]+)\"")
_NUMBERED = regex.compile(r"^[ \t]*(\d+)[.)][ \t]+(\S.*)$", regex.MULTILINE)
_BLOCKQUOTE = regex.compile(r"^[ \t]*>[ \t]?(.+)$", regex.MULTILINE)
_OPERATOR = regex.compile(r"^(?:&&|\|\||[<>=!]=|[|<>=+×±≤≥≠→])$")
_SYMBOL = regex.compile(r"^[€$£¥₹₽%‰°]$")
_DIGITS = regex.compile(r"^\d")
_CLASSES = ("negation", "quantity", "condition", "number")
_PLAIN = frozenset(("telegram",))


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with ``source``, a sentence, as the output has it; ``words`` is the cause."""

    kind: str
    words: str
    source: str

    @property
    def false(self) -> bool:
        """Whether the output says something else, rather than the same in fewer words."""
        return self.kind not in _PLAIN


@dataclass(frozen=True, slots=True)
class Reading:
    """A source, an output, and the source token behind each token of the output."""

    source: Source
    output: Source
    places: tuple[int | None, ...]
    kept: frozenset[int]


def judge(source_text: str, output_text: str, language: str | None = None) -> list[Fault]:
    """The faults of ``output_text``, each once, in reading order of their kinds."""
    reading = reading_of(source_text, output_text, language)
    found = [*_sentences(reading), *_joined(reading), *_foreign(reading), *_marks(reading)]
    return list(dict.fromkeys(found))


def reading_of(source_text: str, output_text: str, language: str | None = None) -> Reading:
    """The output led back to its source."""
    source = read(source_text, language)
    output = read(output_text, source.language)
    places = tuple(align(output.tokens, source))
    return Reading(source, output, places, frozenset(p for p in places if p is not None))


def _sentences(reading: Reading) -> Iterator[Fault]:
    for index in range(len(reading.source.sentences)):
        tokens = [i for i, t in enumerate(reading.source.tokens) if t.sentence == index]
        missing = [i for i in tokens if i not in reading.kept]
        if missing and len(missing) < len(tokens):
            yield from _shortened(reading, index, tokens, missing)


def _shortened(
    reading: Reading, index: int, tokens: list[int], missing: list[int]
) -> Iterator[Fault]:
    sentence = reading.source.sentence(index)
    causes = [*_classes(reading, index), *_measures(reading, tokens), *_ends(reading, tokens)]
    for kind, words in causes:
        yield Fault(kind, words, sentence)
    if not causes and _inside_clause(reading, missing):
        yield Fault("telegram", _text(reading.source, missing), sentence)


def _classes(reading: Reading, index: int) -> Iterator[tuple[str, str]]:
    source = reading.source
    words = WORDS[source.language]
    start, end = source.sentences[index]
    for kind in _CLASSES:
        for match in getattr(words, kind).finditer(source.text, start, end):
            hit = _tokens_at(source, match.start(), match.end())
            if any(i not in reading.kept for i in hit) and _matters(reading, kind, hit):
                yield kind, match[0]
            elif (bare := _bare(reading, kind, hit)) is not None:
                yield kind, f"{match[0]} {source.tokens[bare].text}"
    for match in words.comparison.finditer(source.text, start, end):
        spans = [s for n in range(1, match.re.groups + 1) if (s := match.span(n)) != (-1, -1)]
        if _comparison_broken(reading, spans):
            yield "comparison", match[0]


def _matters(reading: Reading, kind: str, hit: list[int]) -> bool:
    """A clause that is gone whole takes its words with it, but not the condition it states."""
    clause = _clause(reading, hit[0])
    if any(i in reading.kept for i in clause):
        return True
    if kind != "condition":
        return False
    return reading.source.language in (*PREDICATE_LAST, "zh") or hit[0] - clause[0] <= 1


def _bare(reading: Reading, kind: str, hit: list[int]) -> int | None:
    """The next word, gone, where a kept quantity lost its whole, a kept condition its content."""
    last, language = hit[-1], reading.source.language
    after = [i for i in _clause(reading, last) if i > last]
    if not after or after[0] in reading.kept or not set(hit) <= reading.kept:
        return None
    emptied = kind == "condition" and not any(i in reading.kept for i in after)
    if emptied and language not in (*PREDICATE_LAST, "zh"):
        return after[0]
    whole = reading.source.tokens[after[0]].text in PARTITIVE
    return after[0] if whole and kind in ("negation", "quantity") else None


def _comparison_broken(reading: Reading, spans: list[tuple[int, int]]) -> bool:
    groups = [_tokens_at(reading.source, *span) for span in spans]
    kept = [all(i in reading.kept for i in group) for group in groups]
    if any(kept) and not all(kept):
        return True
    if not all(kept) or reading.source.language in PREDICATE_LAST:
        return False
    last = groups[-1][-1]
    after = [i for i in _clause(reading, last) if i > last]
    return bool(after) and not any(i in reading.kept for i in after)


def _measures(reading: Reading, tokens: list[int]) -> Iterator[tuple[str, str]]:
    for i in tokens:
        text = reading.source.tokens[i].text
        digits = bool(_DIGITS.match(text))
        if i not in reading.kept and _partly_kept(reading, i):
            if digits:
                yield "number", text
            elif _OPERATOR.match(text):
                yield "operator", text
        if digits and i in reading.kept:
            for j in _measuring(reading, i):
                yield "unit", _text(reading.source, [min(i, j), max(i, j)])


def _measuring(reading: Reading, number: int) -> Iterator[int]:
    """Missing neighbours that say what is counted: the next word, a symbol on either side."""
    tokens, source = reading.source.tokens, reading.source
    for other in (number - 1, number + 1):
        if not 0 <= other < len(tokens) or other in reading.kept:
            continue
        a, b = sorted((tokens[other], tokens[number]), key=lambda t: t.start)
        if a.clause != b.clause or source.text[a.end : b.start].strip(" \u00a0\u202f.-"):
            continue
        function = WORDS[source.language].function.fullmatch(tokens[other].text)
        if _SYMBOL.match(tokens[other].text) or (other > number and not function):
            yield other


def _ends(reading: Reading, tokens: list[int]) -> Iterator[tuple[str, str]]:
    """What ends a clause: an auxiliary, and where predicates come last, any word."""
    words = WORDS[reading.source.language]
    for i in tokens:
        clause = _clause(reading, i)
        if i != clause[-1] or i in reading.kept or not _partly_kept(reading, i):
            continue
        text = reading.source.tokens[i].text
        if words.final:
            yield "predicate", text
        elif words.auxiliary.fullmatch(text):
            yield "auxiliary", text


def _joined(reading: Reading) -> Iterator[Fault]:
    source, output = reading.source, reading.output
    last: int | None = None
    for place, number in [(p, n) for n, p in enumerate(reading.places) if p is not None]:
        if last is not None and (before := reading.places[last]) is not None:
            gap = output.text[output.tokens[last].end : output.tokens[number].start]
            a, b = source.tokens[before].sentence, source.tokens[place].sentence
            if (a != b or place < before) and not _BREAK.search(gap):
                words = f"{output.tokens[last].text}{gap}{output.tokens[number].text}"
                yield Fault("joined", words, source.sentence(a))
        last = number


def _foreign(reading: Reading) -> Iterator[Fault]:
    known = {token.text for token in reading.source.tokens}
    for token, place in zip(reading.output.tokens, reading.places, strict=True):
        if place is None:
            part = any(w.startswith(token.text) or w.endswith(token.text) for w in known)
            yield Fault("cut word" if part else "added", token.text, "")


def _marks(reading: Reading) -> Iterator[Fault]:
    source, output = _spaced(reading.source.text), reading.output.text
    for match in _QUOTED.finditer(output):
        quoted = next(group for group in match.groups() if group)
        if not _verbatim(quoted, source):
            yield Fault("quotation", quoted, "")
    for match in _BLOCKQUOTE.finditer(output):
        if not _verbatim(match[1], source):
            yield Fault("quotation", match[1], "")
    yield from _list_numbers(reading)


def _verbatim(quoted: str, source: str) -> bool:
    return all(_spaced(part) in source for part in quoted.split("…") if part.strip())


def _list_numbers(reading: Reading) -> Iterator[Fault]:
    items = {_spaced(m[2]): m[1] for m in _NUMBERED.finditer(reading.source.text)}
    for match in _NUMBERED.finditer(reading.output.text):
        first = _spaced(match[2]).rstrip(" .…")[:12]
        numbers = {number for text, number in items.items() if text.startswith(first)}
        if numbers and match[1] not in numbers:
            yield Fault("list number", match[0].strip(), "")


def _inside_clause(reading: Reading, missing: list[int]) -> bool:
    return any(_partly_kept(reading, i) for i in missing)


def _partly_kept(reading: Reading, token: int) -> bool:
    return any(i in reading.kept for i in _clause(reading, token))


def _clause(reading: Reading, token: int) -> list[int]:
    tokens = reading.source.tokens
    first = last = token
    while first > 0 and tokens[first - 1].clause == tokens[token].clause:
        first -= 1
    while last + 1 < len(tokens) and tokens[last + 1].clause == tokens[token].clause:
        last += 1
    return list(range(first, last + 1))


def _tokens_at(source: Source, start: int, end: int) -> list[int]:
    hit = [i for i, t in enumerate(source.tokens) if t.start < end and t.end > start]
    assert hit, f"no token in {source.text[start:end]!r}"
    return hit


def _text(source: Source, places: list[int]) -> str:
    return " ".join(source.tokens[i].text for i in places)


def _spaced(text: str) -> str:
    return regex.sub(r"[\s>]+", " ", text).strip()
