"""One document through one engine: ``compress`` -> Compression; many: ``compress_all``."""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from .. import tokens
from ..budget import Budget, Rate, too_small
from ..console import Progress, Silent, plain
from ..document import Document, Segment
from ..engines import bearing, registry
from ..engines.base import Task
from ..engines.distill_options import DistillOptions
from ..engines.languages import encoder_for
from ..engines.unit_ranking import by_units, is_mostly_units
from ..errors import BudgetError, CtxcError, InputError, ModelError, UsageError
from ..llama.runtime import Runtime
from ..result import Compression, Failure, Outcome
from ..selection.outline import outline
from ..selection.prefix import Selection
from ..selection.ranking import Ranking, Watch
from ..text import kinds
from ..text.protect import compile_patterns
from ..text.segment import segments
from . import skip
from .closing import Closing, closing

SHORT = 40
"""Tokens: a text of no more passes whole where no whole sentence of it fits a budget by rate."""

_UNITS_STAY = "machine text in it: --keep relevant is about prose, and only the budget counts"

LEVELS = ("document", "sentence", "word")


@dataclass(frozen=True, slots=True)
class Options:
    """Everything that decides what a document becomes, apart from its text and the model.

    ``question`` is the one of the command line; a record's own wins. ``level`` is how fine to
    cut; "" is what the engine does (``registry.level_of``).
    """

    engine: str = "auto"
    budget: Budget = Rate(0.5)
    tokenizer: str = tokens.DEFAULT
    question: str | None = None
    level: str = ""
    protect: tuple[str, ...] = ()
    strict: bool = False
    markers: bool = False
    order: str = "reading"
    distill: DistillOptions | None = None
    kind: str = ""
    outline: bool = False
    keep: str = ""

    def __post_init__(self) -> None:
        if self.level not in ("", *LEVELS):
            raise UsageError(
                f"there is no level {self.level!r}", hint=f"choose one of {', '.join(LEVELS)}"
            )
        if self.question is not None and not self.question.strip():
            raise UsageError("the question is empty", hint="leave -q out to compress without one")
        if self.kind not in kinds.SPECIAL:
            kinds.kind_module(self.kind)
        registry.check(self.engine)
        registry.check_options(self.engine, order=self.order, markers=self.markers)
        bearing.check(self.keep, self.engine)
        compile_patterns(list(self.protect))


@dataclass(frozen=True, slots=True)
class _Cut:
    """What was made of a document, by which engine, and the tokens it was held to."""

    selection: Selection
    engine: str
    target: int


