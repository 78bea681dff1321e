"""One run of ``ctxc answer``: documents in, answers out, one model load."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..answer import Answer, Corpus, Plan, answer
from ..answer.format import as_json, as_text, closing_line, objections
from ..answer.queue import append, entry, reason
from ..answer.readers import Readers, ReaderSettings
from ..answer.weights import from_weights
from ..batch.results import Results
from ..console import Progress, complain, detail, note, plain, progress
from ..document import Document
from ..errors import ConfigError, CtxcError, InputError, ModelError, StoreError, UsageError
from ..input.inputs import Inputs
from ..input.sources import Skipped
from ..llama.runtime import Runtime, RuntimeOptions
from ..output.report import is_warning, json_line, write_out
from ..remedies import reader
from ..result import Failure
from ..store import Run, Store
from ..text.kinds import SPECIAL, kind_module
from . import options as opt
from .answer_total import Total, failed, ledger_line
from .sizes import size


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked, and of what; records have questions of their own.

    ``weights``: of no document, the reader knows by itself.
    """

    inputs: Inputs
    question: str | None
    kind: str = ""
    weights: bool = False

    def __post_init__(self) -> None:
        hint = 'ctxc answer -q "When may a customer return a product?" policies/'
        if self.question is not None and not self.question.strip():
            raise UsageError("the question is empty", hint=hint)
        if self.question is None and not self.inputs.records:
            raise UsageError("there is no question", hint=hint)
        if self.kind not in SPECIAL:
            kind_module(self.kind)

    def documents(self) -> Iterator[Document | Failure]:
        """What can be read, of the kind that was named. Raises UsageError."""
        for each in self.inputs.documents():
            if isinstance(each, Skipped):
                detail(f"ctxc: skipped {each.name}: {each.reason}")
            elif isinstance(each, Document) and self.kind and not each.kind:
                yield replace(each, kind=self.kind)
            else:
                yield each


@dataclass
class Answering:
    """Answers one question from all documents, or each record's from its own."""

    asked: Asked
    plan: Plan
    settings: ReaderSettings
    models: RuntimeOptions
    store: opt.Store = opt.Store()
    json: bool = False
    queue: Path | None = None
    readers: Readers | None = None
    _bad: int = 0
    _kept: Results = field(default_factory=lambda: Results(None))
    _ledger: list[Run] = field(default_factory=list)

    def run(self) -> int:
        """Print the answers and return the exit code."""
        one = not self.asked.inputs.records
        with Runtime(self.models, lambda: self._kept.store) as runtime:
            readers = self.readers or Readers(
                self.settings, runtime, self.plan.selecting.opens_model
            )
            for name in (self.plan.routing.escalate, self.plan.routing.reader):
                if name is not None and readers.names(name):
                    readers.get(name)  # a wrong name or no key ends the run before any work
            try:
                with readers, self._results() as self._kept, progress() as shown:
                    if one:
                        return self._one(readers, runtime, shown)
                    return self._records(readers, runtime, shown)
            finally:
                self._enter()

    def _results(self) -> Results:
        """Where what stage one chooses is kept. Raises StoreError."""
        bound = size(self.store.max_store, "--max-store")
        return Results.open(wanted=not self.store.no_store, max_bytes=bound)

    def _enter(self) -> None:
        """The run's line in the ledger: what stage one made of what, and how long it took."""
        if not self._ledger:
            return
        line = replace(
            self._ledger[-1],
            original=sum(run.original for run in self._ledger),
            compressed=sum(run.compressed for run in self._ledger),
            seconds=sum(run.seconds for run in self._ledger),
            files=len(self._ledger),
        )
        try:
            with Store.open() as store:
                store.add_run(line)
        except StoreError as error:
            note(f"ctxc: {error.message}")

    def _one(self, readers: Readers, runtime: Runtime, shown: Progress) -> int:
        question = self.asked.question or ""
        try:
            if self.asked.weights:
                found = self._known(question, readers)
            else:
                corpus = Corpus.of(list(self._documents()))
                found = self._answered(question, corpus, readers, runtime, shown)
        except CtxcError as error:
            if self.json:
                write_out(json_line(failed(error, question)))
            raise
        self._print(found)
        note("ctxc: " + closing_line(found))
        if found.extractive:
            note("  " + reader())
        answered = found.supported or found.extractive or found.weights
        return 1 if self._bad or not answered else 0

    def _known(self, question: str, readers: Readers) -> Answer:
        """What the reader knows by itself; there is nothing to choose from, and no ledger line."""
        reader = readers.get(self.plan.routing.reader)
        return from_weights(question, reader, self.plan.tariff, self.plan.selecting.tokenizer)

    def _documents(self) -> Iterator[Document]:
        """The documents that can be read; the others are said, and make the exit code 1."""
        for each in self.asked.documents():
            if isinstance(each, Failure):
                self._complain(each.message, each.hint)
            else:
                yield each

    def _complain(self, message: str, hint: str) -> None:
        self._bad += 1
        complain(f"ctxc: {message}")
        if hint:
            complain(f"  {hint}")

    def _records(self, readers: Readers, runtime: Runtime, shown: Progress) -> int:
        """Each record by itself; one that fails is an object, and the rest goes on."""
        told = Total()
        for record in self.asked.documents():
            told.questions += 1
            where = record.source
            try:
                if isinstance(record, Failure):
                    raise InputError(record.message, hint=record.hint, kind=record.kind)
                question = (record.question or self.asked.question or "").strip()
                if not question:
                    raise InputError(f"{where}: there is no question", kind="question")
                found = self._answered(question, Corpus.of([record]), readers, runtime, shown)
            except (ModelError, UsageError, ConfigError):
                raise
            except CtxcError as error:
                told.failed += 1
                self._complain(error.message, error.hint)
                if self.json:
                    write_out(json_line(failed(error, None, record)))
                continue
            told.add(found)
            self._print(found, heading=True, first=told.questions == 1)
        note("ctxc: " + told.line())
        if told.extractive:
            note("  " + reader())
        return 1 if told.failed or told.unsupported else 0

    def _answered(
        self, question: str, corpus: Corpus, readers: Readers, runtime: Runtime, shown: Progress
    ) -> Answer:
        found = answer(
            question,
            corpus,
            self.plan,
            readers,
            runtime,
            say=lambda line: detail(f"ctxc: {line}"),
            progress=shown,
            results=self._kept,
        )
        self._ledger.append(ledger_line(found))
        for line in found.notes:
            (note if is_warning(line) else detail)(f"ctxc: {line}")
        if found.unsupported:
            for line in objections(found):
                note(f"ctxc: {line}")
        if self.queue is not None and reason(found):
            append(self.queue, entry(found, corpus.document.text))
        return found

    def _print(self, found: Answer, heading: bool = False, first: bool = True) -> None:
        if self.json:
            write_out(json_line(as_json(found)))
        else:
            blank = "\n" if heading and not first else ""
            name = f"==> {plain(found.source if found.id is None else found.id)} <==\n"
            write_out(blank + (name if heading else "") + as_text(found))
