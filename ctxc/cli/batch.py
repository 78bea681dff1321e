"""What ``lingua`` and ``distill`` share: inputs in, outcomes out, one model load."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from .. import __version__
from ..compression import Compression, Failure, Outcome
from ..console import note, plain, progress
from ..document import Document
from ..errors import CtxcError, InputError, UsageError
from ..frontmatter import FrontMatter
from ..loaders import load
from ..mapping import as_map, shown
from ..output import Mirror, write_whole
from ..pipeline import Options, compress_all
from ..records import read_records
from ..report import Report, as_json, json_line, write_out
from ..runtime import Runtime, RuntimeOptions
from ..sources import Skipped, Source, find
from ..store import Store


@dataclass(frozen=True, slots=True)
class Inputs:
    """Where documents come from: paths, or records on those paths."""

    paths: tuple[str, ...]
    records: bool = False

    @classmethod
    def of(cls, paths: Sequence[str] | None, records: bool) -> Inputs:
        """Nothing named means standard input; a terminal there means a mistake.

        Raises UsageError.
        """
        if not paths and sys.stdin is not None and sys.stdin.isatty():
            raise UsageError(
                "nothing to read: name a file or a folder, or pipe text in",
                hint="ctxc lingua FILE --ratio 4; see ctxc lingua --help",
            )
        return cls(tuple(paths or ("-",)), records)


@dataclass
class Batch:
    """One run over all inputs."""

    inputs: Inputs
    options: Options
    models: RuntimeOptions
    output: str | None = None
    json: bool = False
    map_file: str | None = None
    stored: bool = False
    show: bool = False
    report: Report = field(default_factory=Report)
    _document: Document | None = None  # the one its outcome is awaited of
    _maps: list[str] = field(default_factory=list)
    _sources: dict[str, Source] = field(default_factory=dict)
    _several: bool = False

    def run(self) -> int:
        """Compress everything and return the exit code."""
        with Runtime(self.models) as runtime, progress() as shown, ExitStack() as stack:
            store = stack.enter_context(Store.open()) if self.stored else None
            outcomes = compress_all(self._documents(), self.options, runtime, shown, store)
            with closing(outcomes):
                self._write_all(self._mapped(outcomes))
        if self.map_file is not None:
            write_whole(Path(self.map_file), "".join(self._maps).encode(), sources=self._read())
        note("ctxc: " + self.report.closing_line(self.options.budget))
        return self.report.exit_code

    def _mapped(self, outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
        for outcome in outcomes:
            if self.map_file is not None and isinstance(outcome, Compression) and self._document:
                self._maps.append(json_line(as_map(self._document, outcome)))
            yield outcome

    def _read(self) -> list[Path]:
        """The files that were read: none of them is ever written to."""
        return [source.path for source in self._sources.values() if source.path]

    def _documents(self) -> Iterator[Document | Failure]:
        for document in self._found():
            self._document = document if isinstance(document, Document) else None
            yield document

    def _found(self) -> Iterator[Document | Failure]:
        found = find(self.inputs.paths)
        self._several = len(self.inputs.paths) > 1 or any(
            os.path.isdir(p) for p in self.inputs.paths
        )
        for source in found:
            if isinstance(source, Skipped):
                self.report.skipped += 1
                note(f"ctxc: skipped {source.name}: {source.reason}")
            elif isinstance(source, Failure):
                yield source
            elif self.inputs.records:
                self._several = True
                yield from self._records(source)
            else:
                self._sources[source.name] = source
                try:
                    yield load(source)
                except InputError as error:
                    yield Failure(source.name, error.kind, error.message, error.hint)

    def _records(self, source: Source) -> Iterator[Document | Failure]:
        try:
            with source.open() as stream:
                yield from read_records(stream, source.name)
        except InputError as error:
            yield Failure(source.name, error.kind, error.message, error.hint)

    def _write_all(self, outcomes: Iterator[Outcome]) -> None:
        if self.output is None:
            for outcome in outcomes:
                self.report.add(outcome)
                self._to_stdout(outcome)
        elif self._is_folder(self.output):
            self._to_tree(outcomes, Mirror(Path(self.output)))
        else:
            self._to_file(outcomes, Path(self.output))

    def _is_folder(self, output: str) -> bool:
        if self.json or self.inputs.records:
            return False
        many = len(self.inputs.paths) > 1 or any(os.path.isdir(p) for p in self.inputs.paths)
        return many or output.endswith(os.sep) or os.path.isdir(output)

    def _to_stdout(self, outcome: Outcome) -> None:
        if self.json:
            write_out(json_line(as_json(outcome)))
        elif isinstance(outcome, Compression) and self.show and self._document:
            color = sys.stdout.isatty() and "NO_COLOR" not in os.environ
            write_out(shown(self._document, outcome, color=color))
        elif isinstance(outcome, Compression):
            write_out(self._shown(outcome))

    def _shown(self, outcome: Compression) -> str:
        """Bare text of a single input; of several, each behind a line that names it."""
        if not self._several:
            at_terminal = sys.stdout.isatty() and not outcome.text.endswith("\n")
            return outcome.text + ("\n" if at_terminal else "")
        name = outcome.source if outcome.id is None else str(outcome.id)
        blank = "" if self.report.documents == 1 else "\n"
        return f"{blank}==> {plain(name)} <==\n{outcome.text}\n"

    def _to_file(self, outcomes: Iterator[Outcome], path: Path) -> None:
        """Everything into one file, whole, at the end."""
        chunks = []
        for outcome in outcomes:
            self.report.add(outcome)
            if self.json:
                chunks.append(json_line(as_json(outcome)))
            elif isinstance(outcome, Compression):
                chunks.append(self._shown(outcome) if self._several else outcome.text)
        if self.report.failures < self.report.documents or self.json:
            write_whole(path, "".join(chunks).encode("utf-8", "replace"), sources=self._read())

    def _to_tree(self, outcomes: Iterator[Outcome], mirror: Mirror) -> None:
        """One output a document, each written as soon as it is there."""
        for outcome in outcomes:
            if isinstance(outcome, Compression):
                outcome = self._mirrored(outcome, mirror)
            self.report.add(outcome)

    def _mirrored(self, outcome: Compression, mirror: Mirror) -> Outcome:
        source = self._sources[outcome.source]
        matter = FrontMatter(
            source=outcome.source,
            sha256="",
            original=outcome.original,
            compressed=outcome.compressed,
            tokenizer=outcome.tokenizer,
            engine=outcome.engine,
            model=outcome.model,
            version=__version__,
        )
        try:
            path = mirror.path(source.place, outcome.source)
            mirror.write(path, (matter.render() + outcome.text).encode("utf-8", "replace"))
        except CtxcError as error:
            return Failure(outcome.source, error.kind, error.message, error.hint)
        return outcome
