"""``ctxc internalize`` from its settings to the adapter, each step kept against a kill."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ...console import Progress, note, plain
from ...errors import CtxcError, ModelError, UsageError
from ...llama.adapters import Lora
from ...llama.runtime import Runtime, RuntimeOptions
from ...models.gguf import Header
from ...models.resolve import resolve
from ...output.atomic import write_whole
from .. import agree, card
from ..base import check as check_base
from ..base import open_base
from ..export import adapter_bytes
from ..loop import History, train
from ..soft import Soft
from ..student import Student, Turn
from ..work import Work
from .lessons import Objective, mean_loss, taught_by
from .material import Material, read_material
from .planning import QUESTION, Plan, Planning, place
from .settings import Settings
from .teach import REPLY, Shown

_HELD_OUT = 8  # one lesson in so many is not taught, and tells how far the student got
_SAMPLE = 4  # lessons on which llama.cpp and torch are compared


@dataclass
class Internalizing:
    """One run. ``run`` writes the adapter and its card, or raises and leaves what is done."""

    settings: Settings
    progress: Progress
    seconds: dict[str, float] = field(default_factory=dict)

    @cached_property
    def base(self) -> Path:
        return resolve(self.settings.model).path

    @cached_property
    def header(self) -> Header:
        return check_base(self.base)

    @cached_property
    def material(self) -> Material:
        return read_material(self.settings.paths)

    def run(self) -> card.Facts:
        """The facts of the adapter that now is there."""
        settings, signature = self.settings, self.settings.signature(self.material, self.base)
        _ = self.header
        if settings.output.exists():
            return self._done(signature)
        self._check_card(signature)
        work = Work.beside(settings.output, signature)
        plan = self._planned(work)
        student = Student(open_base(self.base, settings.threads), settings.recipe)
        taught, held_out = _split(len(plan.lessons))
        sample = [plan.turns[i] for i in held_out[:_SAMPLE]]
        if work.json("base") is None:
            result = agree.agreement(student, sample, self.base, (), settings.threads)
            agree.demand(result, f"{self.base.name} as transformers reads it")
            work.keep_json("base", asdict(result))
        history = self._taught(student, plan, taught, held_out, work)
        self.seconds |= {"teacher": plan.seconds, "training": history.seconds}
        self.seconds["all"] = sum(self.seconds.values())
        facts = self._facts(signature, plan, taught, held_out, history)
        return self._written(student, plan, sample, facts, work)

    def _done(self, signature: str) -> card.Facts:
        """What is there already, where the same command made it. Raises UsageError."""
        try:
            facts = card.facts_of(self.settings.output)
        except ModelError:
            facts = {}
        if facts.get("signature") != signature:
            raise UsageError(
                f"{plain(self.settings.output)} is there already, and this command did not make it",
                hint="remove it, or choose another -o",
            )
        note(f"ctxc: {plain(self.settings.output)} is there already, made by the same command")
        return facts

    def _check_card(self, signature: str) -> None:
        """Raises UsageError for a card beside the output that this command did not write."""
        path = card.card_path(self.settings.output)
        if path.exists() and card.measured(self.settings.output).get("signature") != signature:
            raise UsageError(
                f"{plain(path)} is there already, and this command did not make it",
                hint="remove it, or choose another -o",
            )

    # ---- lessons -------------------------------------------------------------------

    def _planned(self, work: Work) -> Plan:
        kept = work.json("plan")
        if kept is not None:
            return Plan.of_json(kept)
        begun = time.perf_counter()
        options = RuntimeOptions(self.settings.model, self.settings.threads)
        planning = Planning(self.settings, self.material, self.header, self.progress)
        try:
            with Runtime(options) as runtime:
                plan = planning.plan(runtime)
        except CtxcError:
            work.done()  # there is nothing in it to go on from
            raise
        plan.seconds = time.perf_counter() - begun
        work.keep_json("plan", plan.as_json())
        return plan

    # ---- teaching ------------------------------------------------------------------

    def _taught(
        self,
        student: Student,
        plan: Plan,
        taught: Sequence[int],
        held_out: Sequence[int],
        work: Work,
    ) -> History:
        turns, rows = plan.turns, self._rows(student, plan, work)
        objective = Objective(alpha=0) if self.settings.labels else self.settings.objective

        def loss(indices: Sequence[int]) -> Any:
            some = [taught[i] for i in indices]
            batch = [turns[i] for i in some]
            return objective.of(student.logits(batch), batch, [rows[i] for i in some])

        def check() -> float:
            some = [turns[i] for i in held_out]
            own = [rows[i] for i in held_out]
            return mean_loss(student, objective, some, own, self.settings.recipe.batch)

        return train(student, len(taught), loss, work, self.progress, check)

    def _rows(self, student: Student, plan: Plan, work: Work) -> list[Soft | None]:
        """The teacher's distributions, one a lesson; none where labels alone are learnt."""
        if self.settings.labels:
            return [None] * len(plan.lessons)
        kept = work.tensors("teacher")
        if kept is not None:
            self.seconds["distributions"] = kept["seconds"]
            return [Soft(*pair) for pair in kept["rows"]]
        begun = time.perf_counter()
        index = {id(lesson): i for i, lesson in enumerate(plan.lessons)}
        result = taught_by(
            student,
            plan.lessons,
            lambda lesson: plan.contexts[place(lesson.question)],
            lambda lesson: plan.behinds[index[id(lesson)]],
            self.settings.objective.temperature,
            self.progress,
        )
        self.seconds["distributions"] = took = time.perf_counter() - begun
        work.keep("teacher", {"rows": [(r.ids, r.logp) for r in result], "seconds": took})
        return list(result)

    # ---- what comes out --------------------------------------------------------------

    def _facts(
        self,
        signature: str,
        plan: Plan,
        taught: Sequence[int],
        held_out: Sequence[int],
        history: History,
    ) -> card.Facts:
        settings = self.settings
        recipe = asdict(settings.recipe)
        recipe["rate"] = settings.recipe.rate_for(self.header.embedding_length)
        return {
            "schema": 1,
            "kind": "labels alone" if settings.labels else "an internalised context",
            "signature": signature,
            "base": card.base_facts(self.header),
            "context": [
                {"name": card.harmless_name(n), "sha256": d} for n, d in self.material.names
            ],
            "context_tokens": plan.context_tokens,
            "data_licence": settings.licence or "not told",
            "questions": plan.source,
            "taught": len(taught),
            "held_out": len(held_out),
            "dropped": plan.dropped,
            "asked": [card.digest(lesson.question.text) for lesson in plan.lessons],
            "objective": asdict(settings.objective),
            "recipe": {**recipe, "alpha": settings.recipe.alpha},
            "loss_first": history.losses[0],
            "loss_last": sum(history.losses[-10:]) / len(history.losses[-10:]),
            "held_out_before": history.held_out[0],
            "held_out_after": history.held_out[settings.recipe.steps],
            "versions": card.versions(),
        }

    def _request(self, plan: Plan, adapter: Path) -> dict[str, float]:
        """Seconds of one request, to its reply's eighth token, as it is and as it was."""
        result = {}
        with Runtime(RuntimeOptions(self.settings.model, self.settings.threads)) as runtime:
            whole = Shown(self.material.text).before(runtime.lm())[0]
            fits = len(whole) + QUESTION + REPLY <= self.header.context_length
            context = whole if fits else plan.contexts[place(plan.lessons[0].question)]
            prompts = {
                "without": (plan.alone[0], (), (Lora(adapter),)),
                "with_context": (plan.behinds[0], context, ()),
            }
            for name, (own, prefix, loras) in prompts.items():
                runtime.adapt(loras)
                generator = runtime.generator()
                ids = np.array(own, np.int32)
                generator.generate(ids[:1], [ids[1:]], max_tokens=1, logprobs=False)  # open it
                begun = time.perf_counter()
                generator.generate(np.array(prefix, np.int32), [ids], max_tokens=8, logprobs=False)
                result[name] = round(time.perf_counter() - begun, 4)
        return result

    def _written(
        self, student: Student, plan: Plan, sample: list[Turn], facts: card.Facts, work: Work
    ) -> card.Facts:
        """The adapter, after llama.cpp has been seen to say the same with it as torch does."""
        output = self.settings.output
        data = adapter_bytes(
            student.state(),
            self.header,
            self.settings.recipe.alpha,
            card.metadata(facts, self.header),
        )
        trial = work.folder / "trial.gguf"
        write_whole(trial, data)
        threads = self.settings.threads
        result = agree.agreement(student, sample, self.base, (Lora(trial),), threads)
        agree.demand(result, "the adapter")
        from .cards import markdown

        complete = {
            **facts,
            "seconds": {key: round(value, 2) for key, value in self.seconds.items()},
            "agreement": asdict(result),
            "request": self._request(plan, trial),
        }
        write_whole(card.card_path(output), markdown(output.name, complete).encode())
        write_whole(output, data)
        work.done()
        return complete


def _split(count: int) -> tuple[list[int], list[int]]:
    """Indices of the lessons that are taught, and of those held out."""
    held_out = list(range(_HELD_OUT - 1, count, _HELD_OUT)) or [count - 1]
    return [i for i in range(count) if i not in set(held_out)], held_out
