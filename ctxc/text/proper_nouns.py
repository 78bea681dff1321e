"""Names without a dictionary: runs of capitalised words, and acronyms.

For scripts with capitals only; German nouns all count as names. Linear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..document import Span

_WORD = re.compile(r"(?:[A-Z]\.){2,8}(?![A-Za-z])|[^\W_][\w'’&-]*")
_BETWEEN = frozenset("of the de la le du van von der den di da del &".split())
# Words that begin sentences with a capital and are no names.
_OPENERS = frozenset(
    "a an the and but or so if in on at by for from with as is are was were be it its this that "
    "these those there here he she they we you i my our your his her their who whom whose which "
    "what when where how why than then also just not no yes after before since while during "
    "although because however therefore moreover furthermore meanwhile instead according "
    "between under over through some many most all each every both few several one two three "
    "first second third finally do does did have has had can could may might must should will "
    "would let please note see use to of into about such only even still once other another any "
    "more well okay oh um uh yeah".split()
)
_ADDRESSES = frozenset("Dr Mr Mrs Ms St Prof Jr Sr Gen Col Lt Sgt Rev Hon Sen Rep Gov".split())
_TERMINAL = re.compile(r"[.!?:。！？\n][\"'”’)\]»*_]{0,3}\s*$|^\s*$|[-*•]\s$|\d[.)]\s$")


def names(text: str, start: int, end: int) -> list[Span]:
    """Runs of capitalised words and acronyms; at the head of a sentence only beyond its first word,
    or with it where the run goes on.

    >>> t = "The Bank of England met Ada. Paris is big."
    >>> [s.of(t) for s in names(t, 0, len(t))]
    ['Bank of England', 'Ada']
    """
    out: list[Span] = []
    for run in _capital_runs(text, start, end):
        first, last = 0, len(run)
        if _opens_sentence(text, run[0].start, start):
            while first < last and _is_opener(run[first].of(text)):
                first += 1
            # One capitalised word that opens a sentence may be any word.
            if first == 0 and last == 1 and not _is_acronym(run[0].of(text)):
                continue
        while last > first and run[last - 1].of(text) in _BETWEEN:
            last -= 1
        if last > first and not (last - first == 1 and run[first].of(text) in _NO_NAMES):
            out.append(Span(run[first].start, run[last - 1].end))
    return out


def _is_opener(word: str) -> bool:
    return re.split("['’]", word, maxsplit=1)[0].lower() in _OPENERS


_NO_NAMES = frozenset(
    ("I", "It's", "I'm", "I’m", "I'll", "I’ll", "I've", "I’ve", "I'd", "I’d", "A", "OK")
)


def _capital_runs(text: str, start: int, end: int) -> Iterator[list[Span]]:
    """Neighbouring capitalised words, with lower-case links ("of", "van") between two of them."""
    run: list[Span] = []
    for match in _WORD.finditer(text, start, end):
        word, span = match.group(), Span(*match.span())
        touches = run and text[run[-1].end : span.start] in (" ", "  ", "\n", "\r\n", ". ")
        if touches and text[run[-1].end] == "." and not _abbreviated(run[-1].of(text)):
            touches = False  # the full stop ended a sentence
        if not word[0].isupper():
            if touches and word in _BETWEEN:
                run.append(span)
                continue
            if run:
                yield run
            run = []
        elif touches:
            run.append(span)
        else:
            if run:
                yield run
            run = [span]
    if run:
        yield run


def _abbreviated(word: str) -> bool:
    """Whether a name goes on behind this word's full stop: initials and forms of address."""
    return len(word) == 1 or word in _ADDRESSES


def _opens_sentence(text: str, at: int, start: int) -> bool:
    return _TERMINAL.search(text[max(start, at - 12) : at].lstrip("\"'“‘«([*_ ")) is not None


def _is_acronym(word: str) -> bool:
    return len(word) >= 2 and sum(c.isupper() for c in word) >= 2
