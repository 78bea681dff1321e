"""Engines, peers and a reader on the same records, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from .. import tokens
from ..batch.pipeline import Options, compress
from ..console import Progress, Silent
from ..document import Document
from ..errors import CtxcError, ModelError, UsageError
from ..llama.runtime import Runtime
from ..result import Compression
from .cases import Case
from .measures import Row, Share, bootstrap
from .peers import Peer


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader made of one text: answered rightly or not, its prompt's tokens, seconds."""

    right: bool
    tokens: int
    seconds: float


Read = Callable[[Case, str], Reading]
Shorten = Callable[[Document], Compression]

FULL = "full text"


@dataclass(slots=True)
class _Tally:
    """What is gathered of one row, record by record."""

    kept: list[float] = field(default_factory=list)
    answers: list[bool] = field(default_factory=list)
    support: list[float] = field(default_factory=list)
    results: list[Compression] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    failed: int = 0

    def add(self, case: Case, result: Compression | None) -> None:
        """Count a record; one that failed (None) has kept nothing."""
        text = result.text if result is not None else ""
        self.kept.append(case.kept(result) if result is not None else 0.0)
        self.failed += result is None
        if result is not None:
            self.results.append(result)
        if (there := case.answer_kept(text)) is not None:
            self.answers.append(there)
        if (support := case.support(text)) is not None:
            self.support.append(support)

    def row(self, engine: str, ratio: float, name: str) -> Row:
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
            set=name,
            answers=Share.of_hits(self.answers),
            support=Share.of_shares(self.support),
            all_support=Share.of_hits([s == 1.0 for s in self.support]),
            reader=Share.of_hits([r.right for r in self.readings]),
        )


def evaluate(
    cases: Sequence[Case],
    engines: Iterable[str],
    options: Iterable[tuple[float, Options]],
    runtime: Runtime,
    *,
    read: Read | None = None,
    progress: Progress = Silent(),
    name: str = "",
    peers: Sequence[Peer] = (),
) -> Iterator[Row]:
    """A row for each engine and peer at each ratio, as soon as it is known.

    ``options`` are pairs of the ratio and the options that ask for it, ``name`` is the set's. With
    a reader the first row is what it answers from the full text. Raises
    ModelError and UsageError; a record that fails alone counts as not kept.
    """
    plans = list(options)
    if read is not None and plans:
        progress.start(FULL, len(cases))
        shorten: Shorten = partial(_full, tokenizer=plans[0][1].tokenizer)
        yield _tally(cases, shorten, read, progress).row(FULL, 1.0, name)
    for engine in engines:
        for ratio, plan in plans:
            progress.start(f"{engine} {ratio:g}x", len(cases))
            shorten = partial(compress, options=replace(plan, engine=engine), runtime=runtime)
            yield _tally(cases, shorten, read, progress).row(engine, ratio, name)
    for peer in peers:
        for ratio, plan in plans:
            progress.start(f"{peer.name} {ratio:g}x", len(cases))
            shorten = partial(peer.shorten, ratio=ratio, tokenizer=plan.tokenizer)
            yield _tally(cases, shorten, read, progress).row(peer.name, ratio, name)


def _full(document: Document, tokenizer: str) -> Compression:
    """The document as it is, titles and all."""
    count = tokens.get(tokenizer).count
    original = sum(map(count, document.originals))
    length = count(document.text)
    return Compression(
        document.source, document.text, original, length, length, tokenizer, "none", None, 0.0
    )


def _tally(
    cases: Sequence[Case], shorten: Shorten, read: Read | None, progress: Progress
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
            tally.add(case, None)
        else:
            tally.add(case, result)
        progress.advance()
    return tally


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else 0.0