@dataclass(frozen=True, slots=True)
class _Job:
    """One document on its way; ``original`` and ``target`` are tokens."""

    document: Document
    options: Options
    tokenizer: tokens.Tokenizer
    question: str | None
    original: int
    target: int
    watch: Watch | None = None

    def unchanged(self) -> _Cut | None:
        """What needs no cutting, or has an outline; None: it must be shortened.

        Raises BudgetError for a budget of less than one token.
        """
        text, options = self.document.text, self.options
        if options.distill is not None and self.original:
            reason = skip.reason(self.document, self.original, options.budget, options.distill)
            if reason:
                return self._whole(reason)
        if (outlined := _outlined(self.document, options, self.target, self.tokenizer)) is not None:
            return _Cut(outlined, "outline", max(self.target, self.tokenizer.count(outlined.text)))
        fits = self.target >= self.original and self.tokenizer.count(text) <= self.target
        fits = fits and not (options.keep and self.question)
        if fits or not text.strip():
            return _Cut(Selection(text if fits else "", ()), "none", self.target)
        if not self.target:
            raise too_small(options.budget, self.original, plain(self.document.source))
        return None

    def shortened(
        self, runtime: Runtime, progress: Progress, keep: Callable[[], str] | None
    ) -> _Cut:
        """What an engine leaves of it. Raises BudgetError where nothing of it fits."""
        parts = segments(self.document)
        name = self._engine(parts, runtime)
        handle = keep() if keep is not None and self.options.markers else ""
        end = closing(handle, parts, self.tokenizer, self.target)
        seen: list[Ranking] = []
        task = self._task(parts, name, self.target - end.cost, progress)
        if self.watch is not None:
            task = dataclasses.replace(task, watch=seen.append)
        try:
            result = registry.get(name).compress(task, runtime)
        except InputError as error:
            if error.kind != "irrelevant" or self.options.strict:
                raise
            return _Cut(Selection("", (), (bearing.NOTHING,)), name, self.target)
        if not result.text.strip():
            result = by_units(task)
        if not result.text.strip():
            return self._nothing_fits()
        text = self.document.text
        if task.keep and task.has_units:
            result = dataclasses.replace(result, notes=(*result.notes, _UNITS_STAY))
        result = with_line_end(result, text, self.target - end.cost, self.tokenizer)
        self._show(seen, task, end, result)
        result = with_kinds(result, parts, task.protect, text)
        return _Cut(end.close(result, self.tokenizer, self.target), name, self.target)

    def _show(self, seen: Sequence[Ranking], task: Task, end: Closing, result: Selection) -> None:
        """Tell who watches of the ranking that made ``result``, where one of ``seen`` did."""
        for ranking in reversed(seen):
            again = dataclasses.replace(ranking, at=partial(self._again, ranking, task, end))
            if again.at(self.target).text == result.text:
                assert self.watch is not None
                self.watch(again)
                return

    def _again(self, ranking: Ranking, task: Task, end: Closing, target: int) -> Selection:
        """What ``shortened`` would make of the same ranking in ``target`` tokens, marks aside.

        Without text where nothing fits.
        """
        inner = target - end.cost
        result = ranking.at(inner) if inner > 0 else Selection("", ())
        if not result.text.strip() and inner > 0:
            task = dataclasses.replace(task, target=inner, watch=None, strict=False, quiet=True)
            result = by_units(task)
        return with_line_end(result, self.document.text, inner, self.tokenizer)

    def _engine(self, parts: Sequence[Segment], runtime: Runtime) -> str:
        name = registry.resolve(self.options.engine, self.question)
        if self.options.engine == "auto" and is_mostly_units(parts):
            name = "lexical"  # an encoder of sentences knows little about logs and records
        elif self.options.engine == "auto" and self.question:
            known = encoder_for(self.question, self.document.text, runtime)
            name = name if known else "lexical"
        if registry.get(name).needs_question and self.question is None:
            raise InputError(
                f"the engine {name} needs a question, and {self.document.source} has none",
                hint="give one with -q, or choose --engine lexical",
                kind="question",
            )
        return name

    def _task(self, parts: tuple[Segment, ...], name: str, target: int, progress: Progress) -> Task:
        options = self.options
        return Task(
            document=self.document,
            segments=parts,
            target=target,
            tokenizer=self.tokenizer,
            question=self.question,
            level=options.level or registry.level_of(name),
            protect=tuple(compile_patterns(list(options.protect))),
            strict=options.strict,
            markers=options.markers,
            order=options.order,
            keep=options.keep,
            distill=options.distill,
            progress=progress,
        )

    def _nothing_fits(self) -> _Cut:
        """A text of a sentence or two passes whole where the budget is a share of it.

        No part of a sentence may stand for it. Raises BudgetError for a longer text, for a
        budget in tokens, and where ``strict`` is set.
        """
        if (
            isinstance(self.options.budget, Rate)
            and self.original <= SHORT
            and not self.options.strict
        ):
            return self._whole("too short to be cut without saying something else: whole")
        raise BudgetError(
            f"{plain(self.document.source)}: not even its smallest whole piece fits in "
            f"{self.target:,} tokens",
            hint="raise the budget",
        )

    def _whole(self, reason: str) -> _Cut:
        text = self.document.text
        target = max(self.original, self.tokenizer.count(text))
        return _Cut(Selection(text, (), (reason,)), "none", target)


