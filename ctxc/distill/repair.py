"""A line that nearly stands: source words put back, or an unsupported clause taken off."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from ..text.salience import stem
from .check import Verdict, check

_CLAUSE = re.compile(r"\s*[;—–]\s+|,\s+(?=\w)|\s+(?=\()|\.\s+")
_MOST_WORDS = 60
_MOST_LEAD = 6  # words of the sentence put in front
_LEAST_KEPT = 0.5  # of a line's words: less is another line


def repair(
    line: str, verdict: Verdict, sentences: Sequence[str], title: str = ""
) -> tuple[str, Verdict] | None:
    """The mended line and its verdict, or None where nothing helps."""
    for candidate in _candidates(line, verdict, sentences):
        if candidate != line:
            again = check(candidate, sentences, title)
            if again.stands:
                return candidate, again
    return None


def _candidates(line: str, verdict: Verdict, sentences: Sequence[str]) -> Iterator[str]:
    for index in verdict.sentences:
        yield _aligned(line, sentences[index])
    clauses = [c.strip() for c in _CLAUSE.split(line) if c.strip()]
    for size in range(len(clauses) - 1, 0, -1):
        # Only the end comes off: without its beginning a line has lost its subject.
        shorter = ", ".join(clauses[:size])
        if len(shorter.split()) >= _LEAST_KEPT * len(line.split()):
            yield shorter


def _aligned(line: str, sentence: str) -> str:
    """``line`` with the sentence's words wherever the two differ between words they share.

    >>> _aligned("The pump runs at 40 bar.", "The main pump runs at 4.0 bar and is not heated.")
    'The main pump runs at 4.0 bar.'
    """
    ours, theirs = line.split(), sentence.split()
    if len(ours) > _MOST_WORDS or len(theirs) > 4 * _MOST_WORDS:
        return line
    matcher = SequenceMatcher(None, [_key(w) for w in ours], [_key(w) for w in theirs], False)
    blocks = [b for b in matcher.get_matching_blocks() if b.size]
    if not blocks or sum(b.size for b in blocks) < _LEAST_KEPT * len(ours):
        return line
    if blocks[0].a and blocks[0].b > _MOST_LEAD:
        return line
    # What the line began with is not in the sentence: its own beginning is the subject.
    out: list[str] = theirs[: blocks[0].b] if blocks[0].a else []
    for block, following in zip(blocks, [*blocks[1:], None], strict=True):
        out += ours[block.a : block.a + block.size]
        if following is not None:
            gap = theirs[block.b + block.size : following.b]
            out += gap if len(gap) <= 6 or following.a > block.a + block.size else []
    return " ".join(out).rstrip(" ,;:")


def _key(word: str) -> str:
    return stem(word.strip(".,;:!?\"'()[]").lower())
