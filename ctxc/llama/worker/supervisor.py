"""Keeps a worker alive: one that died is started again, a step down the ladder.

What was finished stays finished: callers hand over a function that says what
is still to do, and it is asked again after each death.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...console import complain
from ...errors import EngineError, ModelError
from ..placement import MemoryPlan
from .fallback import Choice, Rung
from .process import COMMAND, Died, Worker


class Supervisor:
    """The worker of one run. ``epoch`` counts the workers so far; state dies with each."""

    def __init__(
        self,
        choice: Choice,
        ladder: Sequence[Rung],
        *,
        command: Sequence[str] = COMMAND,
        say: Callable[[str], None] = complain,
    ) -> None:
        self.choice = choice
        self._ladder = ladder
        self._command = command
        self._say = say
        self._step = 0
        self._killed = False
        self._worker: Worker | None = None
        self.epoch = 0

    @property
    def pid(self) -> int | None:
        """The process at work, or None where none has been started."""
        return self._worker.pid if self._worker else None

    @property
    def rung(self) -> Rung:
        return self._ladder[self._step]

    def use(self, choice: Choice) -> None:
        """Work with other models from here on; those that are open stay open."""
        self.choice = choice
        if self._worker is not None:
            self.run("choice", "", lambda: (choice,))

    def plan(self, which: str = "lm") -> MemoryPlan | None:
        """What the worker planned for a model it has opened, or None."""
        found: MemoryPlan | None = self.run("plan", "", lambda: (which,)) if self._worker else None
        return found

    def run(
        self,
        role: str,
        job: str,
        remaining: Callable[[], tuple[Any, ...] | None],
        take: Callable[[Any], None] = lambda _: None,
    ) -> Any:
        """Do ``role.job(*remaining())``, each piece to ``take``, until nothing remains.

        Returns what the job returned. Raises EngineError where the worker died
        on the last rung too, and the job's own errors.
        """
        while (arguments := remaining()) is not None:
            try:
                return self._once(role, job, arguments, take)
            except Died as death:
                self._worker = None
                self._step_down(death.reason, death.by_kill)
            except ModelError as error:
                # llama.cpp had less memory than was planned; a plan's own refusal has no kind.
                if error.kind != "memory" or self.rung.cpu:
                    raise
                self._leave()
                self._step_down(error.message, False, error)
        return None

    def _once(
        self, role: str, job: str, arguments: tuple[Any, ...], take: Callable[[Any], None]
    ) -> Any:
        if self._worker is None:
            self.epoch += 1
            self._worker = Worker(self.choice, self.rung, self._command)
        answers = self._worker.ask(role, job, *arguments)
        while True:
            try:
                take(next(answers))
            except StopIteration as end:
                return end.value

    def _step_down(self, reason: str, by_kill: bool, error: ModelError | None = None) -> None:
        """Choose the next rung, and say so in one sentence; raise where there is none."""
        again = by_kill and not self._killed
        if again:  # somebody's doing, or main memory's: the same again, once
            self._killed = True
            self._say(f"ctxc: the model process {reason}; starting it again, what is done is kept")
            return
        self._step += 1
        if self._step >= len(self._ladder):
            self._step -= 1
            if error is not None:
                raise error
            raise EngineError(
                f"the model process {reason}, and there is nothing left to try",
                hint="ctxc doctor shows what this machine has; a smaller model may do",
            )
        what = reason if error else f"the model process {reason}"
        self._say(f"ctxc: {what}; {self.rung.words}, what is done is kept")

    def _leave(self) -> None:
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def close(self) -> None:
        self._leave()
