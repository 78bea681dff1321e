"""Sentences the model writes shorter, held to the sentence's own words.

Free lines of a small model are copies, or they lose or invent something. Here
it writes a telegram of one sentence at a time along a lattice: at each word it
may go on with the next, or leave out words that carry nothing where they stand
(``spare``). What it leaves out is its decision; what it can leave out is not:
content words, facts, names, negations, conditions and tenses have no way
around them. The check is the same as for free lines. Deletion-based sentence
compression (Filippova et al. 2015), by constrained decoding instead of a
trained tagger.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import resources

from ..document import Segment, Span
from ..engines.base import Task
from ..engines.distill_options import DistillOptions
from ..llama.chat import prompt
from ..llama.generate import Generator
from ..llama.lattice import Lattice, Path
from ..llama.model import Model
from ..llama.runtime import Runtime
from ..text.filler import code_like, shown
from ..text.salience import Line
from .check import check
from .droppable_words import spare_words, without_filler

_BONUS = 5.0  # nats for leaving words out: the model must be sure that one is needed
_MARGIN = 1.25  # of the budget: shortened lines make room for the ones behind them
_PROBE = 8  # sentences shown first
# Share of their spare words that the model must leave out to go on. Measured on three texts:
# SmolLM2-135M, which copies, 0.0 to 0.4; Qwen2.5-Coder-1.5B 0.7 to 0.9.
_LEAST = 0.5
_LONGEST = 120  # words; a longer "sentence" is a list or a table's remains
_MOST = 200  # tokens of the model's vocabulary


@dataclass(slots=True)
class Shortened:
    """What came of it: sentences ``shown`` to the model, written ``shorter``, and of the shorter
    ones those that did not stand their check (``failed``); words ``left_out`` of those
    that were ``spare``."""

    shown: int = 0
    shorter: int = 0
    failed: int = 0
    spare: int = 0
    left_out: int = 0

    @property
    def copies(self) -> bool:
        """Whether the model keeps most of what it could leave out."""
        return self.shown > 0 and self.left_out < _LEAST * self.spare


@dataclass(frozen=True, slots=True)
class _Telegram:
    """A sentence to shorten: its line, its words that filler has left, which may go."""

    index: int
    sentence: str
    words: tuple[Span, ...]
    spare: tuple[bool, ...]


def shorten(
    task: Task, options: DistillOptions, lines: Sequence[Line], runtime: Runtime
) -> tuple[list[Line], Shortened]:
    """``lines``, those of the source's own sentences shortened that the budget may reach.

    A shortened line keeps its score, so the order of lines is that of the
    sentences. If the model copies the first ones, the others are not shown to
    it, unless ``options`` let only written lines count.
    """
    wanted = [t for t in _wanted(task, lines) if _can_be_shown(task, runtime.lm(), t)]
    out = list(lines)
    done = Shortened()
    insist = options.on_fail == "drop"
    task.progress.start("shortening sentences", len(wanted))
    for group in (wanted[:_PROBE], wanted[_PROBE:]):
        if not group or (done.copies and not insist):
            break
        paths = _paths(task, runtime.lm(), runtime.generator(), group)
        for telegram, path in zip(group, paths, strict=True):
            gone = len(telegram.words) - len(path.words)
            done.shown += 1
            done.spare += sum(telegram.spare)
            done.left_out += gone
            if gone:
                done.shorter += 1
                line = _line(task, out[telegram.index], telegram, path)
                done.failed += line is None
                out[telegram.index] = line or out[telegram.index]
    return out, done


def _wanted(task: Task, lines: Sequence[Line]) -> list[_Telegram]:
    """The best sentences that the budget may reach, best first, if they have a word to spare."""
    left = _MARGIN * task.target
    out: list[_Telegram] = []
    for index in sorted(range(len(lines)), key=lambda i: (-lines[i].score, i)):
        line = lines[index]
        if left <= 0 or line.score == -math.inf:
            break
        left -= task.tokenizer.count(line.text)
        segment = task.segments[line.segment]
        own = line.how == "verbatim" and not line.quote
        if own and (telegram := _telegram(task, index, segment)) is not None:
            out.append(telegram)
    return out


def _telegram(task: Task, index: int, segment: Segment) -> _Telegram | None:
    if segment.kind not in ("sentence", "turn", "item") or code_like(task.text, segment):
        return None
    words = without_filler(task.text, segment)
    if not 4 <= len(words) <= _LONGEST:
        return None
    spare = spare_words(task.text, segment, words)
    if not any(spare):
        return None
    sentence = " ".join(segment.core(task.text).split())
    return _Telegram(index, sentence, tuple(words), tuple(spare))


def _can_be_shown(task: Task, model: Model, telegram: _Telegram) -> bool:
    """A "word" can be a page of base64, or nothing that the vocabulary knows."""
    if len(telegram.sentence) > 8 * _MOST or len(model.encode(telegram.sentence)) > _MOST:
        return False
    return all(len(model.encode(w.of(task.text))) for w in telegram.words)


def _paths(
    task: Task, model: Model, generator: Generator, group: Sequence[_Telegram]
) -> list[Path]:
    instruction = (resources.files("ctxc") / "prompts" / "shorten.txt").read_text("utf-8")
    asked = prompt(model, instruction, "\nTelegram:")
    prompts = [asked.own(model, telegram.sentence) for telegram in group]
    lattices = [lattice(task.text, telegram, model, asked.chat) for telegram in group]
    return generator.paths(asked.prefix, prompts, lattices, advance=task.progress.advance)


def lattice(text: str, telegram: _Telegram, model: Model, opens: bool) -> Lattice:
    """Every way to leave out spare words. ``opens``: the answer begins with the first word."""
    words = [" ".join(w.of(text).split()) for w in telegram.words]
    count = len(words)
    follow: list[tuple[int, ...]] = []
    for j in range(count + 1):
        reach = j
        while reach < count and telegram.spare[reach]:
            reach += 1
        last = reach + 1 if j else min(reach + 1, count)  # no telegram is empty
        follow.append(tuple(range(j, last)))
    blank = "" if opens else " "
    return Lattice(
        tuple(_ids(model, " " + w) for w in words),
        tuple(follow),
        tuple(_ids(model, blank + words[k]) for k in follow[0]),
        _BONUS,
    )


def _ids(model: Model, word: str) -> tuple[int, ...]:
    return tuple(int(t) for t in model.encode(word))


def _line(task: Task, line: Line, telegram: _Telegram, path: Path) -> Line | None:
    """The shortened line, or None where it does not stand its check: the sentence stays."""
    text = " ".join(shown(task.text, [telegram.words[k] for k in path.words]).split())
    stands = check(text, [telegram.sentence]).stands
    return replace(line, text=text, how="model") if stands else None
