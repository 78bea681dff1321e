"""What ``ctxc run`` does after its options: run, shorten, keep, write, enter."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import tokens
from ..budget import Budget, Tokens, from_options
from ..capture.runner import CommandError, Ended, Wiring, run_command
from ..capture.showing import BUDGET, LEAST, Showing, surely_small
from ..capture.spool import Spool
from ..config import load
from ..console import Silent, complain, harmless, note, plain, progress
from ..errors import CtxcError, StoreError, UsageError
from ..output.atomic import reason_of
from ..output.report import write_out
from ..standard import discard_stdout
from ..store import Run as Line
from ..store import Store
from ..store.originals import Originals

if TYPE_CHECKING:
    from ..capture.view import View


def budget_of_run(rate: float | None, ratio: float | None, tokens: int | None) -> Budget:
    """The budget of the flags, else of the configuration. Raises UsageError."""
    budget = from_options(rate, ratio, tokens, Tokens(BUDGET))
    if (rate, ratio, tokens) == (None, None, None):
        budget = load().budget("run", budget)
    if isinstance(budget, Tokens) and budget.tokens < LEAST:
        raise UsageError(
            f"{budget} leave no room for the output beside the line about it",
            hint=f"give at least {LEAST}",
        )
    return budget


@dataclass(frozen=True, slots=True)
class Run:
    """One command to be run; ``max_output`` and ``max_store`` are bytes."""

    command: tuple[str, ...]
    showing: Showing
    tee: bool = False
    merged: bool = True
    max_output: int = 200_000_000
    store: bool = True
    max_store: int = 512_000_000

    def run(self) -> int:
        """Returns the command's exit code."""
        if self.showing.tokenizer != tokens.DEFAULT:
            tokens.get(self.showing.tokenizer)  # a wrong one is said before the command runs
        spool = Spool(self.max_output)
        try:
            with self._watch() as watch:
                ended = run_command(self.command, spool, Wiring(self.merged, watch))
            return self._show(spool, ended)
        except CommandError as error:
            _complain(error)
            return error.exit_code
        finally:
            spool.close()

    @contextmanager
    def _watch(self) -> Iterator[Callable[[bytes], None] | None]:
        """What each piece of output is given to as it comes."""
        if self.tee:
            yield _to_stderr()
            return
        # What passes through would be written into the display.
        with progress() if self.merged else _nobody() as display:
            display.start(plain(os.path.basename(self.command[0]), 40) + ": lines")
            yield (
                None
                if isinstance(display, Silent)
                else lambda data: display.advance(data.count(b"\n"))
            )

    def _show(self, spool: Spool, ended: Ended) -> int:
        begun = time.perf_counter()
        if spool.size <= surely_small(self.showing.budget):
            code = _write(spool, None, ended.code)
            self._say(spool, ended)
            return code
        view = self._view(spool)
        if view.problem is not None:
            _complain(view.problem)
        for line in view.result.notes if view.result is not None else ():
            note(f"ctxc: {line}")
        code = _write(spool, view.text, ended.code)
        self._say(spool, ended)
        self._enter(view, time.perf_counter() - begun)
        return code

    def _view(self, spool: Spool) -> View:
        from ..capture.view import View, view_of
        from ..llama.runtime import Runtime

        try:
            with Runtime() as runtime:
                return view_of(spool, self.showing.options, self._keep, runtime)
        except CtxcError as error:
            return View(problem=error)
        except Exception as error:  # whatever it is, the output is not lost by it
            return View(problem=CtxcError(f"a bug: {type(error).__name__}: {error}"))

    def _keep(self, spool: Spool) -> str:
        if not self.store:
            return ""
        try:
            with Store.open(max_bytes=self.max_store) as store:
                return Originals(store).put(spool.pieces)
        except StoreError as error:
            _complain(error)
            return ""

    def _say(self, spool: Spool, ended: Ended) -> None:
        """What is wrong with what was caught."""
        if spool.dropped:
            complain(
                f"ctxc: the output was longer than --max-output {self.max_output:,}:"
                f" {spool.dropped:,} bytes of its middle were dropped"
            )
        if ended.fault:
            complain(f"ctxc: not all of the output was caught: {ended.fault}")
        if ended.lingers:
            note("ctxc: something it started goes on; what that writes from now on is not shown")

    def _enter(self, view: View, seconds: float) -> None:
        """The ledger's line: figures, and nothing of the command."""
        result = view.result
        if result is None or not self.store:
            return
        # A store that is none was complained of when the output was to be kept.
        with suppress(StoreError), Store.open(max_bytes=self.max_store) as store:
            store.add_run(
                Line(
                    time=time.time(),
                    command="run",
                    engine=result.engine,
                    model=result.model,
                    tokenizer=result.tokenizer,
                    original=result.original,
                    compressed=result.compressed,
                    seconds=seconds,
                    files=1,
                    folder=os.getcwd(),
                    question=result.question,
                )
            )


def _complain(error: CtxcError) -> None:
    complain(f"ctxc: {error.message}")
    if error.hint:
        complain(f"  {error.hint}")


@contextmanager
def _nobody() -> Iterator[Silent]:
    yield Silent()


def _to_stderr() -> Callable[[bytes], None]:
    open_ = True

    def write(data: bytes) -> None:
        nonlocal open_
        while open_ and data:
            try:
                data = data[os.write(2, data) :]
            except OSError:
                open_ = False  # nobody is there any more; the command goes on

    return write


def _write(spool: Spool, text: str | None, code: int) -> int:
    """``text``, or all of the output, to stdout.

    The exit code stays the command's, unless all was well but this.
    """
    try:
        if text is not None:
            write_out(harmless(text) if sys.stdout.isatty() else text)
            return code
        for piece in spool.pieces():
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        discard_stdout()
    except OSError as error:
        discard_stdout()
        complain(f"ctxc: standard output: {reason_of(error)[0]}")
        return code or 1
    return code
