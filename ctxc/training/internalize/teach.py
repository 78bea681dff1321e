"""The teacher: the model with the context in its window, and which of its replies are kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

import numpy as np

from ...answer.context import Context, whole
from ...answer.corpus import Corpus
from ...answer.prompt import abstains, template
from ...answer.support import Evidence
from ...batch.pipeline import Options
from ...console import Progress
from ...document import Document
from ...evaluate import normalise
from ...llama.chat import prompt
from ...llama.model import Model
from ...llama.runtime import Runtime
from .material import Material, asked
from .questions import Question, ask, proposals
from .windows import Window

REPLY = 64
"""Tokens of a reply at most: what is taught are answers, not essays."""
_TRIES = 4  # proposals for each question that is wanted


@dataclass(frozen=True, slots=True)
class Lesson:
    """A question with the teacher's reply; ``ids`` are its tokens, the end among them."""

    question: Question
    reply: str
    ids: tuple[int, ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_json(cls, value: dict[str, Any]) -> Lesson:
        return cls(Question(**value["question"]), value["reply"], tuple(value["ids"]))


@dataclass
class Teacher:
    """Replies to questions from ``spread``; ``dropped`` counts what was not kept, and why.

    ``checks``: a reply must have support in the context, as an answer of ``ctxc answer`` must.
    """

    runtime: Runtime
    material: Material
    spread: Sequence[Window]
    progress: Progress
    dropped: Counter[str]
    checks: bool = True

    def prefix(self, question: Question) -> tuple[Any, Any]:
        """Token ids before the question (its context), and the template's end."""
        return self.view(question).before(self.runtime.lm())

    def view(self, question: Question) -> Shown:
        """What the teacher sees before the question."""
        window = self.spread[question.window]
        text = window.text(self.material, question.without)
        return Shown(text, bool(window.documents), bool(window.examples))

    def lessons(self, questions: Iterable[Question]) -> list[Lesson]:
        """The lessons of all questions whose reply is one, in order."""
        some = list(questions)
        groups: dict[tuple[int, int], list[int]] = {}
        for index, question in enumerate(some):
            groups.setdefault((question.window, question.without), []).append(index)
        result: dict[int, Lesson] = {}
        self.progress.start("the teacher answers", len(some))
        for indices in groups.values():
            for index, lesson in zip(indices, self._group([some[i] for i in indices]), strict=True):
                if lesson is not None:
                    result[index] = lesson
        return [result[index] for index in sorted(result)]

    def _group(self, questions: Sequence[Question]) -> list[Lesson | None]:
        """Questions of one context; the model reads it once."""
        generator = self.runtime.generator()
        model = generator.model
        view = self.view(questions[0])
        prefix, tail = view.before(model)
        own = [
            np.concatenate((model.encode(view.behind(q.text)), tail)).astype(np.int32)
            for q in questions
        ]
        written = generator.generate(
            prefix, own, max_tokens=REPLY, advance=self.progress.advance, logprobs=False
        )
        return [
            self._kept(q, w.text.strip(), w.ids, w.finish_reason, model)
            for q, w in zip(questions, written, strict=True)
        ]

    def _kept(
        self, question: Question, text: str, ids: Sequence[int], finish: str, model: Model
    ) -> Lesson | None:
        why = ""
        if not text or not ids:
            why = "no reply"
        elif finish == "loop":
            why = "a reply that repeats itself"
        elif self.checks and abstains(text):
            why = "no answer in the context"
        elif self.checks and finish == "length":
            why = "a reply without an end"
        elif self.checks and not self._supported(question, text):
            why = "a reply that the context does not support"
        if why:
            self.dropped[why] += 1
            return None
        end = (end_token(model),) if finish == "end" else ()
        return Lesson(question, text, (*ids, *end))

    def _supported(self, question: Question, reply: str) -> bool:
        context = _evidence_of(self.view(question).text)
        claims = Evidence(context.corpus, context.passages, context.corpus).claims(
            reply, question.text
        )
        return bool(claims) and all(claim.supported for claim in claims)

    def asked(self, count: int) -> list[Lesson]:
        """Up to ``count`` lessons from questions that the model asks of the documents."""
        result: dict[str, Lesson] = {}
        seen: set[str] = set()
        left = islice(proposals(self.spread), _TRIES * count)
        while len(result) < count and (some := list(islice(left, max(16, count // 2)))):
            self.progress.start("asking the context", len(some))
            questions = []
            for question in ask(some, self.runtime, self.progress):
                if (key := normalise(question.text)) in seen:
                    self.dropped["a question asked twice"] += 1
                    continue
                seen.add(key)
                questions.append(question)
            self.dropped["no question, or not of the text"] += len(some) - len(questions)
            for lesson in self.lessons(questions):
                result.setdefault(normalise(lesson.question.text), lesson)
        return list(result.values())[:count]


@lru_cache(maxsize=64)
def _evidence_of(text: str) -> Context:
    return whole(Corpus.of([Document(text, "context")]), Options())


@dataclass(frozen=True, slots=True)
class Shown:
    """What stands before a question: ``text``, with ``examples`` in it or not."""

    text: str = ""
    documents: bool = True
    examples: bool = False

    def before(self, model: Model) -> tuple[Any, Any]:
        """Token ids before the question, and those that end the turn.

        Without a text it is what a request without a context begins with.
        """
        frame = template("internalize" if self.documents else "internalize_examples").strip()
        made = prompt(model, f"{frame}\n\n{self.text}" if self.text else "")
        return made.prefix, made.tail

    def behind(self, question: str) -> str:
        """The question as it stands behind the text, or alone."""
        if not self.text:
            return question
        return f"\n\n{asked(question) if self.examples else question}"


def end_token(model: Model) -> int:
    """The token that ends a turn."""
    c = model._c
    turn = int(c.llama_vocab_eot(model.vocab))
    return turn if turn >= 0 else int(c.llama_vocab_eos(model.vocab))
