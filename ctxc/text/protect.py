"""What is never cut out of text that is kept.

Losing a number's unit, a date, a name from a machine, a link's target, half a
quotation or a "not" changes what a sentence says or breaks it; losing an
adverb does not. A user's own expressions come on top (``--protect``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..document import Span
from ..errors import UsageError
from . import entities
from .markdown_spans import inline_spans
from .proper_nouns import names

proper_nouns = names
"""``proper_nouns(text, start, end) -> list[Span]``: names; not protected by default."""


def protected(text: str, start: int, end: int, extra: Sequence[re.Pattern[str]] = ()) -> list[Span]:
    """The spans of ``text[start:end]`` that must stay if any of it stays.

    Numbers with units, dates and times, identifiers, paths and options, URLs
    and e-mail addresses, Markdown's code, links, images and emphasis,
    quotations, negations with the word behind them, and what ``extra``
    matches. Sorted and disjoint. Linear in the length, but for ``extra``.

    >>> t = 'Take 12.5 mg, not more, says "the label".'
    >>> [s.of(t) for s in protected(t, 0, len(t))]
    ['12.5 mg', 'not more,', '"the label"']
    """
    found = [
        *entities.numbers(text, start, end),
        *entities.dates(text, start, end),
        *entities.identifiers(text, start, end),
        *entities.urls(text, start, end),
        *entities.quotations(text, start, end),
        *entities.negations(text, start, end),
        *inline_spans(text, start, end),
    ]
    for pattern in extra:
        found += [Span(*m.span()) for m in pattern.finditer(text, start, end)]
    return entities.merged(found)


def compile_patterns(expressions: Sequence[str]) -> list[re.Pattern[str]]:
    """A user's regular expressions, compiled.

    Raises UsageError for one that is no regular expression, is empty, or
    matches the empty string (it would protect nothing, everywhere).
    """
    out = []
    for expression in expressions:
        try:
            pattern = re.compile(expression, re.MULTILINE)
        except (re.error, RecursionError, OverflowError) as error:
            raise UsageError(
                f"--protect {expression!r} is no regular expression: {error}",
                hint="Python's re syntax; put a backslash before ( ) [ ] . * + ? to mean the sign.",
            ) from error
        if pattern.match(""):
            raise UsageError(
                f"--protect {expression!r} matches the empty string, so it protects nothing",
                hint="Say what must be there: \\d+ rather than \\d*.",
            )
        out.append(pattern)
    return out
