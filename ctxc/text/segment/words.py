"""Whole words as spans of the original, in any script, without a dictionary.

A word is what stands between white space. Scripts that do not use spaces
(Han, Kana, Thai, Lao, Khmer, Burmese) are taken one character cluster at a
time, with the punctuation that touches it. Clusters (combining marks, emoji
joined by ZWJ, flags, conjuncts) are never split. Hangul is written with
spaces and needs no rule.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

from ...document import Span

_RUN = re.compile(r"\S+")
# Scripts without spaces, and pictographs (a line of emoji is many words, not one).
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2600-\u27bf\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029"
    "\u3031-\u3035\u303b\u3040-\u30ff\u3100-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\ua9e0-\ua9ff\uaa60-\uaa7f\uf900-\ufaff\uff66-\uff9d"
    "\U0001f000-\U0001faff\U00020000-\U0003ffff"
)
_UNSPACED_CHAR = re.compile(f"[{_UNSPACED}]")
# Where none of these is near, one word does not end and another begin.
_CLOSING = 32  # characters of punctuation that close an ideograph
_APART = re.compile(f"[\\s{_UNSPACED}]")
_OPENERS = frozenset("([{<«‹“‘„‚「『（【《〈〔［｛¿¡$€£¥#@")


def words(text: str, start: int, end: int) -> list[Span]:
    """The words of ``text[start:end]``: disjoint, increasing; what is between them is white space.

    >>> [w.of("(hello), 你好，x.") for w in words("(hello), 你好，x.", 0, 14)]
    ['(hello),', '你', '好，', 'x.']
    """
    if not _UNSPACED_CHAR.search(text, start, end):
        return [Span(*run.span()) for run in _RUN.finditer(text, start, end)]
    out: list[Span] = []
    for run in _RUN.finditer(text, start, end):
        if _UNSPACED_CHAR.search(text, run.start(), run.end()):
            out += _split_run(text, run.start(), run.end())
        else:
            out.append(Span(run.start(), run.end()))
    return out


def _split_run(text: str, start: int, end: int) -> list[Span]:
    cuts = [start, *(i for i in range(start + 1, end) if is_joint(text, i)), end]
    return [Span(a, b) for a, b in pairwise(cuts)]


def first_joint(text: str, start: int, end: int) -> int:
    """The first place in ``start:end`` where ``is_joint`` holds; ``end``: none."""
    at = start
    while at < end:
        # A joint is at white space or an ideograph, or not far behind one.
        near = _APART.search(text, max(0, at - _CLOSING), end)
        if near is None:
            return end
        at = max(at, near.start())
        if is_joint(text, at):
            return at
        at += 1
    return end


def is_joint(text: str, at: int) -> bool:
    """Whether one word may end and another begin at ``at`` (0 < at < len(text))."""
    before, after = text[at - 1], text[at]
    if before.isspace() or after.isspace():
        return not after.isspace()
    if extends(text, at):
        return False
    unspaced = _UNSPACED_CHAR.match(after) is not None
    if before in _OPENERS:
        return False
    if unspaced:
        return True
    if not (_letter(after) or after in _OPENERS):
        return False  # closing punctuation stays with the word before it
    return _in_unspaced_word(text, at - 1)


def _letter(char: str) -> bool:
    return char.isalnum() or char == "_"


def _in_unspaced_word(text: str, at: int) -> bool:
    """Whether the character at ``at``, or the one its punctuation closes, is of such a script."""
    for i in range(at, max(-1, at - _CLOSING), -1):
        if _UNSPACED_CHAR.match(text[i]):
            return True
        if _letter(text[i]) or text[i].isspace():
            return False
    return False


def extends(text: str, at: int) -> bool:
    """Whether ``text[at]`` belongs to the cluster of the character before it.

    Unicode's extended grapheme clusters (UAX 29) as far as the standard
    library's tables reach: marks, joiners, modifiers, tags, flags, Hangul
    jamo, conjuncts, CR LF.
    """
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    if after < "\u0300":
        return (before == "\r" and after == "\n") or (before == "\u200d" and after.isalpha())
    code = ord(after)
    if before == "\u200d" or code in (0x200C, 0x200D, 0x0E33, 0x0EB3):
        return True
    if 0x1F3FB <= code <= 0x1F3FF or 0xE0020 <= code <= 0xE007F:
        return True
    if 0x1F1E6 <= code <= 0x1F1FF:  # flags are pairs; a row of flags stays one word
        return 0x1F1E6 <= ord(before) <= 0x1F1FF
    if 0x1160 <= code <= 0x11FF:
        return 0x1100 <= ord(before) <= 0x11FF or 0xAC00 <= ord(before) <= 0xD7A3
    if 0x1100 <= code <= 0x115F:
        return 0x1100 <= ord(before) <= 0x115F
    if unicodedata.category(after)[0] == "M":
        return True
    return unicodedata.combining(before) == 9 and after.isalpha()  # 9: virama
