"""One run of ``ctxc answer``: documents in, answers out, one model load."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from ..answer import Answer, Corpus, Plan, answer
from ..answer.format import as_json, as_text, closing_line, objections
from ..answer.queue import append, entry, reason
from ..answer.readers import Readers, ReaderSettings
from ..console import Progress, complain, detail, note, plain, progress
from ..destinations import Destination, Opened, check, list_before, store_files
from ..document import Document
from ..errors import ConfigError, CtxcError, InputError, ModelError, StoreError, UsageError
from ..input.loaders import load
from ..input.records import read_records
from ..input.sources import Selection, Skipped, Source, find
from ..llama.runtime import Runtime, RuntimeOptions
from ..output.report import is_warning, json_line, write_out
from ..remedies import reader
from ..result import Failure
from ..store import Run, Store, opened
from .answer_total import Total, failed, ledger_line


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked, and of what. ``records`` are questions with documents, one a line."""

    paths: tuple[str, ...]
    question: str | None
    files_from: str | None = None
    nul: bool = False
    records: bool = False
    listed: tuple[str, ...] | None = None
    exclude: tuple[Path, ...] = ()

    @classmethod
    def of(
        cls,
        paths: Sequence[str] | None,
        question: str | None,
        files_from: str | None,
        nul: bool,
        records: bool,
    ) -> Wanted:
        """Raises UsageError for no question and for nothing to read."""
        hint = 'ctxc answer -q "When may a customer return a product?" policies/'
        if question is not None and not question.strip():
            raise UsageError("the question is empty", hint=hint)
        if question is None and not records:
            raise UsageError("there is no question", hint=hint)
        if nul and files_from is None:
            raise UsageError("-0 is about --files-from, which is not given")
        if not paths and files_from is None:
            if sys.stdin is not None and sys.stdin.isatty():
                raise UsageError("nothing to read: name a file or a folder", hint=hint)
            paths = ["-"]
        return cls(tuple(paths or ()), question, files_from, nul, records)

    def beside(self, queue: Path | None, files: Sequence[str | Path | None]) -> Wanted:
        """The same without the queue, which is no document; ``files`` are read as well.

        Raises OutputError where the queue is something that is read.
        """
        chosen = [] if queue is None else [Destination("--queue", queue)]
        listed = list_before(self.files_from, self.nul, chosen)
        opened = Opened(self.paths, listed or (), (self.files_from, *files))
        check([*chosen, *store_files()], opened)
        return replace(self, listed=listed, exclude=tuple(each.path for each in chosen))

    def found(self) -> Iterator[Source | Failure]:
        selection = Selection(exclude=self.exclude)
        for found in find(
            self.paths,
            selection=selection,
            files_from=self.files_from,
            nul=self.nul,
            listed=self.listed,
        ):
            if isinstance(found, Skipped):
                detail(f"ctxc: skipped {found.name}: {found.reason}")
            else:
                yield found


def _store(stack: ExitStack) -> Store | None:
    """The user's store, for embeddings: closed with the run."""
    store = opened()
    return stack.enter_context(store) if store is not None else None


@dataclass
class Answering:
    """Answers one question from all documents, or each record's from its own."""

    wanted: Wanted
    plan: Plan
    settings: ReaderSettings
    models: RuntimeOptions
    json: bool = False
    queue: Path | None = None
    readers: Readers | None = None
    _bad: int = 0
    _ledger: list[Run] = field(default_factory=list)

    def run(self) -> int:
        """Print the answers and return the exit code."""
        one = not self.wanted.records
        with ExitStack() as stack:
            runtime = stack.enter_context(Runtime(self.models, partial(_store, stack)))
            readers = self.readers or Readers(
                self.settings, runtime, self.plan.selecting.opens_model
            )
            for name in (self.plan.routing.escalate, self.plan.routing.reader):
                if name is not None and readers.names(name):
                    readers.get(name)  # a wrong name or no key ends the run before any work
            try:
                with readers, progress() as shown:
                    if one:
                        return self._one(readers, runtime, shown)
                    return self._records(readers, runtime, shown)
            finally:
                self._enter()

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
        question = self.wanted.question or ""
        try:
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
        return 1 if self._bad or not (found.supported or found.extractive) else 0

    def _documents(self) -> Iterator[Document]:
        """The documents that can be read; the others are said, and make the exit code 1."""
        for found in self.wanted.found():
            try:
                if isinstance(found, Source):
                    yield load(found)
                    continue
                self._complain(found.message, found.hint)
            except InputError as error:
                self._complain(error.message, error.hint)

    def _complain(self, message: str, hint: str) -> None:
        self._bad += 1
        complain(f"ctxc: {message}")
        if hint:
            complain(f"  {hint}")

    def _records(self, readers: Readers, runtime: Runtime, shown: Progress) -> int:
        """Each record by itself; one that fails is an object, and the rest goes on."""
        told = Total()
        for record in self._read():
            told.questions += 1
            where = record.source
            try:
                if isinstance(record, Failure):
                    raise InputError(record.message, hint=record.hint, kind=record.kind)
                question = (record.question or self.wanted.question or "").strip()
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

    def _read(self) -> Iterator[Document | Failure]:
        for source in self.wanted.found():
            if isinstance(source, Failure):
                yield source
                continue
            try:
                with source.open() as stream:
                    yield from read_records(stream, source.name)
            except InputError as error:
                yield Failure(source.name, error.kind, error.message, error.hint)

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
