"""Where a text can be cut so that its parts' token counts add up to its own.

``o200k_base`` and ``cl100k_base`` first split a text by a regular expression
and then merge bytes inside each match. A cut between two matches changes
nothing; this module finds such cuts, so that a large text is counted on many
threads and in little memory.

It also finds the runs of blanks that tiktoken cannot split (its expression for
them backtracks: a million spaces in a row panic with StackOverflow under
``o200k_base``); such a run is one match, known without the expression.

Not for other tokenizers: SentencePiece and most GGUF vocabularies split elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

SIZE = 1 << 18

# After a letter, before something that neither continues the word (letter, mark) nor may be
# an apostrophe: both expressions end a match there, and none of them looks further ahead.
_CUT = re.compile(
    "(?<=[A-Za-z\u03b1-\u03c9\u0410-\u044f\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fa5\uac00-\ud7a3])"
    "(?=[\\x00-&(-@\\[-`{-\\x7f\u3000-\u3002\uff0c])"
)
# Unicode's White_Space without line ends: what \s is to tiktoken (Python's has four more).
_BLANK = "[\\t\\x0b\\x0c \\x85\\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
_STEP = 8192
_RUN = re.compile(f"{_BLANK}{{64,}}+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text; ``whole``: one match, to be merged without splitting it first."""

    text: str
    whole: bool = False


def pieces(text: str, size: int = SIZE) -> Iterator[Piece]:
    """``text`` in parts of about ``size`` characters whose token counts add up to its own.

    A part is longer where there is no safe cut (a megabyte of digits in a row).

    >>> [piece.text for piece in pieces("one two three", 4)]
    ['one two', ' three']
    """
    start = 0
    while start < len(text):
        cut = _CUT.search(text, start + size) if len(text) - start > size else None
        end = cut.start() if cut else len(text)
        yield from _around_runs(text if end - start == len(text) else text[start:end])
        start = end


def first_cut(text: str) -> int:
    """Where ``text`` can first be cut, whatever stands in front of it or behind it; 0: nowhere."""
    cut = _CUT.search(text, 1)
    return cut.start() if cut else 0


def last_cut(text: str) -> int:
    """Where it can be cut last; 0: nowhere."""
    size = 64
    while True:
        start = max(0, len(text) - size)
        cuts = [cut.start() for cut in _CUT.finditer(text, start)]
        if cuts or not start:
            return cuts[-1] if cuts else 0
        size *= 4


def _around_runs(text: str) -> Iterator[Piece]:
    """One part, or its long runs of blanks and what lies between them."""
    start = 0
    for run in _long_runs(text):
        # The last blank goes with what follows it, as in " word".
        end = run.end() if run.end() == len(text) else run.end() - 1
        if run.start() > start:
            yield Piece(text[start : run.start()])
        yield Piece(text[run.start() : end], whole=True)
        start = end
    if start < len(text):
        yield Piece(text[start:] if start else text)


def _long_runs(text: str) -> Iterator[re.Match[str]]:
    if not _may_have_run(text):
        return
    for run in _RUN.finditer(text):
        # Before a line end another rule takes the run, and that one does not backtrack.
        if run.end() - run.start() >= 2 * _STEP and not text.startswith(("\r", "\n"), run.end()):
            yield run


def _may_have_run(text: str) -> bool:
    """Cheap and sure: a run of two steps covers some multiple of the step and what is near it."""
    return any(
        text[at : at + 64].isspace() for at in range(0, len(text), _STEP) if text[at].isspace()
    )
