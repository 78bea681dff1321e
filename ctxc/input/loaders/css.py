"""The one thing that styles of HTML say about its words: which classes are raised or lowered."""

from __future__ import annotations

import re

_RULE = re.compile(r"([^{}]{1,2000})\{([^{}]{0,4000})\}")
_CLASS = re.compile(r"(?:^|,)\s*[a-z]{0,10}\.([\w-]{1,100})\s*(?=,|$)")
_ALIGNED = re.compile(r"vertical-align\s*:\s*(super|sub)\b", re.I)
_MOVED = re.compile(r"(?:^|[;\s])top\s*:\s*(-?)[\d.]+em", re.I)
_SMALL = re.compile(r"font-size\s*:\s*(?:0?\.[3-7]\d*em|[3-7]\d(?:\.\d+)?%)", re.I)
_LARGEST = 2_000_000


def raised_classes(styles: str) -> dict[str, str]:
    """Class -> ``^`` or ``_``.

    >>> raised_classes(".a, span.b { vertical-align: super } .c { color: red }")
    {'a': '^', 'b': '^'}
    """
    out: dict[str, str] = {}
    for selectors, rules in _RULE.findall(styles[:_LARGEST]):
        if mark := raised_by(rules):
            out.update((name, mark) for name in _CLASS.findall(selectors.strip()))
    return out


def raised_by(rules: str) -> str:
    """The mark for what these declarations raise or lower; "" for all others.

    Beside ``vertical-align``, small letters moved by a share of their height (LibreOffice).
    """
    if aligned := _ALIGNED.search(rules):
        return "^" if aligned[1].lower() == "super" else "_"
    if (moved := _MOVED.search(rules)) and _SMALL.search(rules):
        return "^" if moved[1] else "_"
    return ""
