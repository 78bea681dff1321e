"""What the user asked for -> a ``Result``: count, then work out memory and money."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from .. import tokens
from ..console import Progress, note
from ..document import Document
from ..errors import ModelError, UsageError
from ..input.inputs import Inputs
from ..input.sources import Skipped, Source
from ..models.gguf import read
from ..result import Failure
from ..store import Store, default_path
from .assume import Assumptions
from .breakeven import Case, break_even
from .count import Count, count_all
from .kv import cache
from .money import find_prices
from .pairs import Pair, couples, looks_mirrored, pair_up, without_front_matter
from .result import Context, Counts, Money, Result
from .units import Basis

# Runs of the last 90 days say how fast compressing is here.
_RECENT = 90 * 86400


@dataclass(frozen=True, slots=True)
class Counting:
    """How the inputs are counted; ``sources`` None: there are none, and lengths are assumed.

    ``pair`` None: two folders are compared where the second mirrors the first.
    """

    sources: Inputs | None
    tokenizers: tuple[str, ...]
    pair: bool | None = None
    threads: int = 0


def gather(counting: Counting, assumed: Assumptions, progress: Progress) -> Result:
    """Count what ``counting`` names and work out what ``assumed`` asks for.

    Raises UsageError, ConfigError and ModelError before anything is counted.
    """
    result = Result()
    header = read(_model_path(assumed.model)) if assumed.model else None
    if header is not None:  # now, not after minutes of counting
        for kind in assumed.cache_types:
            cache(header, kind, [], assumed.users)
    prices = find_prices(assumed.price, assumed.prices) if assumed.price else None
    if counting.sources is not None:
        result.counts = count(counting.sources, counting, progress)
    if not (header or prices):
        return result
    result.context = context = _context(result.counts, assumed)
    if header is not None:
        lengths = _lengths(context, result.counts, header.path)
        result.caches = [
            cache(header, kind, lengths, assumed.users) for kind in assumed.cache_types
        ]
    if prices is not None:
        if context is None:
            raise UsageError(
                "--price needs a text to price", hint="name files, or --context-tokens N"
            )
        if assumed.minimum is not None:
            prices = replace(prices, minimum=assumed.minimum)
        result.money = _money(context, assumed, Money(prices, context.tokens))
    return result


def count(inputs: Inputs, counting: Counting, progress: Progress) -> Counts:
    """Tokens of all files, or of both sides of all pairs."""
    tokenizers = [tokens.get(name) for name in dict.fromkeys(counting.tokenizers)]
    counts = Counts([tokenizer.name for tokenizer in tokenizers])
    paths = list(inputs.paths)
    paired = counting.pair or (counting.pair is None and looks_mirrored(paths))
    if paired and counting.pair is None:
        note(f"{paths[1]} mirrors {paths[0]}: compared in pairs (--no-pair counts both)")
    found = couples(paths) if paired else inputs.find()
    reader = _reader(inputs)
    counted = count_all(found, tokenizers, reader, threads=counting.threads, progress=progress)
    for each in pair_up(counted) if paired else counted:
        _sort_in(each, counts)
    return counts


def _reader(inputs: Inputs) -> Callable[[Source], Document]:
    def text_alone(source: Source) -> Document:
        # ctxc's own front matter is about an output, not of it: it is not sent.
        return without_front_matter(inputs.load(source))

    return text_alone


def _sort_in(each: Count | Pair | Failure | Skipped, counts: Counts) -> None:
    if isinstance(each, Count):
        counts.files.append(each)
    elif isinstance(each, Pair):
        counts.pairs.append(each)
    elif isinstance(each, Failure):
        counts.failures.append(each)
    else:
        counts.skipped.append(each)


def _model_path(name: str) -> Path:
    """The file of a model, never fetched: counting needs no network."""
    from ..models import catalogue
    from ..models.resolve import locate, resolve

    entry = None if Path(name).is_file() else catalogue.find(name)
    if entry is None:
        return resolve(name).path
    found = locate(entry)
    if found is None:
        raise ModelError(
            f"the model {entry.name} is not here", hint=f"ctxc models pull {entry.name}"
        )
    return found.path


def _context(counts: Counts | None, assumed: Assumptions) -> Context | None:
    """The context to work with: as counted, unless a length or a ratio is assumed."""
    rate, rate_about = None, ""
    rate_basis: Basis = "measured" if assumed.ratio is None else "estimated"
    compressed = counts.compressed() if counts else None
    measured = counts.originals().tokens.get(counts.first, 0) if counts else 0
    if assumed.ratio is not None:
        rate, rate_about = 1 / assumed.ratio, f", ratio {assumed.ratio:g}x assumed"
    elif counts and compressed and measured:
        rate = compressed.tokens[counts.first] / measured
        rate_about = f", {rate:.3f} of it left as measured"
    if assumed.context_tokens is not None:
        about = f"{assumed.context_tokens:,} tokens assumed{rate_about}"
        return Context(assumed.context_tokens, "estimated", rate, rate_basis, about)
    if counts is None or counts.empty:
        return None
    total = counts.originals()
    files = "1 file" if total.files == 1 else f"all {total.files} files together"
    about = f"{files}, {measured:,} tokens ({counts.first}){rate_about}"
    return Context(measured, "measured", rate, rate_basis, about)


def _lengths(
    context: Context | None, counts: Counts | None, model: Path
) -> list[tuple[int, Basis]]:
    """Context lengths before and after, in the model's own tokens where those were counted."""
    if context is None:
        return []
    own = bool(counts) and counts is not None and _is_own(counts.first, model)
    before: Basis = "measured" if own and context.basis == "measured" else "estimated"
    lengths: list[tuple[int, Basis]] = [(context.tokens, before)]
    if context.rate is not None:
        after = before if context.rate_basis == "measured" else "estimated"
        lengths.append((math.ceil(context.tokens * context.rate - 1e-9), after))
    return lengths


def _is_own(tokenizer: str, model: Path) -> bool:
    path = Path(tokenizer.removeprefix("gguf:")).expanduser()
    return tokenizer.startswith("gguf:") and path.resolve() == model.resolve()


def _money(context: Context, assumed: Assumptions, money: Money) -> Money:
    if context.rate is None or not context.tokens:
        return money
    seconds, where = _seconds(context.tokens, assumed)
    case = Case(
        money.prices,
        context.tokens,
        context.rate,
        assumed.requests,
        assumed.hit_share,
        assumed.per_question,
        seconds,
        assumed.machine,
    )
    return Money(money.prices, money.tokens, case, break_even(case), where)


def _seconds(length: int, assumed: Assumptions) -> tuple[float, str]:
    """What compressing takes, and where that is from: given, the ledger, or not known."""
    if assumed.seconds is not None:
        return assumed.seconds, "given"
    if default_path().exists():
        with Store.open() as store:
            runs = [run for run in store.runs(time.time() - _RECENT) if run.original > 0]
        if tokens_read := sum(run.original for run in runs):
            speed = sum(run.seconds for run in runs) / tokens_read
            counted = "1 run" if len(runs) == 1 else f"{len(runs)} runs"
            return length * speed, f"estimated from {counted} in the ledger"
    return 0.0, "not known: give --seconds"
