"""How much a compressor keeps, on records whose answers are known.

A record is a compression record (``records``) with either

* ``answers``: strings, one of which answers the question. Kept means that the
  compressed text contains one of them, normalised (lower case, no
  punctuation, no articles, single spaces): best-subspan exact match, the metric
  of Liu et al. 2023, "Lost in the Middle", section 2.2;
* ``relevant``: passages of the text that bear on the question, verbatim. What
  counts is the share of their tokens that is kept.

The answers are never shown to an engine.
"""

from __future__ import annotations

import json
import re
import string
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from . import tokens
from .batch.pipeline import Options, compress
from .console import Progress, Silent, plain
from .document import Document
from .errors import CtxcError, InputError, ModelError, UsageError
from .input.inputs import Inputs
from .input.records import read_record
from .input.sources import Skipped
from .llama.runtime import Runtime
from .result import Compression, Failure

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)
_RESAMPLES = 2000


def normalise(text: str) -> str:
    """
    >>> normalise("The  Beatles, 1969!")
    'beatles 1969'
    """
    text = text.lower().translate(_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", text).split())


def answered(text: str, answers: Sequence[str]) -> bool:
    """Whether a normalised answer stands in the normalised text."""
    hay = normalise(text)
    return any(needle and needle in hay for needle in map(normalise, answers))


@dataclass(frozen=True, slots=True)
class Case:
    """A document with its question, and what ought to be left of it."""

    document: Document
    answers: tuple[str, ...] = ()
    relevant: tuple[tuple[int, int], ...] = ()

    def kept(self, result: Compression) -> float:
        """1 or 0 for answers; for relevant passages the share of their tokens kept."""
        if self.answers:
            return float(answered(result.text, self.answers))
        counter = tokens.get(result.tokenizer)
        text = self.document.text
        whole = sum(counter.count(text[a:b]) for a, b in self.relevant)
        spans = [(k.start, k.end) for k in result.kept] or [(0, len(text))]
        left = 0
        for start, end in self.relevant:
            pieces = [text[max(a, start) : min(b, end)] for a, b in spans if a < end and start < b]
            left += counter.count(" ".join(p.strip() for p in pieces))
        return min(1.0, left / whole) if whole else 0.0


def read_cases(inputs: Inputs) -> list[Case]:
    """The records of all inputs, each with answers or relevant passages.

    Raises InputError for a file or a record that cannot be used, UsageError as ``find`` does.
    """
    cases: list[Case] = []
    skipped = ""
    for source in inputs.find():
        if isinstance(source, Failure):
            raise InputError(source.message, hint=source.hint)
        if isinstance(source, Skipped):
            skipped = f": {plain(source.name)} was left out, {source.reason}"
            continue
        try:
            with source.open() as file:
                lines = enumerate(file, 1)
                cases += [_case(line, f"{source.name}:{at}") for at, line in lines if line.strip()]
        except OSError as error:
            reason = (error.strerror or "cannot be read").lower()
            raise InputError(f"{plain(source.name)}: {reason}") from None
    if not cases:
        raise InputError(
            f"{plain(', '.join(inputs.paths) or 'the list')} holds no records{skipped}"
        )
    return cases


def _case(line: bytes, where: str) -> Case:
    document = read_record(line, where)
    if isinstance(document, Failure):
        raise InputError(document.message, hint=document.hint)
    raw = json.loads(line)
    answers, relevant = raw.get("answers", []), raw.get("relevant", [])
    for name, value in (("answers", answers), ("relevant", relevant)):
        if not isinstance(value, list) or not all(isinstance(x, str) for x in value):
            raise InputError(f"{where}: {name} must be a list of strings")
    spans = []
    at = 0
    for passage in relevant:
        # In order where they come in order; a repeated line then counts once each.
        found = document.text.find(passage, at)
        found = found if found >= 0 else document.text.find(passage)
        if found < 0:
            raise InputError(f"{where}: a relevant passage is not in the text")
        at = found + len(passage)
        spans.append((found, at))
    if not any(a.strip() for a in answers) and not spans:
        raise InputError(f"{where}: has neither answers nor relevant passages")
    return Case(document, tuple(answers), tuple(spans))


@dataclass(frozen=True, slots=True)
class Row:
    """One engine at one ratio: means over the records, with a 95 % bootstrap interval."""

    engine: str
    ratio: float
    records: int
    failed: int
    kept: float
    low: float
    high: float
    rate: float
    tokens: float
    seconds: float
    reader_right: float | None = None
    reader_tokens: float | None = None
    reader_seconds: float | None = None

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def bootstrap(values: Sequence[float]) -> tuple[float, float]:
    """The 95 % interval of the mean, by resampling with a fixed seed."""
    if not values:
        return 0.0, 0.0
    data = np.asarray(values, np.float64)
    draws = np.random.default_rng(0).integers(0, len(data), (_RESAMPLES, len(data)))
    low, high = np.quantile(data[draws].mean(axis=1), (0.025, 0.975))
    return float(low), float(high)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader made of one text: answered rightly or not, its prompt's tokens, seconds."""

    right: bool
    tokens: int
    seconds: float


Read = Callable[[Case, str], Reading]

FULL = "full text"


@dataclass(slots=True)
class _Tally:
    """What is gathered of one row, record by record."""

    kept: list[float] = field(default_factory=list)
    results: list[Compression] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    failed: int = 0

    def row(self, engine: str, ratio: float) -> Row:
        low, high = bootstrap(self.kept)
        seconds = [r.seconds for r in self.results]
        read = bool(self.readings)
        return Row(
            engine=engine,
            ratio=ratio,
            records=len(self.kept),
            failed=self.failed,
            kept=_mean(self.kept),
            low=low,
            high=high,
            rate=_mean([r.rate for r in self.results]),
            tokens=_mean([r.compressed for r in self.results]),
            seconds=float(np.median(seconds)) if seconds else 0.0,
            reader_right=_mean([r.right for r in self.readings]) if read else None,
            reader_tokens=_mean([r.tokens for r in self.readings]) if read else None,
            reader_seconds=_mean([r.seconds for r in self.readings]) if read else None,
        )


def evaluate(
    cases: Sequence[Case],
    engines: Iterable[str],
    options: Iterable[tuple[float, Options]],
    runtime: Runtime,
    *,
    read: Read | None = None,
    progress: Progress = Silent(),
) -> Iterator[Row]:
    """A row for each engine at each ratio, as soon as it is known.

    ``options`` are pairs of the ratio and the options that ask for it. With a
    reader the first row is what it answers from the full text. Raises
    ModelError and UsageError; a record that fails alone counts as not kept.
    """
    plans = list(options)
    if read is not None and plans:
        progress.start(FULL, len(cases))
        shorten = partial(_full, tokenizer=plans[0][1].tokenizer)
        yield _tally(cases, shorten, read, progress).row(FULL, 1.0)
    for engine in engines:
        for ratio, plan in plans:
            progress.start(f"{engine} {ratio:g}x", len(cases))
            shorten = partial(compress, options=replace(plan, engine=engine), runtime=runtime)
            yield _tally(cases, shorten, read, progress).row(engine, ratio)


def _full(document: Document, tokenizer: str) -> Compression:
    """The document as it is, titles and all."""
    count = tokens.get(tokenizer).count
    original = sum(map(count, document.originals))
    length = count(document.text)
    return Compression(
        document.source, document.text, original, length, length, tokenizer, "none", None, 0.0
    )


def _tally(
    cases: Sequence[Case],
    shorten: Callable[[Document], Compression],
    read: Read | None,
    progress: Progress,
) -> _Tally:
    tally = _Tally()
    for case in cases:
        try:
            result = shorten(case.document)
            if read is not None and case.answers:
                tally.readings.append(read(case, result.text))
        except (ModelError, UsageError):
            raise
        except CtxcError:
            tally.failed += 1
            tally.kept.append(0.0)
        else:
            tally.kept.append(case.kept(result))
            tally.results.append(result)
        progress.advance()
    return tally


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else 0.0
