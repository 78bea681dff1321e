"""Superscripts and subscripts as characters: ``10^9``, ``H_2O``, ``x^(n+1)``."""

from __future__ import annotations

import re

LONGEST = 40
"""Letters of a power or an index; what is longer is a style, and stays as it is."""

_UNMARKED = re.compile(
    r"(?:st|nd|rd|th|er|re|e|ème|o|a|º|ª|TM|SM|™|®|©|\[.*\]|\(.*\))", re.I | re.S
)
_SIMPLE = re.compile(r"[-−+]?[\w.,′″*†‡]+")


def raised(mark: str, text: str, follows: str) -> str:
    """``text`` with its mark (``^`` or ``_``); an ordinal's letters and brackets need none.

    ``follows``: the text behind it, which must not run on into it.

    >>> [raised("^", text, "4") for text in ("x", "9", "n+1", "st", "[1]")]
    ['^x', '^(9)', '^(n+1)', 'st', '[1]']
    """
    if not text or len(text) > LONGEST or _UNMARKED.fullmatch(text):
        return text
    last, first = text[-1], follows[:1]
    runs_on = (last.isdigit() and first.isdigit()) or (last.isalpha() and first.isalpha())
    return f"{mark}({text})" if runs_on or not _SIMPLE.fullmatch(text) else mark + text
