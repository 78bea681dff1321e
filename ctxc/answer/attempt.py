"""One rung of the ladder: select, fit, ask, judge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from .context import Context
from .cost import Tariff
from .escalation import Ladder
from .judge import Judgement, judge
from .readers import Readers
from .readers.base import Listen, Reader, ReaderError, Reply
from .types import Rung


@dataclass(frozen=True, slots=True)
class Attempt:
    """A rung, with the judgement and the context behind it where there is a reply.

    ``failure`` is why there is none.
    """

    rung: Rung
    judgement: Judgement | None = None
    context: Context | None = None
    failure: ReaderError | None = None


@dataclass
class Attempts:
    """Makes attempts at one question; ``notes`` collects what the user should know of them.

    ``confidence`` is what a reply needs to be accepted, ``reply`` the tokens a
    reader may write.
    """

    ladder: Ladder
    readers: Readers
    tariff: Tariff
    confidence: float
    reply: int
    listen: Listen
    notes: list[str] = field(default_factory=list)

    def make(
        self,
        name: str,
        reader_name: str,
        select: Callable[[], Context],
        again: bool = False,
    ) -> Attempt:
        """One rung; a reader that does not answer is a rung with an ``error``."""
        context = select()
        seconds = 0.0 if again else context.seconds  # selected before, and paid for there
        rung = Rung(name, reader_name, select_seconds=seconds, context_tokens=context.tokens)
        if not context.passages:
            error = _nothing(context)
            return Attempt(replace(rung, error=error.message), None, context, error)
        try:
            reader = self.readers.get(reader_name)
            rung = replace(rung, reader=reader.name, local=reader.local)
            fitted, reply = self._asked(reader, context)
        except ReaderError as error:
            return Attempt(self._priced(rung, error=error.message), None, context, error)
        judged = judge(reply, self.ladder.question, fitted, self.ladder.corpus)
        if judged.corrected:
            self.notes.append("the reader cited other passages than those its answer stands in")
        answers = not (judged.abstained or judged.refused)
        rung = self._priced(
            rung,
            text=judged.text,
            context_tokens=fitted.tokens,
            prompt_tokens=reply.prompt_tokens,
            reply_tokens=reply.reply_tokens,
            counted=reply.counted,
            select_seconds=fitted.seconds - (context.seconds if again else 0.0),
            seconds=reply.seconds,
            reading=reply.reading,
            mean_logprob=reply.mean_logprob,
            least_logprob=reply.least_logprob,
            support=judged.support,
            confidence=judged.confidence,
            abstained=judged.abstained,
            refused=judged.refused,
            accepted=answers and judged.confidence >= self.confidence,
        )
        return Attempt(rung, judged, fitted)

    def _priced(self, rung: Rung, **values: Any) -> Rung:
        return self.tariff.priced(replace(rung, **values))

    def _asked(self, reader: Reader, context: Context) -> tuple[Context, Reply]:
        """The reply to as much of ``context`` as the reader takes."""
        fitted, cut = self.ladder.fitted(context, reader, self.reply)
        if cut:
            self.notes.append(cut)
        try:
            return fitted, reader.answer(self.ladder.ask(fitted, reader), self.listen)
        except ReaderError as error:
            if error.kind != "window":
                raise
            last = error
        seconds = fitted.seconds
        for smaller in self.ladder.smaller(fitted):
            seconds += smaller.seconds
            try:
                reply = reader.answer(self.ladder.ask(smaller, reader), self.listen)
            except ReaderError as error:
                if error.kind != "window":
                    raise
                last = error
                continue
            self.notes.append(
                f"the reader took {smaller.tokens:,} of {fitted.tokens:,} tokens: {last.message}"
            )
            return replace(smaller, seconds=seconds), reply
        raise last


def _nothing(context: Context) -> ReaderError:
    """Nothing to show a reader: that says nothing about what the documents hold."""
    if context.corpus.orders:
        message = "what was chosen gives orders to a model, and is withheld from the reader"
        return ReaderError(message, hint="name other documents", kind="nothing")
    message = "no passage was kept for the reader"
    return ReaderError(message, hint="raise --tokens, or --compress none", kind="nothing")
