"""Patterns as git has them, in time that grows with the name and not with the stars.

A repository writes its own ignore files, so a pattern may be made to hang: with
ten stars the plain regular expression tries every way to share a name among
them. Here each star but the last takes as little as it can and never gives
back, which finds a match wherever there is one; what cannot be done that way is
bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

MOST_PATTERNS = 5_000
"""Patterns of one file: each is tried on every name."""
LONGEST = 1_000
"""Characters of a pattern."""
_MOST_DEEP = 3
"""``**`` in a pattern: the folders of a path are shared among them in every way."""

_STARS = re.compile(r"(?:\[\^/\]\*){2,}")
# A star and what must follow it within the name, before another star.
_STAR = re.compile(
    r"\[\^/\]\*((?:\\.|\[\^/\](?!\*)|\[(?!\^/\])\^?\]?[^\]]*\]|[^/()\[\]\\*+?|$^])+)(?=\[\^/\]\*)"
)


class TooCostly(ValueError):
    """A pattern that could take too long, or too many of them."""


class _Pattern(GitIgnoreSpecPattern):
    """A pattern whose regular expression does not backtrack from star to star."""

    @classmethod
    def pattern_to_regex(cls, pattern):  # type: ignore[no-untyped-def]  # as there
        """As pathspec's. Raises TooCostly, and ValueError for what is no pattern."""
        if len(pattern) > LONGEST:
            raise TooCostly
        regex, include = GitIgnoreSpecPattern.pattern_to_regex(pattern)
        if regex is None:
            return regex, include
        regex = _linear(regex)
        if regex.count("(?:[^/]+/)*") + regex.count("(?:/[^/]+)*") > _MOST_DEEP:
            raise TooCostly
        return regex, include


def _linear(regex: str) -> str:
    """
    >>> _linear("^[^/]*a[^/]*[^/]*b[^/]*c$")
    '^(?>[^/]*?a)(?>[^/]*?b)[^/]*c$'
    """
    regex = _STAR.sub(r"(?>[^/]*?\1)", _STARS.sub("[^/]*", regex))
    # Folder by folder instead of character by character.
    return regex.replace("(?:.+/)?", "(?:[^/]+/)*").replace("(?:/.+)?", "(?:/[^/]+)*")


def spec_of(lines: Iterable[str]) -> tuple[GitIgnoreSpec, int]:
    """The patterns that can be read, and how many were too costly and are left out."""
    patterns: list[GitIgnoreSpecPattern] = []
    left_out = 0
    for line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        try:
            if len(patterns) >= MOST_PATTERNS:
                raise TooCostly
            patterns.append(_Pattern(line))
        except TooCostly:
            left_out += 1
        except (ValueError, re.error):
            continue  # git passes over a pattern it cannot read
    return GitIgnoreSpec(patterns, backend="simple"), left_out


def spec_of_all(patterns: list[str]) -> GitIgnoreSpec:
    """The same of patterns that all must be good. Raises TooCostly, ValueError or re.error."""
    if len(patterns) > MOST_PATTERNS:
        raise TooCostly
    return GitIgnoreSpec([_Pattern(pattern) for pattern in patterns], backend="simple")
