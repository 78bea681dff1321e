"""The rungs of one question: what the reader is given next, made when it is asked for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from ..batch.pipeline import Options
from ..batch.results import Results
from ..budget import Budget, Tokens, too_small
from ..console import Progress, Silent
from ..engines import registry
from ..engines.distill_options import DistillOptions
from ..errors import UsageError
from ..llama.runtime import Runtime
from .context import Context, engine_of, select, whole
from .corpus import Corpus
from .prefilter import narrowed
from .prompt import ask_of
from .readers.base import Ask, Reader, ReaderError

BUDGET = Tokens(1500)
DIRECT = 2000
MOST = 32_000
LARGER = 3
"""How many times the first budget the second rung's is."""
_SAVES = 0.75
"""A selection that keeps more than this saves too little to be worth its time."""
_LEAST = 48  # tokens of context: less room than this in a reader's window is no use


@dataclass(frozen=True, slots=True)
class Selecting:
    """Stage one: ``compress`` is auto, lingua, distill, none or an engine's name.

    Under ``auto`` a context of at most ``direct`` tokens goes to the reader whole.
    What is selected never has more than ``most`` tokens on any rung: nobody is
    to pay for a folder of megabytes because one answer was unsure.
    Raises UsageError for what does not exist.
    """

    compress: str = "auto"
    budget: Budget = BUDGET
    direct: int = DIRECT
    most: int = MOST
    tokenizer: str = "o200k_base"
    level: str = "sentence"

    def __post_init__(self) -> None:
        if self.direct < 0:
            raise UsageError(f"--direct must be at least 0, not {self.direct}")
        if self.most < 1:
            raise UsageError(f"--most must be at least 1, not {self.most}")
        engine_of(self.compress)

    @property
    def engine(self) -> str:
        return engine_of(self.compress)

    def options(self, question: str) -> Options:
        """The pipeline's options for one question."""
        writes = self.engine in ("distill", "verbatim")
        return Options(
            engine=self.engine,
            tokenizer=self.tokenizer,
            question=question,
            level=self.level,
            distill=DistillOptions(min_tokens=0, force=True) if writes else None,
        )

    @property
    def opens_model(self) -> bool:
        """Whether stage one opens a language model of its own."""
        return self.compress != "none" and registry.opens(self.engine) == "lm"


@dataclass
class Ladder:
    """The contexts of one question, from the smallest up."""

    corpus: Corpus
    selecting: Selecting
    question: str
    wording: str
    runtime: Runtime
    progress: Progress = field(default_factory=Silent)
    results: Results = field(default_factory=lambda: Results(None))

    @property
    def options(self) -> Options:
        return self.selecting.options(self.wording)

    def rungs(self, wanted: tuple[str, ...], original: int) -> tuple[str, ...]:
        """The rungs there are for a context of ``original`` tokens, of those wanted."""
        target = self.selecting.budget.target(original)
        there = ["full"]
        if not self.straight(original):
            there.insert(0, "compressed")
            if LARGER * target < _SAVES * min(original, self.selecting.most):
                there.insert(1, "larger")
        return tuple(name for name in there if name in wanted) or (there[0],)

    def straight(self, original: int) -> str:
        """Why the whole context goes to the reader, "" where it does not."""
        chosen = self.selecting
        if chosen.compress == "none":
            return "--compress none"
        if original <= chosen.budget.target(original):
            return f"its {original:,} tokens are within the budget"
        if chosen.compress != "auto":
            return ""
        if original <= chosen.direct:
            return f"its {original:,} tokens are within the {chosen.direct:,} of --direct"
        if chosen.budget.target(original) >= _SAVES * original:
            return "selecting would save less than a quarter of it"
        return ""

    def context(self, rung: str, original: int) -> Context:
        """What the reader is given on ``rung``."""
        chosen = self.selecting
        if rung == "full":
            if original > chosen.most and not self.straight(original):
                return self.cut(chosen.most)
            return whole(self.corpus, self.options)
        target = chosen.budget.target(original)
        if not target:
            raise too_small(chosen.budget, original, "the context")
        return self.cut(min(chosen.most, target * LARGER if rung == "larger" else target))

    @cached_property
    def near(self) -> Corpus:
        """What stage one chooses from: all of it, or of very much the part that is near."""
        return narrowed(self.corpus, self.wording)

    def cut(self, target: int) -> Context:
        begun = time.perf_counter()
        near = self.near
        narrowing = time.perf_counter() - begun
        context = select(near, self.options, target, self.runtime, self.progress, self.results)
        seconds = context.seconds + narrowing
        return replace(context, seconds=seconds, whole=context.whole and near is self.corpus)

    def ask(self, context: Context, reader: Reader) -> Ask:
        return ask_of(self.question, context.text, reader.cites)

    def fitted(self, context: Context, reader: Reader, reply: int) -> tuple[Context, str]:
        """``context`` cut down to the reader's window, and a note where it had to be.

        Raises ReaderError where the window has no room for any context.
        """
        window = reader.window
        seconds = context.seconds
        if window is None:
            return context, ""
        frame = reader.count(ask_of(self.question, "", reader.cites))
        before = context.tokens
        for _ in range(4):
            used = reader.count(self.ask(context, reader))
            if used + reply <= window:
                break
            room = window - reply - frame
            if room < _LEAST:
                raise ReaderError(
                    f"the reader {reader.name} takes {window} tokens, which leaves no room for a "
                    f"context beside a question of {frame} and an answer of {reply}",
                    kind="window",
                )
            share = 0.95 * room / max(1, used - frame)
            context = self.cut(max(1, int(context.tokens * share)))
            seconds += context.seconds
        else:
            raise ReaderError(
                f"the context does not fit the {window} tokens of the reader {reader.name}",
                kind="window",
            )
        if context.tokens == before:
            return context, ""
        note = (
            f"{before:,} tokens do not fit the reader's window of {window:,}: "
            f"it was given {context.tokens:,}"
        )
        return replace(context, seconds=seconds), note

    def smaller(self, context: Context) -> Iterator[Context]:
        """Half of it, then a quarter: for a reader that says its window is too small."""
        for share in (2, 4):
            if context.tokens // share >= _LEAST:
                yield self.cut(context.tokens // share)
