"""An answer out of a reader's weights alone: no document is read, so nothing can be cited."""

from __future__ import annotations

from ..errors import InputError
from .cost import Tariff, bill_of
from .prompt import NOT_THERE, abstains
from .readers.base import Ask, Listen, Reader, deaf
from .types import Answer, Rung

RUNG = "weights"


def from_weights(
    question: str, reader: Reader, tariff: Tariff, tokenizer: str, listen: Listen = deaf
) -> Answer:
    """The reply to ``question`` alone, as the reader was taught to give it.

    Raises InputError for an empty question, ReaderError where there is no reply.
    """
    question = " ".join(question.split())
    if not question:
        raise InputError("the question is empty", hint="ask one with -q", kind="question")
    reply = reader.answer(Ask("", question), listen)
    abstained = abstains(reply.text)
    rung = tariff.priced(
        Rung(
            RUNG,
            reader.name,
            text=reply.text,
            prompt_tokens=reply.prompt_tokens,
            reply_tokens=reply.reply_tokens,
            counted=reply.counted,
            seconds=reply.seconds,
            reading=reply.reading,
            local=reader.local,
            mean_logprob=reply.mean_logprob,
            least_logprob=reply.least_logprob,
            abstained=abstained,
        )
    )
    return Answer(
        question=question,
        text=NOT_THERE if abstained else reply.text,
        abstained=abstained,
        refused=False,
        claims=(),
        confidence=0.0,
        rung=RUNG,
        reader=reader.name,
        rungs=(rung,),
        bill=bill_of([rung], reply.prompt_tokens, 0.0, tariff),
        original_tokens=0,
        tokenizer=tokenizer,
        engine="none",
        source=reader.name,
        weights=True,
    )
