"""One question, answered: the cheapest context first, more of it while confidence is low."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from .. import tokens
from ..batch.results import Results
from ..console import Progress, Silent
from ..errors import InputError, UsageError
from ..llama.runtime import Runtime
from .attempt import Attempt, Attempts
from .context import Context, whole
from .corpus import Corpus
from .cost import Tariff, bill_of, unpaid
from .escalation import Ladder, Selecting
from .extract import nearest
from .prompt import NOT_THERE
from .readers import Readers
from .readers.base import Listen, Reader, ReaderError, deaf
from .rewrite import Turn, reformulations, standalone
from .types import Answer, Routing, Rung

_SILENT, _NOT_KEPT = Silent(), Results(None)
_COUNTED = 100_000  # tokens: the prompt of a larger context is estimated, not counted again


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
    results: Results = _NOT_KEPT,
) -> Answer:
    """The answer to ``question`` from ``corpus``.

    ``listen`` gets replies as they are written, ``say`` what happens between
    them. What stage one chooses is kept in ``results``. Raises InputError for an
    empty question, ReaderError where no reader answered, and what stage one raises.
    """
    question = " ".join(question.split())
    if not question:
        raise InputError("the question is empty", hint="ask one with -q", kind="question")
    return _Run(question, corpus, plan, readers, runtime, listen, say, progress, results).run()


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
    results: Results
    tried: list[Attempt] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def run(self) -> Answer:
        begun = time.perf_counter()
        asked, others = self._reworded()
        reworded = self.plan.expand or self.plan.history
        rewriting = time.perf_counter() - begun if reworded else 0.0
        wording = "\n".join((asked, *others))
        selecting = self.plan.selecting
        ladder = Ladder(
            self.corpus, selecting, asked, wording, self.runtime, self.progress, self.results
        )
        counter = tokens.get(selecting.tokenizer)
        original = sum(map(counter.count, self.corpus.document.originals))
        if not self.readers.names(self.plan.routing.reader):
            return self._extracted(ladder, original, rewriting, asked, others)
        if why := ladder.straight(original):
            self.notes.append(f"the context went straight to the reader: {why}")
        routing = self.plan.routing
        attempts = Attempts(
            ladder,
            self.readers,
            self.plan.tariff,
            routing.confidence,
            self.plan.reply,
            self.listen,
            self.notes,
        )
        self._climb(attempts, original)
        if ladder.near is not self.corpus and self.tried[0].rung.name != "full":
            kept, all_ = (len(c.document.text) for c in (ladder.near, self.corpus))
            self.notes.append(f"chosen among {kept:,} of {all_:,} characters, those near by words")
        self._say_withheld()
        best = self._best()
        reader = self.readers.get(routing.reader)
        bill = bill_of(
            [t.rung for t in self.tried],
            self._without(reader, ladder, original),
            rewriting,
            self.plan.tariff,
        )
        judgement, context = best.judgement, best.context
        assert judgement is not None and context is not None
        made = Answer(
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
        if not made.unsupported:
            return made
        held = tuple(c for claim in made.claims if claim.supported for c in claim.citations)
        near = held + nearest(ladder, original)[1]
        return replace(made, bill=unpaid(bill), passages=tuple(dict.fromkeys(near)))

    def _extracted(
        self, ladder: Ladder, original: int, rewriting: float, asked: str, others: tuple[str, ...]
    ) -> Answer:
        """The passages that answer, where there is no reader. Raises InputError for none."""
        begun = time.perf_counter()
        context, passages = nearest(ladder, original)
        seconds = rewriting + time.perf_counter() - begun
        self._say_withheld()
        if not passages:
            raise InputError("no passage was kept", hint="raise --tokens", kind="nothing")
        tokenizer = tokens.get(self.plan.selecting.tokenizer)
        quotes = "\n".join(p.quote for p in passages)
        rung = Rung(
            "passages",
            "",
            context_tokens=tokenizer.count(quotes),
            select_seconds=seconds - rewriting,
        )
        return Answer(
            question=self.question,
            text=quotes,
            abstained=False,
            refused=False,
            claims=(),
            confidence=0.0,
            rung=rung.name,
            reader="",
            rungs=(rung,),
            bill=unpaid(bill_of([rung], 0, rewriting, Tariff())),
            original_tokens=original,
            tokenizer=tokenizer.name,
            engine=context.engine,
            id=self.corpus.document.id,
            source=self.corpus.document.source,
            standalone=asked if asked != self.question else "",
            reformulations=others,
            notes=tuple(dict.fromkeys((*self.corpus.document.notes, *self.notes))),
            passages=passages,
            extractive=True,
        )

    def _say_withheld(self) -> None:
        if withheld := self.corpus.orders:
            places = ", ".join(str(self.corpus.place(span)) for span in withheld[:3])
            more = ", …" if len(withheld) > 3 else ""
            self.notes.append(
                f"withheld from the reader, as it gives orders to a model: {places}{more}"
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

    def _climb(self, attempts: Attempts, original: int) -> None:
        routing, ladder = self.plan.routing, attempts.ladder
        names = ladder.rungs(routing.rungs, original)
        for name in names:
            if self.tried:
                self.say(f"{self._why_on()}; reading more")
            made = partial(ladder.context, name, original)
            tried = attempts.make(name, routing.reader, made)
            self.tried.append(tried)
            if tried.rung.accepted or (tried.failure and tried.failure.kind != "nothing"):
                break
            if tried.context is not None and tried.context.whole:
                break  # there is no more to read
        if self.tried[-1].rung.accepted or routing.escalate is None:
            return
        self.say(f"{self._why_on()}; asking {routing.escalate}")
        widest = self._widest()
        self.tried.append(
            attempts.make(
                "escalated",
                routing.escalate,
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

    def _best(self) -> Attempt:
        """The rung whose reply is the answer. Raises ReaderError where there is none."""
        replied = [t for t in self.tried if t.judgement is not None]
        if not replied:
            raise self.tried[-1].failure or ReaderError("no reader answered")
        for tried in self.tried:
            if tried.rung.error:
                self.notes.append(f"{tried.rung.name}: {tried.rung.error}")
        useful = [t for t in replied if not (t.rung.abstained or t.rung.refused)]
        if not useful:
            return next((t for t in replied if t.rung.abstained), replied[-1])
        last = replied[-1]
        if last in useful and (last.rung.accepted or last.rung.name == "escalated"):
            return last
        return max(useful, key=lambda t: t.rung.confidence)

    def _without(self, reader: Reader, ladder: Ladder, original: int) -> int:
        """Prompt tokens of the whole context for the first reader."""
        told = [t for t in self.tried if t.rung.reader == reader.name and t.rung.prompt_tokens]
        full = next((t for t in told if t.context and t.context.whole), None)
        if full is not None:
            return full.rung.prompt_tokens
        if told and original > _COUNTED:
            return round(told[0].rung.prompt_tokens * original / told[0].rung.context_tokens)
        everything = reader.count(ladder.ask(whole(self.corpus, ladder.options), reader))
        if not told or told[0].context is None:
            return everything
        # A server's own count against the estimate of it: the same factor holds for the whole.
        guess = reader.count(ladder.ask(told[0].context, reader))
        return round(everything * told[0].rung.prompt_tokens / max(1, guess))
