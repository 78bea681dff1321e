"""Tool results shortened when they are first sent, so that no message sent before is rewritten.

What becomes of a result is decided by what stands before it and beside it, never by what
comes later. Called again on the same conversation grown longer, everything up to there comes
out in the same bytes, and a provider's cache of it holds. A budget in tokens is spent like
that too: the results of one request take at most half of the room that is left.

Only where the caller says that the cache is cold (``cached``) are older words shortened as
well, all in one budget; sentences with a session's facts go before chatter (``facts``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .. import tokens as _tokens
from ..batch.pipeline import Options as Asked
from ..batch.pipeline import compress
from ..batch.total_budget import Claim, share
from ..budget import Tokens
from ..document import Document, Segment
from ..engines.base import Task
from ..engines.extractive import by_segment
from ..errors import BudgetError, UsageError
from ..input.loaders.terminal import cleaned
from ..llama.runtime import Runtime
from ..text.segment import segments
from .facts import worth
from .texts import (
    Message,
    Text,
    checked,
    is_reply,
    is_system,
    is_user,
    requests,
    texts_of,
    with_text,
)

LEAST = 120
"""Tokens: a text of no more is left alone."""
_ASKED = 600  # characters of what was said before a result that it is ranked by

Keep = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Conversation:
    """``messages`` as they are to be sent; ``changed`` are the places of those that are shorter.

    The others are the caller's own objects. ``original`` and ``compressed`` are tokens of all
    texts (words, calls, results; no images, no overhead of an API), ``target`` what they were
    held to.
    """

    messages: list[Message]
    changed: tuple[int, ...]
    original: int
    compressed: int
    target: int
    tokenizer: str
    notes: tuple[str, ...] = ()


def shorten(
    messages: Sequence[Mapping[str, Any]],
    asked: Asked,
    runtime: Runtime,
    *,
    cached: int | None = None,
    keep: Keep | None = None,
) -> Conversation:
    """The conversation within the budget of ``asked``.

    ``keep`` is given each result that is cut and returns a handle for it, or "".
    Raises InputError, BudgetError, UsageError and what ``compress`` raises.
    """
    before = checked(messages)
    if cached is not None and not 0 <= cached <= len(before):
        raise UsageError(f"cached must be from 0 to {len(before)}, the messages, not {cached}")
    run = _Run(before, replace(asked, markers=True), runtime, keep)
    if cached is None:
        for start, end in requests(before):
            run.add_request(start, end)
    else:
        run.add_rest(cached)
    return run.done()


@dataclass
class _Run:
    """``out`` is what is sent; ``sizes[i]`` the tokens of message ``i`` as it is sent."""

    before: list[Message]
    asked: Asked
    runtime: Runtime
    keep: Keep | None
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.count = _tokens.get(self.asked.tokenizer).count
        self.out = list(self.before)
        self.texts = [list(texts_of(m, i)) for i, m in enumerate(self.before)]
        self.sizes = [sum(self.count(t.text) for t in texts) for texts in self.texts]
        self.original = sum(self.sizes)

    def add_request(self, start: int, end: int) -> None:
        """The results that one request brought, by what stands up to its end alone."""
        results = [t for i in range(start, end) for t in self.texts[i] if self._large(t, "result")]
        sizes = [self.count(t.text) for t in results]
        budget = self.asked.budget
        if isinstance(budget, Tokens):
            room = budget.tokens - sum(self.sizes[:end]) + sum(sizes)
            shares = _shares(max(0, room) // 2, [Claim(size) for size in sizes])
        else:
            shares = [budget.target(size) for size in sizes]
        for text, size, target in zip(results, sizes, shares, strict=True):
            if target < size:
                self._put(text, size, self._result(text, size, target))

    def add_rest(self, cached: int) -> None:
        """Results and older words behind the first ``cached`` messages, in one budget."""
        last = max((i for i, m in enumerate(self.before) if is_user(m)), default=-1)
        cut = [
            text
            for i in range(cached, len(self.before))
            for text in self.texts[i]
            if self._large(text, "result")
            or (i < last and not is_system(self.before[i]) and self._large(text, "words"))
        ]
        sizes = [self.count(text.text) for text in cut]
        budget = self.asked.budget
        fixed = self.original - sum(sizes)
        room = budget.tokens - fixed if isinstance(budget, Tokens) else budget.target(sum(sizes))
        if sum(sizes) <= room:
            return
        claims = [self._claim(text, size) for text, size in zip(cut, sizes, strict=True)]
        for text, size, target in zip(cut, sizes, _shares(max(0, room), claims), strict=True):
            if target < size:
                make = self._result if text.use == "result" else self._words
                self._put(text, size, make(text, size, target))

    def done(self) -> Conversation:
        """Raises BudgetError where all that may be cut is not enough."""
        compressed = sum(self.sizes)
        budget = self.asked.budget
        target = budget.tokens if isinstance(budget, Tokens) else compressed
        if compressed > target:
            raise BudgetError(
                f"the messages take {compressed:,} tokens, {compressed - target:,} more than the "
                f"budget of {target:,}, and what is left of them is not to be touched",
                hint="raise the budget; where the cache is cold anyway, cached=0 (--cached 0) "
                "shortens older words too",
            )
        changed = tuple(
            i for i, (a, b) in enumerate(zip(self.before, self.out, strict=True)) if a is not b
        )
        tokenizer = _tokens.get(self.asked.tokenizer).name
        notes = tuple(dict.fromkeys(self.notes))
        return Conversation(self.out, changed, self.original, compressed, target, tokenizer, notes)

    def _large(self, text: Text, use: str) -> bool:
        return text.use == use and self.count(text.text) > LEAST

    def _put(self, text: Text, size: int, shorter: str) -> None:
        left = self.count(shorter)
        if left < size:
            self.out[text.index] = with_text(self.out[text.index], text.path, shorter)
            self.sizes[text.index] += left - size

    def _result(self, text: Text, size: int, target: int) -> str:
        """A tool's result by its kind, or a mark in its place where no piece of it fits."""
        plain, _ = cleaned(text.text)
        question = self.asked.question or self._said_before(text.index)
        document = Document(plain, f"messages[{text.index}]")
        options = replace(self.asked, budget=Tokens(max(1, target)), question=question)
        keep = self.keep
        try:
            result = compress(
                document, options, self.runtime, keep=(lambda: keep(text.text)) if keep else None
            )
        except BudgetError:
            return self._mark(text, size)
        return result.text

    def _mark(self, text: Text, size: int) -> str:
        handle = self.keep(text.text) if self.keep is not None and text.use == "result" else ""
        behind = f": ctxc expand {handle}" if handle else ""
        return f"[… {size:,} tokens{behind}]"

    def _words(self, text: Text, size: int, target: int) -> str:
        """Older words: the sentences with facts, in their order."""
        task, scores = self._sentences(text, target)
        left = by_segment(task, scores).text
        return left if left.strip() else self._mark(text, size)

    def _sentences(self, text: Text, target: int = 0) -> tuple[Task, list[float]]:
        document = Document(text.text, f"messages[{text.index}]", kind="prose")
        parts = segments(document)
        tokenizer = _tokens.get(self.asked.tokenizer)
        task = Task(document, parts, target, tokenizer, self.asked.question, markers=True)
        return task, [worth(s.core(text.text), self.asked.question) for s in parts]

    def _claim(self, text: Text, size: int) -> Claim:
        if text.use == "words":
            task, scores = self._sentences(text)
            pairs = zip(task.segments, scores, strict=True)
        else:
            parts = segments(Document(text.text, ""))
            pairs = zip(parts, (_salience(s, text.text) for s in parts), strict=True)
        ranked = ((score, self.count(s.core(text.text))) for s, score in pairs)
        return Claim(size, tuple(ranked))

    def _said_before(self, index: int) -> str | None:
        """The nearest words before a result: what the model said when it called the tool."""
        for at in range(index - 1, -1, -1):
            if not (is_reply(self.before[at]) or is_user(self.before[at])):
                continue
            words = " ".join(t.text for t in self.texts[at] if t.use == "words").strip()
            if words:
                return words[-_ASKED:]
        return None


def _salience(segment: Segment, text: str) -> float:
    """A result's segment on the scale of words: its salience, or what facts it states."""
    return segment.salience / 2 if segment.text_kind else worth(segment.core(text))


def _shares(total: int, claims: list[Claim]) -> list[int]:
    """Tokens for each; 0 where there is less than one for each."""
    if not claims:
        return []
    return share(total, claims) if total >= len(claims) else [0] * len(claims)
