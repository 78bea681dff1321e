"""What is taught: every lesson with its token ids, before any weight is read."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from ...console import Progress
from ...errors import InputError, UsageError
from ...llama.runtime import Runtime
from ...models.gguf import Header
from ..student import Turn
from .material import Material
from .questions import Question, of_examples, of_user
from .settings import Settings
from .teach import REPLY, Lesson, Shown, Teacher, end_token
from .windows import windows

LEAST = 4
"""Lessons without which nothing can be learnt and measured."""
QUESTION = 256
"""Tokens of a window that are left for the question."""
_SMALL = 1_000_000_000  # parameters
_PAGE = 100  # tokens


@dataclass
class Plan:
    """Lessons and what they came from; token ids as llama.cpp's tokenizer gives them."""

    lessons: list[Lesson]
    contexts: dict[str, tuple[int, ...]]
    behinds: list[tuple[int, ...]]
    alone: list[tuple[int, ...]]
    dropped: dict[str, int]
    source: str
    seconds: float
    context_tokens: int

    @property
    def turns(self) -> list[Turn]:
        """What the student reads: the question alone, and the reply."""
        pairs = zip(self.alone, self.lessons, strict=True)
        return [Turn(prompt, lesson.ids) for prompt, lesson in pairs]

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "lessons": [lesson.as_json() for lesson in self.lessons]}

    @classmethod
    def of_json(cls, value: dict[str, Any]) -> Plan:
        lessons = [Lesson.of_json(one) for one in value["lessons"]]
        ids = {k: [tuple(i) for i in value[k]] for k in ("behinds", "alone")}
        contexts = {k: tuple(v) for k, v in value["contexts"].items()}
        return cls(**{**value, **ids, "lessons": lessons, "contexts": contexts})


def place(question: Question) -> str:
    return f"{question.window}/{question.without}"


@dataclass(frozen=True, slots=True)
class Planning:
    """Makes the plan of one run."""

    settings: Settings
    material: Material
    header: Header
    progress: Progress

    def plan(self, runtime: Runtime) -> Plan:
        """Raises InputError where too little is left to learn, UsageError for no questions."""
        model = runtime.lm()
        room = self.header.context_length - QUESTION - REPLY
        spread = windows(
            self.material, lambda text: len(model.encode(text)), min(room, self._window)
        )
        dropped: Counter[str] = Counter()
        checks = self.settings.check and not self.material.examples
        teacher = Teacher(runtime, self.material, spread, self.progress, dropped, checks)
        source, lessons = self._lessons(teacher)
        if len(lessons) < LEAST:
            why = ", ".join(f"{count} {what}" for what, count in dropped.items())
            raise InputError(
                f"{len(lessons)} questions are left to learn from, at least {LEAST} are needed"
                + (f" ({why})" if why else ""),
                hint="give questions that the context answers with --questions, or a larger model",
            )
        tail = teacher.prefix(lessons[0].question)[1]
        bare = Shown().before(model)[0]

        def ids(*parts: Any) -> tuple[int, ...]:
            return tuple(int(token) for part in parts for token in part)

        contexts = {place(o.question): ids(teacher.prefix(o.question)[0]) for o in lessons}
        return Plan(
            lessons,
            contexts,
            [
                ids(model.encode(teacher.view(o.question).behind(o.question.text)), tail)
                for o in lessons
            ],
            [ids(bare, model.encode(o.question.text), tail) for o in lessons],
            dict(dropped),
            source,
            0.0,
            len(model.encode(self.material.text)),
        )

    @property
    def _window(self) -> int:
        """Tokens of context at once: small models answer from a paragraph, not from pages."""
        small = self.header.parameters < _SMALL and not self.material.examples
        return self.settings.window or (_PAGE if small else self.header.context_length)

    def _lessons(self, teacher: Teacher) -> tuple[str, list[Lesson]]:
        settings, material = self.settings, self.material
        if settings.questions is not None:
            source, questions = "a file", of_user(settings.questions, teacher.spread, material)
        elif material.examples and settings.ask is None:
            source, questions = "the examples", of_examples(teacher.spread, material)
        elif not material.documents:
            raise UsageError("--ask needs a document to ask", hint="give inputs with --questions")
        elif settings.labels:
            raise UsageError("--labels needs examples with answers, and there are none")
        else:
            return "asked of the context", teacher.asked(settings.ask or 64)
        if not settings.labels:
            return source, teacher.lessons(questions)
        return source, [_by_label(q, teacher) for q in questions if q.label]


def _by_label(question: Question, teacher: Teacher) -> Lesson:
    model = teacher.runtime.lm()
    ids = tuple(int(i) for i in model.encode(question.label))
    return Lesson(question, question.label, (*ids, end_token(model)))
