"""``ctxc stats --json``: one object a line, ``"schema": 1``, told apart by ``"kind"``.

``file``         source, tokens {tokenizer: n}, characters, bytes (null for stdin), basis
``folder``       source (ends in ``/``), files, tokens, characters, basis
``pair``         source, compressed_source, tokens {tokenizer: {original, compressed, rate,
                 ratio}} (ratio null where nothing is left), basis
``total``        files or pairs, failed, skipped, tokens as above, basis
``kv``           model, type, bytes_per_token, bytes_per_token_beyond_window, layers, kv_heads,
                 key_length, value_length, sliding_window, sliding_layers, trained_context, basis,
                 contexts [{name, tokens, bytes, users, bytes_all, basis}]
``money``        price {name, origin, input, cache_write, cache_read} (dollars per million),
                 tokens, uncached, cache_write, cache_read (dollars for one request), basis
``break_even``   pays, sentence, tokens, compressed_tokens, requests, hit_share, per_question,
                 full, compressed, stage_one, net (dollars), seconds, seconds_from, basis,
                 pays_at {tokens, requests, hit_share}: [from, to] pairs, to null: without end
``internalised`` source, tokens (a request no longer carries them), seconds (of teaching),
                 request_with_context, request_without (seconds), requests, pays_from_requests
                 (in time, null: never), full, teaching (dollars), pays_at_requests ([from, to]
                 pairs; null without a price), pays, sentence, basis
``history``      by, name, tokenizer, runs, files, original, compressed, saved, ratio, seconds,
                 basis
``run``          a line of the ledger (``--export``): the fields of ``ctxc.store.Run``

A failure is ``{"schema": 1, "source", "error": {"kind", "message"}}``, as in all commands.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from ..output.report import as_json
from ..result import SCHEMA
from ..store import Run
from .breakeven import Span
from .history import Group
from .kv import Cache
from .result import Counts, Money, Result

Object = dict[str, Any]


def objects(result: Result) -> Iterator[Object]:
    """The objects of one run, in the order of the table above."""
    if result.counts:
        yield from _counts(result.counts)
    for cache in result.caches:
        yield _kv(cache, result)
    if result.money:
        yield from _money(result.money)


def history(groups: Iterable[Group], by: str) -> Iterator[Object]:
    for one in groups:
        figures = asdict(one)
        ratio = _ratio(one.original, one.compressed)
        yield _object("history", by=by, **figures, saved=one.saved, ratio=ratio, basis="measured")


def run(run: Run) -> Object:
    return _object("run", **asdict(run))


def _object(kind: str, **values: Any) -> Object:
    return {"schema": SCHEMA, "kind": kind, **values}


def _counts(counts: Counts) -> Iterator[Object]:
    for count in counts.sorted_files():
        yield _object(
            "file",
            source=count.source,
            tokens=count.tokens,
            characters=count.characters,
            bytes=count.bytes,
            basis="measured",
        )
    for folder in counts.folders():
        yield _object(
            "folder",
            source=folder.name,
            files=folder.files,
            tokens=folder.tokens,
            characters=folder.characters,
            basis="measured",
        )
    for pair in counts.sorted_pairs():
        yield _object(
            "pair",
            source=pair.original.source,
            compressed_source=pair.compressed.source,
            tokens=_both(counts, pair.original.tokens, pair.compressed.tokens),
            basis="measured",
        )
    yield from (as_json(failure) for failure in counts.failures)
    yield _total(counts)


def _total(counts: Counts) -> Object:
    original, compressed = counts.originals(), counts.compressed()
    rest = {"failed": len(counts.failures), "skipped": len(counts.skipped), "basis": "measured"}
    if compressed:
        both = _both(counts, original.tokens, compressed.tokens)
        return _object("total", pairs=original.files, tokens=both, **rest)
    tokens = {name: original.tokens.get(name, 0) for name in counts.tokenizers}
    return _object(
        "total", files=original.files, tokens=tokens, characters=original.characters, **rest
    )


def _both(counts: Counts, before: dict[str, int], after: dict[str, int]) -> Object:
    return {
        name: {
            "original": before[name],
            "compressed": after[name],
            "rate": round(after[name] / before[name], 6) if before[name] else 1.0,
            "ratio": _ratio(before[name], after[name]),
        }
        for name in counts.tokenizers
    }


def _ratio(before: int, after: int) -> float | None:
    if not before:
        return 1.0
    return round(before / after, 4) if after else None


def _kv(cache: Cache, result: Result) -> Object:
    names = ("original", "compressed")
    contexts = [
        {
            "name": name,
            "tokens": need.tokens,
            "bytes": need.one,
            "users": need.users,
            "bytes_all": need.all,
            "basis": need.basis,
        }
        for name, need in zip(names, cache.needs, strict=False)
    ]
    return _object(
        "kv",
        model=cache.model,
        type=cache.type,
        bytes_per_token=cache.per_token,
        bytes_per_token_beyond_window=cache.per_token_beyond,
        layers=cache.layers,
        kv_heads=cache.kv_heads,
        key_length=cache.key_length,
        value_length=cache.value_length,
        sliding_window=cache.sliding_window,
        sliding_layers=cache.sliding_layers,
        trained_context=cache.trained_context,
        basis="measured",
        contexts=contexts,
    )


def _money(money: Money) -> Iterator[Object]:
    rates, once = money.prices.at(money.tokens), money.tokens / 1e6
    yield _object(
        "money",
        price={
            "name": money.prices.name,
            "origin": money.prices.origin,
            "input": rates.input,
            "cache_write": rates.write,
            "cache_read": rates.read,
        },
        tokens=money.tokens,
        uncached=_exact(once * rates.input),
        cache_write=_exact(once * rates.write),
        cache_read=_exact(once * rates.read),
        basis="estimated",
    )
    if money.even is not None:
        yield _break_even(money)


def _break_even(money: Money) -> Object:
    from .breakeven import verdict

    assert money.even is not None
    even, case = money.even, money.even.case
    return _object(
        "break_even",
        pays=case.pays,
        sentence=verdict(case),
        tokens=case.tokens,
        compressed_tokens=case.left,
        requests=case.requests,
        hit_share=case.hit_share,
        per_question=case.per_question,
        full=_exact(case.full),
        compressed=_exact(case.compressed),
        stage_one=_exact(case.stage_one),
        net=_exact(case.net),
        seconds=round(case.seconds, 3),
        seconds_from=money.seconds_from,
        basis="estimated",
        pays_at={
            "tokens": _spans(even.tokens),
            "requests": _spans(even.requests),
            "hit_share": [
                [span.low / 100, None if span.high is None else span.high / 100]
                for span in even.hit_share
            ],
        },
    )


def _spans(spans: tuple[Span, ...]) -> list[list[int | None]]:
    return [[span.low, span.high] for span in spans]


def _exact(dollars: float) -> float:
    """Rounded to a billionth of a dollar: binary noise is no figure."""
    return round(dollars, 9) if math.isfinite(dollars) else 0.0
