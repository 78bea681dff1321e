"""One question over passages: the answer with its citations, checked against them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..answer import Answer, Corpus, Plan, Routing, Selecting
from ..answer.escalation import BUDGET
from ..answer.extract import EXTRACT
from ..answer.readers import Readers, ReaderSettings
from ..answer.readers import check as check_reader
from ..answer.route import answer
from ..document import Document
from ..llama.runtime import Runtime
from .options import Options
from .passages import PassageLike, as_passage


@dataclass(frozen=True, slots=True)
class Asking:
    """Who answers: ``reader`` is a GGUF model or ``openai:MODEL``; without one passages are quoted.

    ``reply`` is how many tokens it may write, ``timeout`` seconds for one reply.
    """

    reader: str = ""
    reply: int = 256
    timeout: float = 120.0


def ask(
    passages: Iterable[PassageLike | Document],
    asking: Asking,
    options: Options,
    runtime: Runtime,
) -> Answer:
    """Raises InputError, ReaderError, ModelError and UsageError."""
    check_reader(asking.reader)
    chosen = asking.reader or options.model
    wanted = any(x is not None for x in (options.rate, options.ratio, options.tokens))
    budget = options.budget() if wanted else BUDGET if chosen else EXTRACT
    plan = Plan(
        Selecting(options.engine, budget, tokenizer=options.tokenizer),
        Routing(reader=asking.reader),
        reply=asking.reply,
    )
    settings = ReaderSettings(asking.reply, timeout=asking.timeout)
    readers = Readers(settings, runtime, plan.selecting.opens_model)
    return answer(options.question or "", Corpus.of(_documents(passages)), plan, readers, runtime)


def _documents(passages: Iterable[PassageLike | Document]) -> Sequence[Document]:
    out = []
    for index, value in enumerate(passages):
        if isinstance(value, Document):
            out.append(value)
            continue
        passage = as_passage(value, index)
        name = passage.title or (str(passage.id) if passage.id is not None else f"passage {index}")
        out.append(Document(passage.text, name, id=passage.id))
    return out
