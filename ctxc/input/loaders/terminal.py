"""What a program wrote for a terminal, as a terminal would leave it on its screen."""

from __future__ import annotations

import re

# ECMA-48: CSI sequences, OSC strings (titles, links), and the other escapes of two bytes.
_ESCAPES = re.compile(
    r"\x1b\[[0-?]{0,64}[ -/]{0,8}[@-~]"
    r"|\x1b\][^\x07\x1b\n]{0,4096}(?:\x07|\x1b\\)"
    r"|\x1b[PX^_][^\x1b\n]{0,4096}\x1b\\"
    r"|\x1b[ -/]{0,4}[0-~]"
)
_OVERWRITTEN = re.compile(r"[^\r\n]*\r(?=[^\r\n])")
_ERASED = re.compile(r"[^\x08\n]\x08")
_MOST_ERASURES = 200


def cleaned(text: str) -> tuple[str, tuple[str, ...]]:
    """``text`` without escape sequences and without what a carriage return wrote over.

    Returns it with a note for each kind of thing taken out; linear in the length.

    >>> cleaned("\\x1b[31mred\\x1b[0m 10%\\r 90%\\rdone\\n")
    ('done\\n', ('terminal escapes taken out', 'overwritten progress taken out'))
    """
    notes = []
    if "\x1b" in text:
        shorter = _ESCAPES.sub("", text)
        if shorter != text:
            text = shorter
            notes.append("terminal escapes taken out")
    # Without any line feed, carriage returns are the line ends of an old system.
    if "\r" in text and "\n" in text and _OVERWRITTEN.search(text):
        text = _OVERWRITTEN.sub("", text)
        notes.append("overwritten progress taken out")
    if "\b" in text:
        for _ in range(_MOST_ERASURES):  # each pass erases one character of every run
            shorter = _ERASED.sub("", text)
            if shorter == text:
                break
            text = shorter
    return text, tuple(notes)
