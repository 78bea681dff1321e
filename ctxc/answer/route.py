"""One question, answered: the cheapest context first, more of it while confidence is low."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from .. import tokens
from ..console import Progress, Silent
from ..errors import InputError, UsageError
from ..reader import Readers
from ..reader.base import Listen, Reader, ReaderError, Reply, deaf
from ..runtime import Runtime
from .asking import NOT_THERE
from .bill import Tariff, bill_of
from .context import Context, whole
from .corpus import Corpus
from .judge import Judgement, judge
from .ladder import Ladder, Selecting
from .rewrite import Turn, reformulations, standalone
from .values import Answer, Routing, Rung

_SILENT = Silent()


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that decides an answer, apart from the question and the texts.

    ``reply`` is how many tokens a reader may write, ``expand`` how many
    reformulations help selection.
    """

    selecting: Selecting = field(default_factory=Selecting)
    routing: Routing = field(default_factory=Routing)
    tariff: Tariff = field(default_factory=Tariff)
    reply: int = 256
    expand: int = 0
    history: tuple[Turn, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.expand <= 16:
            raise UsageError(f"--expand must be between 0 and 16, not {self.expand}")


@dataclass(frozen=True, slots=True)
class _Tried:
    """A rung, with the judgement and the context behind it where there is a reply."""

    rung: Rung
    judgement: Judgement | None = None
    context: Context | None = None


def answer(
    question: str,
    corpus: Corpus,
    plan: Plan,
    readers: Readers,
    runtime: Runtime,
    *,
    listen: Listen = deaf,
    say: Callable[[str], None] = deaf,
    progress: Progress = _SILENT,
) -> Answer:
    """The answer to ``question`` from ``corpus``.

    ``listen`` gets replies as they are written, ``say`` what happens between
    them. Raises InputError for an empty question, ReaderError where no reader
    answered, and what stage one raises.
    """
    question = " ".join(question.split())
    if not question:
        raise InputError("the question is empty", hint="ask one with -q", kind="question")
    return _Run(question, corpus, plan, readers, runtime, listen, say, progress).run()


@dataclass
class _Run:
    """One question on its way up."""

    question: str
    corpus: Corpus
    plan: Plan
    readers: Readers
    runtime: Runtime
    listen: Listen
    say: Callable[[str], None]
    progress: Progress
    tried: list[_Tried] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def run(self) -> Answer:
        begun = time.perf_counter()
        asked, others = self._reworded()
        reworded = self.plan.expand or self.plan.history
        rewriting = time.perf_counter() - begun if reworded else 0.0
        wording = "\n".join((asked, *others))
        selecting = self.plan.selecting
        ladder = Ladder(self.corpus, selecting, asked, wording, self.runtime, self.progress)
        counter = tokens.get(selecting.tokenizer)
        original = sum(map(counter.count, self.corpus.document.originals))
        if why := ladder.straight(original):
            self.notes.append(f"the context went straight to the reader: {why}")
        self._climb(ladder, original)
        best = self._best()
        reader = self.readers.get(self.plan.routing.reader)
        bill = bill_of(
            [t.rung for t in self.tried],
            self._without(reader, ladder),
            rewriting,
            self.plan.tariff,
        )
        judgement, context = best.judgement, best.context
        assert judgement is not None and context is not None
        return Answer(
            question=self.question,
            text=NOT_THERE if judgement.abstained else judgement.text,
            abstained=judgement.abstained,
            refused=judgement.refused,
            claims=judgement.claims,
            confidence=judgement.confidence,
            rung=best.rung.name,
            reader=best.rung.reader,
            rungs=tuple(t.rung for t in self.tried),
            bill=bill,
            original_tokens=original,
            tokenizer=counter.name,
            engine=context.engine,
            id=self.corpus.document.id,
            source=self.corpus.document.source,
            standalone=asked if asked != self.question else "",
            reformulations=others,
            notes=tuple(dict.fromkeys((*self.corpus.document.notes, *self.notes))),
        )

    def _reworded(self) -> tuple[str, tuple[str, ...]]:
        """The question as it can be read alone, and other ways to ask it."""
        asked = self.question
        if self.plan.history:
            asked = standalone(asked, self.plan.history, self.readers.get(""))
            if asked != self.question:
                self.say(f"asked as: {asked}")
        if not self.plan.expand:
            return asked, ()
        return asked, reformulations(asked, self.plan.expand, self.readers.get(""))

    def _climb(self, ladder: Ladder, original: int) -> None:
        routing = self.plan.routing
        names = ladder.rungs(routing.rungs, original)
        for name in names:
            if self.tried:
                self.say(f"{self._why_on()}; reading more")
            tried = self._try(name, routing.reader, ladder, partial(ladder.context, name, original))
            self.tried.append(tried)
            if tried.rung.accepted or tried.rung.error:
                break
            if tried.context is not None and tried.context.whole:
                break  # there is no more to read
        if self.tried[-1].rung.accepted or routing.escalate is None:
            return
        self.say(f"{self._why_on()}; asking {routing.escalate}")
        widest = self._widest()
        self.tried.append(
            self._try(
                "escalated",
                routing.escalate,
                ladder,
                lambda: widest or ladder.context(names[0], original),
                again=widest is not None,
            )
        )

    def _widest(self) -> Context | None:
        """The largest selection so far; the whole context only where nothing was selected."""
        made = [t for t in self.tried if t.context is not None]
        chosen = [t for t in made if t.rung.name != "full"] or made
        return chosen[-1].context if chosen else None

    def _why_on(self) -> str:
        last = self.tried[-1].rung
        if last.error:
            return last.error
        if last.refused or last.abstained:
            return f"the reader {'refused' if last.refused else 'found no answer'} ({last.name})"
        return f"confidence {last.confidence:.2f} ({last.name})"

    def _try(
        self,
        name: str,
        reader_name: str,
        ladder: Ladder,
        make: Callable[[], Context],
        again: bool = False,
    ) -> _Tried:
        """One rung; a reader that does not answer is a rung with an ``error``."""
        context = make()
        seconds = 0.0 if again else context.seconds  # selected before, and paid for there
        rung = Rung(name, reader_name, select_seconds=seconds, context_tokens=context.tokens)
        try:
            reader = self.readers.get(reader_name)
            rung = replace(rung, reader=reader.name, local=reader.local)
            fitted, reply = self._asked(reader, ladder, context)
        except ReaderError as error:
            rung = replace(rung, error=error.message)
            return _Tried(self.plan.tariff.priced(rung), None, context)
        if fitted is not context:
            seconds += fitted.seconds
        judged = judge(reply, ladder.question, fitted, self.corpus)
        accepted = (
            not (judged.abstained or judged.refused)
            and judged.confidence >= self.plan.routing.confidence
        )
        rung = replace(
            rung,
            text=judged.text,
            context_tokens=fitted.tokens,
            prompt_tokens=reply.prompt_tokens,
            reply_tokens=reply.reply_tokens,
            counted=reply.counted,
            select_seconds=seconds,
            seconds=reply.seconds,
            reading=reply.reading,
            mean_logprob=reply.mean_logprob,
            support=judged.support,
            confidence=judged.confidence,
            abstained=judged.abstained,
            refused=judged.refused,
            accepted=accepted,
        )
        return _Tried(self.plan.tariff.priced(rung), judged, fitted)

    def _asked(self, reader: Reader, ladder: Ladder, context: Context) -> tuple[Context, Reply]:
        """The reply to as much of ``context`` as the reader takes."""
        fitted, cut = ladder.fitted(context, reader, self.plan.reply)
        if cut:
            self.notes.append(cut)
        try:
            return fitted, reader.answer(ladder.ask(fitted, reader), self.listen)
        except ReaderError as error:
            if error.kind != "window":
                raise
            last = error
        for smaller in ladder.smaller(fitted):
            try:
                reply = reader.answer(ladder.ask(smaller, reader), self.listen)
            except ReaderError as error:
                if error.kind != "window":
                    raise
                last = error
                continue
            self.notes.append(
                f"the reader took {smaller.tokens:,} of {fitted.tokens:,} tokens: {last.message}"
            )
            return smaller, reply
        raise last

    def _best(self) -> _Tried:
        """The rung whose reply is the answer. Raises ReaderError where there is none."""
        replied = [t for t in self.tried if t.judgement is not None]
        if not replied:
            raise ReaderError(self.tried[-1].rung.error or "no reader answered")
        for tried in self.tried:
            if tried.rung.error:
                self.notes.append(f"{tried.rung.name}: {tried.rung.error}")
        useful = [t for t in replied if not (t.rung.abstained or t.rung.refused)]
        if not useful:
            return next((t for t in replied if t.rung.abstained), replied[-1])
        if (last := replied[-1]) in useful and (last.rung.accepted or _is_stronger(last)):
            return last
        return max(useful, key=lambda t: t.rung.confidence)

    def _without(self, reader: Reader, ladder: Ladder) -> int:
        """Prompt tokens of the whole context for the first reader."""
        told = [t for t in self.tried if t.rung.reader == reader.name and t.context and t.judgement]
        full = next((t for t in told if t.context and t.context.whole), None)
        if full is not None:
            return full.rung.prompt_tokens
        everything = reader.count(ladder.ask(whole(self.corpus, ladder.options), reader))
        if not told or told[0].context is None:
            return everything
        # A server's own count against the estimate of it: the same factor holds for the whole.
        guess = reader.count(ladder.ask(told[0].context, reader))
        return round(everything * told[0].rung.prompt_tokens / max(1, guess))


def _is_stronger(tried: _Tried) -> bool:
    """The reader escalated to is trusted over those it was escalated from."""
    return tried.rung.name == "escalated"