def compress(
    document: Document,
    options: Options,
    runtime: Runtime,
    progress: Progress = Silent(),
    keep: Callable[[], str] | None = None,
    watch: Watch | None = None,
) -> Compression:
    """Shorten one document.

    ``keep`` is called where something will be cut and ``options.markers`` is set; it keeps the
    original and returns its handle, or "". ``watch`` is told of the ranking, where one was made.
    Raises CtxcError: InputError, BudgetError or EngineError for this document alone,
    ModelError and UsageError for the whole run.
    """
    begun = time.perf_counter()
    tokenizer = tokens.get(options.tokenizer)
    question = (document.question or options.question or "").strip() or None
    if options.keep and question is None:
        raise InputError(
            f"--keep {options.keep} needs a question, and {document.source} has none",
            hint="give one with -q",
            kind="question",
        )
    if options.kind and not document.kind:
        document = dataclasses.replace(document, kind=options.kind)
    original = sum(tokenizer.count(text) for text in document.originals)
    job = _Job(
        document, options, tokenizer, question, original, options.budget.target(original), watch
    )
    cut = job.unchanged() or job.shortened(runtime, progress, keep)
    compressed = tokenizer.count(cut.selection.text)
    assert compressed <= cut.target, f"{cut.engine} overran its budget: {compressed} > {cut.target}"
    result, target, engine_name = cut.selection, cut.target, cut.engine
    if options.outline and engine_name != "outline":
        note = "no outline: nothing is declared in it, or not one signature fits"
        result = dataclasses.replace(result, notes=(*result.notes, note))
    return Compression(
        source=document.source,
        text=result.text,
        original=original,
        compressed=compressed,
        target=target,
        tokenizer=tokenizer.name,
        engine=engine_name,
        model=registry.model_of(engine_name, runtime, question, document.text),
        seconds=time.perf_counter() - begun,
        id=document.id,
        question=question,
        kept=result.kept,
        notes=(*document.notes, *result.notes),
        extra=result.extra,
    )


def _outlined(
    document: Document, options: Options, target: int, tokenizer: tokens.Tokenizer
) -> Selection | None:
    """The outline of source code where it was asked for and there is one."""
    if not options.outline or not document.text.strip():
        return None
    parts = segments(document)
    task = Task(document, parts, target, tokenizer, markers=options.markers)
    code = all(segment.text_kind == "code" for segment in parts)
    result = outline(task.fit(), parts) if code else None
    return with_kinds(result, parts, (), document.text) if result is not None else None


def with_line_end(
    result: Selection, text: str, target: int, tokenizer: tokens.Tokenizer
) -> Selection:
    """``result`` that ends its last line where ``text`` does and ``target`` has room for it."""
    if not text.endswith("\n") or result.text.endswith("\n"):
        return result
    ended = result.text + "\n"
    if tokenizer.count(ended) > target:
        return result
    return dataclasses.replace(result, text=ended)


def with_kinds(
    result: Selection,
    parts: Sequence[Segment],
    patterns: Sequence[re.Pattern[str]],
    text: str,
) -> Selection:
    """``result`` that says which kinds of text it was cut by, and which patterns match nothing."""
    names = tuple(dict.fromkeys(s.text_kind for s in parts if s.text_kind))
    idle = tuple(
        f"--protect {pattern.pattern!r} matches nothing"
        for pattern in patterns
        if not pattern.search(text)
    )
    extra = {**result.extra, "kinds": list(names)} if names else result.extra
    return dataclasses.replace(result, notes=(*result.notes, *idle), extra=extra)


def compress_all(
    documents: Iterable[Document | Failure],
    options: Options,
    runtime: Runtime,
    progress: Progress = Silent(),
) -> Iterator[Outcome]:
    """One outcome for each document, in order, as soon as it is there.

    A document that fails alone becomes a ``Failure``; a missing model or an
    impossible option ends the run.
    """
    for document in documents:
        if isinstance(document, Failure):
            yield document
            continue
        try:
            yield compress(document, options, runtime, progress)
        except (ModelError, UsageError):
            raise
        except CtxcError as error:
            yield Failure(document.source, error.kind, error.message, error.hint, document.id)


def with_question(document: Document, question: str) -> Document:
    """The same document, asked ``question``."""
    return dataclasses.replace(document, question=question)
