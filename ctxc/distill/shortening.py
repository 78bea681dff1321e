"""Sentences the model writes shorter, held to the sentence's own words.

Free lines of a small model are copies, or they lose or invent something. Here
it writes a telegram of one sentence at a time along a lattice: at each word it
may go on with the next, or leave out words that carry nothing by themselves
(``spare``). What it leaves out is its decision; what it can leave out is not:
content words, facts, names, negations, conditions and tenses have no way
around them. Deletion-based sentence compression (Filippova et al. 2015), by
constrained decoding instead of a trained tagger.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import resources

from ..document import Segment, Span
from ..engines.base import Task
from ..llama.chat import prompt
from ..llama.generate import Generator
from ..llama.lattice import Lattice, Path
from ..llama.model import Model
from ..runtime import Runtime
from .check import check, not_carried
from .lines import Line
from .options import DistillOptions
from .spare import spare_words, without_filler
from .telegraph import code_like, shown

_BONUS = 3.0  # nats for leaving words out: the model must be sure that one is needed
_MARGIN = 1.25  # of the budget: shortened lines make room for the ones behind them
_PROBE = 8  # sentences shown first
_LEAST = 0.34  # share of those that must come out shorter for the model to go on
_LONGEST = 120  # words; a longer "sentence" is a list or a table's remains


@dataclass(frozen=True, slots=True)
class Shortened:
    """What came of it: sentences ``shown`` to the model, written ``shorter``, and of the shorter
    ones those that did not stand their check (``failed``)."""

    shown: int = 0
    shorter: int = 0
    failed: int = 0


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
    sentences. While hardly any of the first come out shorter, the others are
    not shown to the model, unless nothing else may take their place. Raises
    EngineError for a line that fails where ``options.on_fail`` is "error".
    """
    wanted = _wanted(task, lines)
    out = list(lines)
    done = Shortened()
    insist = options.on_fail in ("drop", "error")
    task.progress.start("shortening sentences", len(wanted))
    for group in (wanted[:_PROBE], wanted[_PROBE:]):
        if not group or (done.shown and not insist and done.shorter < _LEAST * done.shown):
            break
        paths = _paths(task, runtime.lm(), runtime.generator(), group)
        shorter = failed = 0
        for telegram, path in zip(group, paths, strict=True):
            if len(path.words) == len(telegram.words):
                continue
            shorter += 1
            line = _line(task, options, out[telegram.index], telegram, path)
            failed += line is None
            out[telegram.index] = line or out[telegram.index]
        done = Shortened(done.shown + len(group), done.shorter + shorter, done.failed + failed)
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
    spare = spare_words(task, segment, words)
    if not any(spare):
        return None
    sentence = " ".join(segment.core(task.text).split())
    return _Telegram(index, sentence, tuple(words), tuple(spare))


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


def _line(
    task: Task, options: DistillOptions, line: Line, telegram: _Telegram, path: Path
) -> Line | None:
    """The shortened line, or None where it does not stand its check."""
    text = " ".join(shown(task.text, [telegram.words[k] for k in path.words]).split())
    verdict = check(text, [telegram.sentence])
    if verdict.stands:
        return replace(line, text=text, how="model")
    if options.on_fail == "error" and verdict.reason != "short":
        raise not_carried(text, verdict.reason)
    return None
