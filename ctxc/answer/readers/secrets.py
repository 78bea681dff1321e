"""A key that comes back, in whatever spelling: blanked before anything repeats it.

A text is read as a person or a decoder would: escapes (``%2D``, ``\\u002d``,
``&#45;``) as their characters, letters of any case and width as one, what is not
seen or is only space as nothing. In that reading the key is looked for, whole
and in parts, and its base64 and hexadecimal forms, wherever in them it begins.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Iterable

BLANK = "***"
_UNIT = re.compile(
    r"%(?:25){0,4}(?P<percent>[0-9A-Fa-f]{2})"
    r"|\\+(?:x(?P<x>[0-9A-Fa-f]{2})|u\{?(?P<u>[0-9A-Fa-f]{4})\}?)"
    r"|&#(?:[xX](?P<hex>[0-9A-Fa-f]{1,6})|(?P<decimal>[0-9]{1,7}));?"
    r"|(?s:.)"
)
_LEAST = 12
"""Characters of a key that nobody writes by chance: shorter ones are words ("ollama")."""


class Secrets:
    """``clear`` blanks them; ``held`` is how much of a stream may be the beginning of one."""

    def __init__(self, secrets: Iterable[str]) -> None:
        given = [secret for secret in secrets if secret]
        self._short = [secret for secret in given if len(secret) < _LEAST]
        forms = {form for secret in given if len(secret) >= _LEAST for form in _forms(secret)}
        # A form is recognised by any so many characters of it: half a key is a key betrayed.
        parts = {form[at : at + _LEAST] for form in forms for at in range(len(form) - _LEAST + 1)}
        self._parts = frozenset(parts)
        self.held = 3 * max((len(form) for form in forms), default=0)

    def clear(self, text: str) -> str:
        """``text`` without any key that is long enough to be one."""
        out: list[str] = []
        at = 0
        for start, end in self.spans(text):
            out += (text[at:start], BLANK)
            at = end
        return "".join((*out, text[at:]))

    def clear_all(self, text: str) -> str:
        """``text`` without any key, however short: for what is no answer."""
        for secret in self._short:
            text = re.sub(re.escape(secret), BLANK, text, flags=re.IGNORECASE)
        return self.clear(text)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where keys stand, in order and disjoint."""
        if not self._parts:
            return []
        read, places = _read(text)
        spans: list[tuple[int, int]] = []
        for at in range(len(read) - _LEAST + 1):
            if read[at : at + _LEAST] not in self._parts:
                continue
            start, end = places[at][0], places[at + _LEAST - 1][1]
            if spans and start <= spans[-1][1]:
                spans[-1] = spans[-1][0], end
            else:
                spans.append((start, end))
        return spans


class Stream:
    """Pieces of a text on their way: cleared, each as soon as it can hold no part of a key."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._pending = ""

    def push(self, piece: str) -> str:
        """What may be shown now."""
        self._pending += piece
        cut = len(self._pending) - self._secrets.held
        if self._secrets.held and cut < self._secrets.held:
            return ""  # looked through when there is as much again
        for start, end in self._secrets.spans(self._pending):
            if start < cut < end:
                cut = start
        ready, self._pending = self._pending[:cut], self._pending[cut:]
        return self._secrets.clear(ready)

    def rest(self) -> str:
        """The end of it."""
        ready, self._pending = self._pending, ""
        return self._secrets.clear(ready)


def _forms(secret: str) -> Iterable[str]:
    """The spellings that no escape and no case explains, as ``_read`` gives them."""
    raw = secret.encode()
    forms = [secret, raw.hex()]
    for lead in range(3):  # base64 writes the same bytes in three ways, by where they begin
        padded = bytes(lead) + raw
        whole = padded[: len(padded) // 3 * 3]
        text = (
            base64.b64encode(whole).decode()[-(-lead * 4 // 3) :]
            if lead
            else (base64.b64encode(whole).decode())
        )
        forms += (text, text.translate(str.maketrans("+/", "-_")))
    return (form for form in (_read(form)[0] for form in forms) if len(form) >= _LEAST)


def _read(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text as it reads, and where in it each character of that stands."""
    read: list[str] = []
    places: list[tuple[int, int]] = []
    for match in _UNIT.finditer(text):
        for char in _characters(match):
            if not char.isspace() and unicodedata.category(char)[0] not in "CM":
                read.append(char)
                places.append(match.span())
    return "".join(read), places


def _characters(match: re.Match[str]) -> str:
    """What one unit stands for, in lower case and ordinary width."""
    digits = match["percent"] or match["x"] or match["u"] or match["hex"]
    code = int(digits, 16) if digits else int(match["decimal"]) if match["decimal"] else None
    char = match.group() if code is None else chr(code) if code < 0x110000 else ""
    return char.lower() if char.isascii() else unicodedata.normalize("NFKC", char).casefold()
