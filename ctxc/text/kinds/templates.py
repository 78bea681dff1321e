"""What lines have in common once numbers, ids, times and paths are taken out of them.

One masking for every kind that folds repeats or looks for the rare one. It is a few regular
expressions rather than a learned tree (Drain, He et al. 2017): no state, the same line gives the
same template in any text, and one pass is enough.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-_])")
_STRING = re.compile(r"\"[^\"]{0,400}\"")
_MASKS = re.compile(
    r"https?://[^\s\"'<>]+"
    r"|\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"
    r"|\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b"
    r"|\b0[xX][0-9a-fA-F]+\b"
    r"|(?<![\w.])(?:~|\.{1,2})?/[^\s:;,\"'()<>\[\]]+"
    r"|\b[A-Za-z]:\\[^\s\"'<>|]+"
    r"|\b(?=[0-9a-fA-F]*\d)(?=[0-9]*[a-fA-F])[0-9a-fA-F]{6,64}\b"
    r"|\d+"
)
_WEEKDAYS_MONTHS = re.compile(
    r"\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b"
)
_RUNS = re.compile(r"#(?:[#.,:+\-_]*#)+")
_STAMP = re.compile(
    r"(?:\d{4}-\d\d-\d\d[T ][\d:.,]{8,20}(?:Z|[+-]\d\d:?\d\d) ?"
    r"|(?:\[\d\d:\d\d:\d\d(?:[.,]\d+)?\]|\d\d:\d\d:\d\d(?:[.,]\d+)?)(?: {2}| (?=\S)|$)"
    r"|==\d+==\s?|\[(?:info|exec|java|javac|junit)\] ?|#\d+ \d+\.\d+ "
    r"|[\w.-]{1,40}(?:[_-]\d+)? +\| ?(?=\S|$))"
)
_LONGEST = 2000  # characters: what a longer line says behind them does not tell templates apart


def plain(line: str) -> str:
    """The line without terminal escapes.

    >>> plain("\\x1b[31merror\\x1b[0m: no")
    'error: no'
    """
    return _ANSI.sub("", line) if "\x1b" in line else line


def unstamped(line: str) -> str:
    """The line without what a runner writes before each: a time, a step, ``[info]``, a service.

    The indentation behind it stays, for what is nested in what is told by it.

    >>> unstamped("2024-05-01T10:00:00.1234567Z   File x"), unstamped("[info]   5 was not 6")
    ('  File x', '  5 was not 6')
    """
    match = _STAMP.match(line)
    return line[match.end() :] if match else line


def template(line: str) -> str:
    """The line with numbers, hexadecimal ids, addresses, URLs and paths as ``#``.

    >>> template("12:03:44 worker-7 GET /api/users/19 took 31 ms")
    '# worker-# GET # took # ms'
    >>> template("session 3f2a9c opened") == template("session 11ee07 opened")
    True
    """
    line = _MASKS.sub("#", plain(line[:_LONGEST]))
    return " ".join(_RUNS.sub("#", _WEEKDAYS_MONTHS.sub("#", line)).split())


def loose_template(line: str) -> str:
    """As ``template``, quoted strings masked too: what a field holds does not matter.

    >>> loose_template('GET "/a b" 200') == loose_template('GET "/c" 404')
    True
    """
    return template(_STRING.sub('"#"', line[:_LONGEST]))


def counts(lines: Iterable[str]) -> Counter[str]:
    """How many lines each template has."""
    return Counter(map(template, lines))


def first_of(templates: Sequence[str]) -> list[int]:
    """For each template the index of its first occurrence (its own where it is the first).

    Empty templates and those that are nothing but masks are all firsts: a rule of ``---`` or a
    column of numbers says nothing about what repeats it.

    >>> first_of(["a #", "b", "a #", "#"])
    [0, 1, 0, 3]
    """
    seen: dict[str, int] = {}
    out = []
    for index, entry in enumerate(templates):
        telling = any(c.isalpha() for c in entry)
        out.append(seen.setdefault(entry, index) if telling else index)
    return out
