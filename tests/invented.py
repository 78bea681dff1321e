"""What an output states that its source does not: written without any of the product's code.

Numbers, dates and codes by their digits, names by their capitals, links and
identifiers as written. Deliberately blunt: it knows no grammar, so whatever it
reports is certainly not in the source.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(r"\S+")
_DIGITS = re.compile(r"\d+(?:[.,:/-]\d+)*")
_CAPITAL = re.compile(r"[^\W\d_]*[A-Z][^\W\d_]*")
_LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"')\]]+|[\w.+-]+@[\w-]+\.\w+")
_IDENTIFIER = re.compile(r"[A-Za-z_][\w]*(?:_[\w]+|[a-z][A-Z]\w*|\(\))|(?:/[\w.-]+){2,}|--[\w-]+")
_NEGATION = re.compile(r"\b(?:not|never|no|none|without|cannot|\w+n't)\b", re.IGNORECASE)


def invented(output: str, source: str) -> set[str]:
    """Figures, names, links and identifiers of ``output`` that ``source`` has nowhere."""
    words = {w.casefold() for w in re.findall(r"[^\W\d_]+", source)}
    figures = set(_DIGITS.findall(source))
    parts = set(re.findall(r"\d+", source))
    out: set[str] = set()
    for figure in _DIGITS.findall(output):
        if figure not in figures and not set(re.findall(r"\d+", figure)) <= parts:
            out.add(figure)
    out |= {w for w in _CAPITAL.findall(output) if w.casefold() not in words}
    for pattern in (_LINK, _IDENTIFIER):
        out |= {m for m in pattern.findall(output) if m.rstrip(".,;:") not in source}
    return out


def negations(text: str) -> int:
    """How many negating words a text has."""
    return len(_NEGATION.findall(text))
