"""A sentence cut where it can be cut without becoming unreadable: brackets, clauses, coordinations.

By punctuation and a list of English and German joining words; a sentence of a
language with neither stays whole. Clauses are contiguous, they tile the
sentence, and white space between two belongs to neither.
"""

from __future__ import annotations

from ..document import Span
from .segment.words import words

_JOINING = frozenset(
    "who whom whose which where when while although though because since until unless whereas if "
    "after before following including featuring despite however but "
    "weil obwohl während nachdem bevor aber sondern wobei sodass".split()
)
_AFTER_COMMA = _JOINING | frozenset(
    "that as with without such during so and or nor yet for to in on at from by under over "
    "between through into und oder dass der die das den dem deren dessen".split()
)
_PREPOSITIONS = frozenset(
    "for of in on at to from by with under through during after before between among".split()
)
_BRACKETS = frozenset("()[]")
_DASHES = frozenset(("—", "–", "--", "―"))
_LEAST = 4
"""Words before a joining word, so that a cut leaves something that says something."""


def clauses(text: str, start: int, end: int) -> list[Span]:
    """``text[start:end]``, one sentence, as clauses in reading order.

    >>> t = "Kyla Coleman (born 1997), who is from Lacey, won the show, and she was 20."
    >>> [c.of(t) for c in clauses(t, 0, len(t))]
    ['Kyla Coleman', '(born 1997),', 'who is from Lacey,', 'won the show,', 'and she was 20.']
    """
    spans = words(text, start, end)
    groups = _merged(_groups([s.of(text) for s in spans]))
    return [Span(spans[a].start, spans[b - 1].end) for a, b, _ in groups]


def is_bracketed(text: str, clause: Span) -> bool:
    """Whether a clause is an aside in brackets."""
    return text[clause.start] in "(["


def _groups(tokens: list[str]) -> list[tuple[int, int, bool]]:
    """Half-open ranges of words that tile the sentence; True for brackets."""
    out: list[tuple[int, int, bool]] = []
    first, depth = 0, 0
    for at, token in enumerate(tokens):
        if depth == 0 and at > first and (token[0] in "([" or _cuts(tokens, first, at)):
            out.append((first, at, False))
            first = at
        if not _BRACKETS.isdisjoint(token):
            opened = token.count("(") + token.count("[")
            depth = max(0, depth + opened - token.count(")") - token.count("]"))
        if depth == 0 and tokens[first][0] in "([":
            out.append((first, at + 1, True))
            first = at + 1
    if first < len(tokens):
        out.append((first, len(tokens), depth > 0 and tokens[first][0] in "(["))
    return out


def _cuts(tokens: list[str], first: int, at: int) -> bool:
    """Whether a clause that began at ``first`` ends before ``at``."""
    before, token, long = tokens[at - 1], tokens[at], at - first
    if before[-1] in ";:" or before in _DASHES or token in _DASHES:
        return True
    word = token.lower().strip('",.;:“”‘’')
    if before[-1] == ",":
        in_number = token[0].isdigit() and before[-2:-1].isdigit()  # October 20, 1977
        return not in_number and long >= 2 and (word in _AFTER_COMMA or long >= _LEAST)
    if word in _JOINING:
        return long >= _LEAST and before.lower() not in _PREPOSITIONS
    if word in ("and", "or", "und", "oder"):
        after = tokens[at + 1] if at + 1 < len(tokens) else ""
        a_pair_of_names = before[0].isupper() and after[:1].isupper()
        return long >= _LEAST + 2 and len(tokens) - at > _LEAST and not a_pair_of_names
    return False


def _merged(groups: list[tuple[int, int, bool]]) -> list[tuple[int, int, bool]]:
    """Clauses of one or two words joined to the one before."""
    out: list[tuple[int, int, bool]] = []
    for start, end, bracketed in groups:
        short = end - start < 3 or (bool(out) and out[-1][1] - out[-1][0] < 3)
        if out and short and not bracketed and not out[-1][2]:
            out[-1] = (out[-1][0], end, False)
        else:
            out.append((start, end, bracketed))
    return out
