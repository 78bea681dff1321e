"""Prompts: told by tags in pairs, labelled examples, an open label at the end, or instructions.

Units: what stands between two tags (the opening tag is the head, the closing tag closes it),
whole examples, sentences. What instructs and the last part, which asks or waits to be completed,
weigh most; of the examples the first with each answer. Ties: a tag's content to its tag; what
follows an ``If`` to it. Documents between tags are cut as what they are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..segment.builder import Builder
from ..segment.lines import Line, lines_of
from ..segment.plain import add_plain
from . import Passage
from .prompt_parts import (
    ASKING_TAGS,
    CONTEXT_TAGS,
    OTHER_TAGS,
    Examples,
    Tag,
    examples,
    instructs,
    label_of,
    speaks_of_reply,
    tags,
)

_SAMPLE = 20_000
_TEXTS = frozenset(("text/plain", ""))
_OPEN = re.compile(
    r"(?:answer|output|label|a|response|summary|translation|completion|sentiment|category|class|"
    r"reply|result|assistant|antwort|réponse|respuesta)\s?[:：]\s*$",
    re.IGNORECASE,
)
_ASKS = frozenset("question q input query task instruction request".split())
_SENTENCE = re.compile(r"(?<=[.!?])[\"'”’)]?\s+")
_CONDITION = re.compile(r"(?:if|when|unless|in case|wenn|falls|si)\b", re.IGNORECASE)
_FIRM = re.compile(
    r"\b(?:must|never|always|do not|don't|only|at most|at least|no more than|reply|respond|answer|"
    r"output|refuse|stop)\b",
    re.IGNORECASE,
)
_ASKED = 5.0  # what is to be answered, and the instruction of few-shot prompts
_RULE = 4.0
_INSTRUCTION = 3.0
_FIRST_EXAMPLE = 2.0  # with its answer
_EXAMPLE = 1.2
_ORDINARY = 1.0
_LONGEST_PART = (
    1_200  # characters: the last paragraph, or an instruction above examples, is one unit
)


def detect(passage: Passage) -> float:
    """0.85 for tags or examples that wait for an answer, less for instructions alone."""
    if passage.media_type not in _TEXTS or passage.body[:200].lstrip().startswith(
        ("{", "[", "<?", "<!")
    ):
        return 0.0
    lines = passage.lines
    if len(lines) > 4_000:
        lines = [*lines[:2_000], *lines[-2_000:]]
    shots = examples(lines)
    asked = _asks(lines)
    if shots is not None and len(shots.starts) >= 3 and shots.open:
        last = passage.body[-60:].strip().rpartition("\n")[2]
        return 0.85 if shots.known or asked or _OPEN.match(last) else 0.0
    pairs = _by_tags(lines)
    if pairs:
        return pairs
    if shots is not None and shots.known and len(shots.starts) >= 3 and asked >= 0.4:
        return 0.75
    if _waits(lines):
        return 0.65
    return 0.6 if asked >= 0.5 and len(passage.body) <= _SAMPLE else 0.0


def _by_tags(lines: Sequence[Line]) -> float:
    """How sure pairs of tags, of which most are those of prompts, make a prompt."""
    pairs = tags(lines)
    if not pairs or any(line.text.lstrip()[:8] == "<script>" for line in lines[:500]):
        return 0.0
    names = [pair.name.lower() for pair in pairs]
    known = [n for n in names if n in ASKING_TAGS or n in CONTEXT_TAGS or n in OTHER_TAGS]
    filled = sum(not line.blank for line in lines)
    marked = sum(line.text.lstrip().startswith("<") for line in lines)
    if len(known) * 2 < len(names) or marked > 0.75 * filled:
        return 0.0
    outer, end = 0, -1
    for pair in pairs:
        if pair.start >= end:
            outer, end = outer + 1, pair.close_end
    text_outside = any(
        not line.blank for line in lines if line.start >= end or line.end <= pairs[0].start
    )
    asking = any(name in ASKING_TAGS for name in names)
    return (
        0.85
        if (outer >= 2 and (asking or len(set(known)) >= 2)) or (known and text_outside)
        else 0.0
    )


def _asks(lines: Sequence[Line]) -> float:
    """Share of the sentences at the beginning and the end that instruct; 0 where none says how to
    reply."""
    filled = [line.text[:_LONGEST_PART] for line in lines if not line.blank]
    some = filled if len(filled) <= 60 else [*filled[:30], *filled[-30:]]
    if not any(speaks_of_reply(text) for text in some):
        return 0.0
    parts = [part for text in some for part in _SENTENCE.split(text.strip()) if part]
    if len(parts) < 3 or not any(instructs(part) and speaks_of_reply(part) for part in parts):
        return 0.0
    return sum(instructs(part) for part in parts) / len(parts)


def _waits(lines: Sequence[Line]) -> bool:
    """Whether a question and an empty label for its answer end the text."""
    filled = [line for line in lines[-60:] if not line.blank]
    if len(filled) < 3 or not _OPEN.match(filled[-1].text.strip()):
        return False
    return any(label_of(line)[0] in _ASKS for line in filled[:-1])


def add_units(out: Builder, passage: Passage) -> None:
    """Pieces for tags, what is between them, examples and instructions, in reading order."""
    _Prompt(out, passage).run()


@dataclass(slots=True)
class _Prompt:
    out: Builder
    passage: Passage

    def run(self) -> None:
        """Go through the tags in order; what is between two of them is under the one open."""
        at = self.passage.start
        open_tags: list[tuple[Tag, int]] = []
        for tag in tags(self.passage.lines):
            at = self._close(open_tags, at, tag.start)
            self._add_text(at, tag.start, open_tags)
            self.out.begin_block()
            head = self.out.add(
                tag.start, "instruction", needs=open_tags[-1][1] if open_tags else -1
            )
            self.out.mark(head, core_end=tag.end)
            open_tags.append((tag, head))
            at = tag.end
        at = self._close(open_tags, at, self.passage.end)
        self._add_text(at, self.passage.end, open_tags, last=True)
        if not len(self.out):
            self.out.add(self.passage.start, "other")

    def _close(self, open_tags: list[tuple[Tag, int]], at: int, before: int) -> int:
        """Close the tags that end before a place; where the text goes on."""
        while open_tags and open_tags[-1][0].close < before:
            tag, head = open_tags[-1]
            self._add_text(at, tag.close, open_tags)
            open_tags.pop()
            self.out.add_close(tag.close, head, tag.close_end)
            at = tag.close_end
        return at

    def _add_text(
        self, start: int, end: int, open_tags: Sequence[tuple[Tag, int]], last: bool = False
    ) -> None:
        text = self.out.text
        if not text[start:end].strip():
            return
        start = end - len(text[start:end].lstrip())
        part = replace(self.passage, start=start, end=end, lines=lines_of(text, start, end))
        head = open_tags[-1][1] if open_tags else -1
        names = [tag.name.lower() for tag, _ in open_tags]
        if any(name in CONTEXT_TAGS for name in names):
            self._add_document(part, head)
        elif names and names[-1] == "example":
            self._add_whole(start, head, _FIRST_EXAMPLE)
        else:
            self._add_part(part, head, names[-1] if names else "", last)

    def _add_document(self, part: Passage, head: int) -> None:
        """What the prompt is about: cut as what it is, prose as prose."""
        from . import add_units as add_kind
        from . import detect as kind_of

        before, named = len(self.out), self.out.text_kind
        kind = kind_of(part)
        if kind and kind != "prompt":
            add_kind(self.out, part, kind)
        else:
            self.out.text_kind = ""
            add_plain(self.out, list(part.lines))
            self.out.text_kind = named
        self._put_under(head, before)

    def _put_under(self, head: int, before: int) -> None:
        for piece in range(before, len(self.out)):
            if self.out.needs_of(piece) < 0:
                self.out.mark(piece, needs=head)

    def _add_whole(self, start: int, head: int, worth: float) -> int:
        self.out.begin_block()
        piece = self.out.add(start, "example" if worth < _RULE else "instruction", needs=head)
        self.out.mark(piece, salience=worth)
        return piece

    def _add_part(self, part: Passage, head: int, name: str, last: bool) -> None:
        """Examples with what stands above and below them, or instructions."""
        shots = examples(part.lines)
        if shots is None or not (shots.open or (shots.known and len(shots.starts) >= 2)):
            self._add_instructions(part.lines, head, name, last)
            return
        above = part.lines[: shots.starts[0]]
        self._add_instructions(above, head, name or "instructions", False)
        self._add_examples(part.lines, shots, head)
        self._add_instructions(part.lines[shots.stop :], head, name or "instructions", last)

    def _add_examples(self, lines: Sequence[Line], shots: Examples, head: int) -> None:
        """A piece for each example; the open one is what is to be answered."""
        answers: set[str] = set()
        for at, first in enumerate(shots.starts):
            stop = shots.starts[at + 1] if at + 1 < len(shots.starts) else shots.stop
            labels = [label_of(line) for line in lines[first:stop]]
            answer = next((rest for name, rest in reversed(labels) if name), "").casefold()
            worth = _EXAMPLE if answer in answers else _FIRST_EXAMPLE
            answers.add(answer)
            is_open = shots.open and at + 1 == len(shots.starts)
            self._add_whole(lines[first].start, head, _ASKED if is_open else worth)

    def _add_instructions(self, lines: Sequence[Line], head: int, name: str, last: bool) -> None:
        """Sentences, each by how firmly it instructs; the last paragraph whole."""
        paragraphs = _paragraphs(lines)
        for index, paragraph in enumerate(paragraphs):
            length = paragraph[-1].end - paragraph[0].start
            final = last and index + 1 == len(paragraphs)
            if final and length <= _LONGEST_PART:
                start = _asking_start(paragraphs, index)
                self._add_whole(paragraph[0].start, head, _ASKED)
                if start < index:
                    self.out.mark(len(self.out) - 1, refers=(len(self.out) - 2,))
                continue
            before = len(self.out)
            add_plain(self.out, list(paragraph))
            self._mark_sentences(before, paragraph[-1].end, name)
            self._put_under(head, before)

    def _mark_sentences(self, before: int, end: int, name: str) -> None:
        """Salience of sentences; one behind a condition is read with it."""
        condition = -1
        for piece, text in enumerate(self.out.texts(before, end), before):
            self.out.mark(piece, salience=_worth(text, name))
            if condition >= 0:
                self.out.mark(piece, refers=(condition,))
                self.out.mark(condition, refers=(piece,))
            condition = piece if _CONDITION.match(text.strip()) else -1


def _worth(text: str, name: str) -> float:
    asked = name in ASKING_TAGS
    if instructs(text) or (asked and _FIRM.search(text)):
        return _RULE + 0.5 * asked if _FIRM.search(text) else _INSTRUCTION + 0.5 * asked
    return _INSTRUCTION if asked else _ORDINARY


def _paragraphs(lines: Sequence[Line]) -> list[list[Line]]:
    out: list[list[Line]] = []
    fresh = True
    for line in lines:
        if line.blank:
            fresh = True
            continue
        if fresh:
            out.append([])
        out[-1].append(line)
        fresh = False
    return out


def _asking_start(paragraphs: Sequence[Sequence[Line]], last: int) -> int:
    """The paragraph at which what is to be answered begins: a question above an open label."""
    alone = last > 0 and len(paragraphs[last]) == 1
    if not alone or not _OPEN.match(paragraphs[last][0].text.strip()):
        return last
    return last - (label_of(paragraphs[last - 1][0])[0] in _ASKS)
