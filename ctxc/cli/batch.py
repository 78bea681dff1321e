"""What ``lingua`` and ``distill`` share, after their options: read, compress, write, sum up."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from .. import tokens
from ..batch.dry_run import Plan, preview
from ..batch.pipeline import Options
from ..batch.reading import Reader
from ..batch.results import Results
from ..batch.run import Finished, run
from ..batch.total_budget import Survey, check_total, survey, targets
from ..console import Silent, detail, interactive, note, plain, progress
from ..destinations import Destination, Mirrored, Opened, check, key_of, store_files
from ..errors import UsageError
from ..input.front_matter import Standing, standing
from ..input.inputs import Inputs
from ..input.sources import Found, Skipped, read_list
from ..llama.runtime import Runtime, RuntimeOptions
from ..output.layout import Layout
from ..output.outputs import Outputs
from ..output.page import Pages, check_page
from ..output.report import Report, json_line, write_out
from ..output.sinks import Beside, Maps, OneFile, Sink, Stdout, Text, Tree
from ..output.tally import Tally
from .options import Output, Store
from .sizes import size


@dataclass
class Batch:
    """One run of ``command`` over all inputs; ``opened`` are files read beside them."""

    command: str
    inputs: Inputs
    options: Options
    models: RuntimeOptions
    out: Output = Output()
    total_tokens: int | None = None
    store: Store = Store()
    opened: tuple[str | None, ...] = ()
    layout: Layout = Layout()
    report: Report = field(default_factory=Report)
    tally: Tally = field(default_factory=Tally)

    def run(self) -> int:
        """Compress everything, or say what would be done; returns the exit code."""
        self._check()
        self._check_destinations()
        with (
            Results.open(
                wanted=not self.store.no_store, max_bytes=size(self.store.max_store, "--max-store")
            ) as results,
            Runtime(self.models, lambda: results.store) as runtime,
        ):
            ranked = self.out.html is not None
            whole = self.out.map_file is not None or self.out.show or ranked
            reader = Reader(self.inputs, self.options, self.models, results, whole, ranked)
            sink, tree = self._sink(reader.inputs, Outputs(results))
            if tree is not None and not whole:
                reader = Reader(self.inputs, self.options, self.models, results, recall=tree.recall)
            seen = self._survey(reader, runtime, tree)
            found = list(seen.found) if seen is not None else None
            if seen is not None and self.total_tokens is not None:
                held, reader = targets(reader, self.total_tokens, seen, self._cost(tree))
                found = list(held)
            listed = iter(found) if found is not None else None
            if self.out.dry_run:
                return self._preview(reader, listed, tree)
            try:
                if seen is not None and self._is_counted(tree):
                    self._compress_within(reader, seen, runtime, sink)
                else:
                    self._compress(reader, listed, runtime, sink)
            except KeyboardInterrupt:
                self._interrupted()
                raise
            finally:
                self._enter(results)
            if self.out.prune and tree is not None:
                self._prune(tree)
        self._close(tree)
        changed = tree is not None and tree.written > 0 and self.out.exit_nonzero_on_change
        return self.report.exit_code or int(changed)

    def _check(self) -> None:
        """Raises UsageError for options that would have no effect."""
        tree = self.out.beside or (self.out.output is not None and self._is_tree(self.out.output))
        if self.out.prune and not tree:
            raise UsageError("--prune removes outputs from a folder", hint="name it with -o DIR")
        if self.out.exit_nonzero_on_change and not tree:
            raise UsageError(
                "--exit-nonzero-on-change is about a folder of outputs",
                hint="with -o DIR or --beside",
            )
        if self.out.json and (self.out.beside or self.out.show):
            what = "--beside" if self.out.beside else "--show"
            raise UsageError(f"--json and {what} contradict each other", hint="give one of them")

    def _check_destinations(self) -> None:
        """Nothing that is read is written to; what is written is not read. Raises OutputError."""
        chosen = self._destinations()
        if self.inputs.files_from is not None and (chosen or self.out.beside):
            paths = read_list(self.inputs.files_from, self.inputs.nul)
            self.inputs = replace(self.inputs, listed=paths)
        tree = self._sink(self.inputs)[1]
        mirrored = None
        if tree is not None:
            mirrored = Mirrored(self.inputs.find, tree.target, self.out.beside)
        chosen += store_files()
        check(chosen, self._opened(), mirrored)
        exclude = (*self.inputs.selection.exclude, *(each.path for each in chosen))
        selection = replace(self.inputs.selection, exclude=exclude)
        self.inputs = replace(self.inputs, selection=selection)

    def _destinations(self) -> list[Destination]:
        chosen = []
        if self.out.output is not None:
            chosen.append(
                Destination("-o", Path(self.out.output), tree=self._is_tree(self.out.output))
            )
        if self.out.map_file is not None:
            chosen.append(Destination("--map", Path(self.out.map_file)))
        if self.out.html is not None:
            check_page(Path(self.out.html))
            chosen.append(Destination("--html", Path(self.out.html)))
        return chosen

    def _opened(self) -> Opened:
        models = (self.models.model, self.models.encoder)
        files = (self.inputs.files_from, *models, self.options.tokenizer, *self.opened)
        return Opened(self.inputs.paths, self.inputs.listed or (), files)

    def _survey(self, reader: Reader, runtime: Runtime, tree: Tree | None) -> Survey | None:
        """What the documents hold, where the budget or their order depends on it."""
        order = self.layout.order
        asked = bool(self.options.question) and self.inputs.many and not self.inputs.records
        if order == "relevance" and not asked:
            raise UsageError(
                "--file-order relevance needs several files and a question", hint="ask one with -q"
            )
        if tree is not None and order:
            raise UsageError("--file-order is about several files in one output")
        into_file = self.out.output is not None and tree is None and not self.out.json
        ordered = asked and (order == "relevance" or (not order and into_file))
        if self.total_tokens is not None:
            check_total(self.total_tokens, self.inputs.records)
        elif not ordered:
            return None
        with progress() as shown:
            seen = survey(reader, runtime, shown)
        return seen.by_relevance() if ordered else seen

    def _is_counted(self, tree: Tree | None) -> bool:
        """Whether the budget is over everything printed: names and what stands between, too."""
        plain_text = not (self.out.json or self.out.show)
        return self.total_tokens is not None and tree is None and plain_text

    def _cost(self, tree: Tree | None) -> Callable[[str], int]:
        """Tokens of what is printed around a document, by its name."""
        if not self._is_counted(tree) or not (self.inputs.many or self.layout.end):
            return lambda _: 0
        count = tokens.get(self.options.tokenizer).count
        return lambda name: count("".join(self.layout.around(name, False)))

    def _compress_within(
        self, reader: Reader, seen: Survey, runtime: Runtime, sinks: list[Sink]
    ) -> None:
        """Everything printed is within the total, exactly: counted before any of it is."""
        assert self.total_tokens is not None
        total, count = self.total_tokens, tokens.get(self.options.tokenizer).count
        cost = self._cost(None)
        while True:
            found, reader = targets(reader, total, seen, cost)
            with progress() as shown:
                shown.start(self.command, len(found))
                every = list(run(reader, runtime, shown, Silent(), iter(found)))
            text = self._text(self.inputs)
            pieces = [
                text.of(each, each.outcome, terminal=False)
                for each in every
                if not isinstance(each.outcome, Skipped)
            ]
            over = count("".join(pieces)) - self.total_tokens
            if over <= 0:
                break
            total -= over  # where pieces meet, a tokenizer may need one more
        self.report.written = over + self.total_tokens
        for each in every:
            self._take(each, sinks)
        for sink in sinks:
            sink.close()

    def _text(self, inputs: Inputs) -> Text:
        return Text(json=self.out.json, show=self.out.show, several=inputs.many, layout=self.layout)

    def _compress(
        self, reader: Reader, found: Iterator[Found] | None, runtime: Runtime, sinks: list[Sink]
    ) -> None:
        with progress() as shown:
            outer, inner = (shown, Silent()) if self.inputs.many else (Silent(), shown)
            outer.start(self.command, self._total())
            finished = run(reader, runtime, outer, inner, found)
            with closing(finished):  # type: ignore[type-var]
                for each in finished:
                    self._take(each, sinks)
        for sink in sinks:
            sink.close()

    def _take(self, finished: Finished, sinks: list[Sink]) -> None:
        outcome = finished.outcome
        if isinstance(outcome, Skipped):
            self.report.skipped += 1
            self.tally.add(finished)
            return
        for sink in sinks:
            outcome = sink.take(finished, outcome)
        self.report.add(outcome, reused=finished.reused)
        self.tally.add(finished.with_outcome(outcome))

    def _sink(self, inputs: Inputs, ours: Outputs | None = None) -> tuple[list[Sink], Tree | None]:
        text = self._text(inputs)
        tree: Tree | None = None
        if self.out.beside:
            tree = Beside(self.layout, ours)
            sinks: list[Sink] = [tree]
        elif self.out.output is None:
            sinks = [Stdout(text)]
        elif self._is_tree(self.out.output):
            tree = Tree(Path(self.out.output), self.layout, ours)
            sinks = [tree]
        else:
            sinks = [OneFile(Path(self.out.output), text, json=self.out.json)]
        if self.out.map_file is not None:
            sinks.append(Maps(Path(self.out.map_file)))
        if self.out.html is not None:
            sinks.append(Pages(Path(self.out.html), self.command))
        return sinks, tree

    def _is_tree(self, output: str) -> bool:
        if self.out.json or self.inputs.records:
            return False
        if output.endswith(os.sep) or os.path.isdir(output):
            return True
        return self.inputs.many and not Path(output).suffix

    def _total(self) -> int | None:
        """How many inputs there are, where somebody sees it and looking costs little."""
        if not interactive() or not self.inputs.many or self.inputs.records:
            return None
        if self.inputs.files_from is not None:
            return None
        return sum(1 for _ in self.inputs.find())

    def _preview(self, reader: Reader, found: Iterator[Found] | None, tree: Tree | None) -> int:
        plan = Plan()
        for planned in preview(reader, found):
            if tree is not None and planned.source is not None:
                planned = planned.failing(tree.expect(planned.source))
            plan.add(planned)
            write_out(json_line(planned.as_json()) if self.out.json else planned.line() + "\n")
        if self.out.prune and tree is not None:
            for path, kept in self._orphans(tree):
                action = "keep" if kept else "prune"
                why = {"why": kept} if kept else {}
                line = {"schema": 1, "source": str(path), "action": action, **why}
                text = f"{action:<8}  {plain(path)}  {kept}".rstrip() + "\n"
                write_out(json_line(line) if self.out.json else text)
        note("ctxc: " + plan.closing_line())
        return 1 if plan.actions["fail"] else 0

    def _prune(self, tree: Tree) -> None:
        for path, kept in list(self._orphans(tree)):
            if kept:
                note(f"ctxc: {path} is kept: its source is gone, but it {kept}")
                continue
            try:
                path.unlink()
                note(f"ctxc: removed {path}: its source is gone")
            except OSError as error:
                note(f"ctxc: {path} cannot be removed: {error.strerror}")

    def _orphans(self, tree: Tree) -> Iterator[tuple[Path, str]]:
        """Outputs whose source is gone, each with why it is kept all the same, or ""."""
        named = {key for _, key in self._opened().identities()}
        for path in tree.orphans(self.inputs.roots()):
            edited = "was edited by hand" if standing(path) is Standing.EDITED else ""
            yield path, "is read in this run" if key_of(path) in named else edited

    def _interrupted(self) -> None:
        kept = self.tally.done + self.tally.reused
        if self.inputs.many and not self.store.no_store:
            note(f"ctxc: {kept:,} documents are done and kept; run again to go on")

    def _enter(self, results: Results) -> None:
        """The ledger's line, for a run that was interrupted as well."""
        line = self.tally.run(self.command)
        if line is not None and results.store is not None:
            results.store.add_run(replace(line, question=self.options.question))

    def _close(self, tree: Tree | None) -> None:
        budget = self.options.budget
        said = f"{self.total_tokens:,} tokens in all" if self.total_tokens else str(budget)
        if self.inputs.many and not self.inputs.records:
            for line in chain(("ctxc: summary",), self.tally.table()):
                detail(line)
        self.report.beside = _beside(tree)
        note("ctxc: " + self.report.closing_line(said, self._unused()))

    def _unused(self) -> str:
        """Said where a question leaves most of the budget: no more of it bears on it, or fits."""
        report, total = self.report, self.total_tokens
        target = total if total is not None else report.target
        left = report.compressed if report.written is None else report.written
        if not self.options.question or report.failures or report.whole or 2 * left >= target:
            return ""
        return "most of the budget is unused: nothing else that fits bears on the question"


def _beside(tree: Tree | None) -> str:
    """What a tree's outputs hold beside the texts that the budget is about."""
    if tree is None:
        return ""
    parts = []
    if tree.front_matter:
        parts.append(f"{tree.front_matter:,} tokens of front matter beside the budget")
    if tree.bare:
        parts.append(f"{tree.bare:,} too short for front matter")
    return ", ".join(parts)
