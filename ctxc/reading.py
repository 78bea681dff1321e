"""A local model as the reader of an evaluation: does it answer from what is left?

The instruction is that of Liu et al. 2023, "Lost in the Middle", shortened; the
answer counts as right when a normalised answer string stands in it.
"""

from __future__ import annotations

import time
from importlib import resources

from .evaluate import Case, Reading, answered
from .llama.chat import prompt, without_thoughts
from .llama.runtime import Runtime

_MOST_TOKENS = 48


class EvaluationReader:
    """Answers the cases' questions with the language model of ``runtime``, greedily."""

    def __init__(self, runtime: Runtime) -> None:
        self._generator = runtime.generator()
        instruction = resources.files("ctxc") / "prompts" / "eval_reader.txt"
        self._instruction = instruction.read_text(encoding="utf-8")

    def read(self, case: Case, text: str) -> Reading:
        """Whether the model answers ``case`` from ``text``; prompt tokens in its own vocabulary.

        Raises EngineError where the text exceeds the model's context.
        """
        begun = time.perf_counter()
        model = self._generator.model
        question = (case.document.question or "").strip()
        built = prompt(model, self._instruction, f"\n\nQuestion: {question}\nAnswer:")
        own = built.own(model, text)
        (answer,) = self._generator.generate(built.prefix, [own], max_tokens=_MOST_TOKENS)
        right = answered(without_thoughts(answer.text), case.answers)
        return Reading(right, len(built.prefix) + len(own), time.perf_counter() - begun)
