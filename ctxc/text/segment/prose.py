"""Paragraphs of running text into sentences or, where lines are units, into lines."""

from __future__ import annotations

import re
from collections import Counter

from ...document import Kind
from .builder import Builder
from .lines import Line
from .sentences import LONG, sentences

_ENDS_SENTENCE = re.compile(r"[.!?。！？…:;][\"'”’)\]»」』]*$")
_CASELESS = re.compile(r"[\u0590-\u074f\u0900-\u0dff\u0e00-\u0eff\u1000-\u109f\u3040-\u9fff]")
_SPEAKER = re.compile(
    r"\s{0,8}(?:\[?\(?\d{1,2}:\d\d(?::\d\d)?(?:[.,]\d{1,3})?\)?\]?\s*[-–]?\s*)?"
    r"(?:\*\*|__)?([^\W\d_][\w.'’&/()\- ]{0,48}?)(?:\*\*|__)?\s?[:：](?:\*\*|__)?(?:\s|$)"
)
_MOST_SPEAKER_WORDS = 5


def add_paragraph(out: Builder, lines: list[Line], *, soft_breaks: bool = False) -> None:
    """One paragraph: sentences across soft line breaks, or one unit per line (logs, verse)."""
    if soft_breaks or len(lines) == 1 or is_wrapped(lines):
        out.begin_block()
        add_sentences(out, lines[0].start, lines[-1].end)
        return
    block_each = sum(line.end - line.start for line in lines) > 200 * len(lines)
    for index, line in enumerate(lines):
        if block_each or index == 0:
            out.begin_block()
        add_sentences(out, line.start, line.end)


def add_sentences(out: Builder, start: int, end: int) -> None:
    for first in sentences(out.text, start, end):
        out.add(first, "sentence")


def add_whole(
    out: Builder, start: int, end: int, kind: Kind, *, level: int = 0, needs: int = -1
) -> int:
    """One structural piece; an over-long one goes on in pieces that need its first (same line,
    so that they may be dropped and what is left still parses). Returns the first's index."""
    first = out.add(start, kind, level=level, needs=needs)
    if end - start > LONG:
        body = start + len(out.text[start:end]) - len(out.text[start:end].lstrip())
        for cut in sentences(out.text, body, end)[1:]:
            out.add(cut, kind, level=level, needs=first)
    return first


def is_wrapped(lines: list[Line]) -> bool:
    """Whether the line breaks are soft: prose filled to a width, not verse, a log or a list.

    Evidence is in the lines that are followed by another: they are long and
    alike, mostly do not end a sentence, and the next one goes on in lower case
    (or its script has none).
    """
    inner = [line.text.strip() for line in lines[:-1]]
    following = [line.text.strip() for line in lines[1:]]
    count = len(inner)
    widest = max(map(len, inner))
    if sum(1 for line in inner if _ENDS_SENTENCE.search(line[-8:])) > 0.6 * count:
        return False
    if _CASELESS.search(inner[0]):
        return widest >= 12 and sum(len(line) >= 0.8 * widest for line in inner) >= 0.7 * count
    goes_on = sum(1 for line in following if line[:1].islower())
    if widest < 36 or widest > 400:
        return False
    return goes_on >= 0.3 * count


def is_transcript(lines: list[Line]) -> bool:
    """Whether most lines (or paragraphs) begin with one of a few speakers' names and a colon."""
    filled = [(line, index) for index, line in enumerate(lines) if not line.blank]
    names = Counter(name for line, _ in filled if (name := speaker(line)))
    turns = sum(names.values())
    if turns < 4 or len(names) > max(2, turns // 2):
        return False
    if turns >= 0.5 * len(filled):
        return True
    openings = [line for line, index in filled if index == 0 or lines[index - 1].blank]
    return len(openings) >= 4 and sum(1 for o in openings if speaker(o)) >= 0.6 * len(openings)


def speaker(line: Line) -> str:
    """The name before the colon, or an empty string."""
    match = _SPEAKER.match(line.text)
    if not match:
        return ""
    name = match.group(1).strip()
    return name if len(name.split()) <= _MOST_SPEAKER_WORDS else ""


def label_length(turn: str) -> int:
    """How many characters the speaker's name before a turn takes, colon included; 0 for none.

    >>> label_length("PhD A: Yes."), label_length("[00:12] **Ada**: Yes."), label_length("So what?")
    (6, 16, 0)
    """
    match = _SPEAKER.match(turn)
    return len(match.group().rstrip()) if match else 0


def add_turns(out: Builder, lines: list[Line]) -> None:
    """A transcript: every turn is a block, its lines until the next speaker belong to it."""
    turn: list[Line] = []
    for line in lines:
        if line.blank:
            continue
        if speaker(line) and turn:
            _add_turn(out, turn)
            turn = []
        turn.append(line)
    if turn:
        _add_turn(out, turn)


def _add_turn(out: Builder, lines: list[Line]) -> None:
    out.begin_block()
    opening = _SPEAKER.match(lines[0].text)
    said = lines[0].start + opening.end() if opening else lines[0].start
    out.add(lines[0].start, "turn")
    # The label stays with the first sentence: "A: Well. Yes." is "A: Well." and "Yes."
    for first in sentences(out.text, said, lines[-1].end)[1:]:
        out.add(first, "turn")
