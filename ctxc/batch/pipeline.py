"""One document through one engine: ``compress`` -> Compression; many: ``compress_all``."""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .. import tokens
from ..budget import Budget, Rate, too_small
from ..console import Progress, Silent, plain
from ..document import Document, Segment
from ..engines import registry
from ..engines.base import Task
from ..engines.distill_options import DistillOptions
from ..engines.unit_ranking import by_units, is_mostly_units
from ..errors import BudgetError, CtxcError, InputError, ModelError, UsageError
from ..llama.runtime import Runtime
from ..result import Compression, Failure, Outcome
from ..selection.prefix import Selection
from ..text import kinds
from ..text.protect import compile_patterns
from ..text.segment import segments
from . import skip

LEVELS = ("document", "sentence", "word")


@dataclass(frozen=True, slots=True)
class Options:
    """Everything that decides what a document becomes, apart from its text and the model.

    ``question`` is the one of the command line; a record's own wins.
    """

    engine: str = "auto"
    budget: Budget = Rate(0.5)
    tokenizer: str = tokens.DEFAULT
    question: str | None = None
    level: str = "word"
    protect: tuple[str, ...] = ()
    strict: bool = False
    markers: bool = False
    compat: bool = False
    order: str = "reading"
    distill: DistillOptions | None = None
    kind: str = ""

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            raise UsageError(
                f"there is no level {self.level!r}", hint=f"choose one of {', '.join(LEVELS)}"
            )
        if self.question is not None and not self.question.strip():
            raise UsageError("the question is empty", hint="leave -q out to compress without one")
        if self.kind not in kinds.SPECIAL:
            kinds.kind_module(self.kind)
        registry.check(self.engine)
        registry.check_options(
            self.engine, compat=self.compat, order=self.order, markers=self.markers
        )
        compile_patterns(list(self.protect))


def compress(
    document: Document, options: Options, runtime: Runtime, progress: Progress = Silent()
) -> Compression:
    """Shorten one document.

    Raises CtxcError: InputError, BudgetError or EngineError for this document alone,
    ModelError and UsageError for the whole run.
    """
    begun = time.perf_counter()
    tokenizer = tokens.get(options.tokenizer)
    question = (document.question or options.question or "").strip() or None
    if options.kind and not document.kind:
        document = dataclasses.replace(document, kind=options.kind)
    original = sum(tokenizer.count(text) for text in document.originals)
    target = options.budget.target(original)
    name = registry.resolve(options.engine, question)
    whole = document.text if target >= original else ""
    compressed = tokenizer.count(whole) if whole else 0
    unchanged = ""
    if options.distill is not None:
        unchanged = skip.reason(document, original, options.budget, options.distill)
    if unchanged and original:
        compressed = tokenizer.count(document.text)
        result, engine_name = Selection(document.text, (), (unchanged,)), "none"
        target = max(original, compressed)
    elif whole and compressed <= target or not document.text.strip():
        fits = compressed <= target
        result, engine_name = Selection(whole if fits else "", ()), "none"
        compressed = compressed if fits else 0
    elif not target:
        raise too_small(options.budget, original, plain(document.source))
    else:
        parts = segments(document)
        if options.engine == "auto" and is_mostly_units(parts):
            name = "lexical"  # an encoder of sentences knows little about logs and records
        engine = registry.get(name)
        if engine.needs_question and question is None:
            raise InputError(
                f"the engine {name} needs a question, and {document.source} has none",
                hint="give one with -q, or choose --engine lexical",
                kind="question",
            )
        task = Task(
            document=document,
            segments=parts,
            target=target,
            tokenizer=tokenizer,
            question=question,
            level=options.level,
            protect=tuple(compile_patterns(list(options.protect))),
            strict=options.strict,
            markers=options.markers,
            compat=options.compat,
            order=options.order,
            distill=options.distill,
            progress=progress,
        )
        result, engine_name = engine.compress(task, runtime), name
        if not result.text.strip():
            result = by_units(task)
        if not result.text.strip():
            raise BudgetError(
                f"{document.source}: not even its smallest whole piece fits in {target:,} tokens",
                hint="raise the budget",
            )
        result = with_line_end(result, document.text, target, tokenizer)
        result = with_kinds(result, parts, task.protect, document.text)
        compressed = tokenizer.count(result.text)
        assert compressed <= target, f"{name} overran its budget: {compressed} > {target}"
    return Compression(
        source=document.source,
        text=result.text,
        original=original,
        compressed=compressed,
        target=target,
        tokenizer=tokenizer.name,
        engine=engine_name,
        model=registry.model_of(engine_name, runtime),
        seconds=time.perf_counter() - begun,
        id=document.id,
        question=question,
        kept=result.kept,
        notes=(*document.notes, *result.notes),
        extra=result.extra,
    )


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
