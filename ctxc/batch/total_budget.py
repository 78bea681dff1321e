"""One budget for many documents: ``--total-tokens`` shared out before anything is compressed.

Without a question every document gets the same rate. With one, the sentences
of all documents are ranked together, and a document's share is what its
sentences among the best take: what does not bear on the question gets little.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .. import tokens
from ..budget import Tokens
from ..console import Progress, note
from ..document import Document
from ..engines import registry
from ..engines.base import Task
from ..engines.extractive import contexts
from ..errors import InputError, UsageError
from ..input.sources import Found, Source
from ..llama.runtime import Runtime
from ..result import Failure
from ..text.segment import segments
from .cache import digest, of_bytes
from .reading import Reader, at_hand


@dataclass(frozen=True, slots=True)
class Claim:
    """What one document could use: its tokens, and its segments as ``(score, tokens)``."""

    tokens: int
    ranked: tuple[tuple[float, int], ...] = ()


def share(total: int, claims: Sequence[Claim]) -> list[int]:
    """Tokens for each claim: at least 1, at most its own, and ``total`` at most in all.

    >>> share(10, [Claim(30), Claim(10)])
    [7, 3]
    >>> share(10, [Claim(30, ((0.1, 30),)), Claim(10, ((0.9, 6), (0.2, 4)))])
    [1, 9]

    Raises UsageError where there are more documents than tokens.
    """
    if total < len(claims):
        raise UsageError(
            f"--total-tokens {total} is less than a token for each of {len(claims)} documents"
        )
    if sum(claim.tokens for claim in claims) <= total:
        return [max(1, claim.tokens) for claim in claims]
    wanted = _wanted(total, claims) if any(claim.ranked for claim in claims) else None
    weights = wanted or [float(claim.tokens) for claim in claims]
    return _divide(total, weights, [max(1, claim.tokens) for claim in claims])


def _wanted(total: int, claims: Sequence[Claim]) -> list[float] | None:
    """What each document's segments take of ``total`` when the best of all are taken first."""
    everything = sorted(
        (-score, index, size)
        for index, claim in enumerate(claims)
        for score, size in claim.ranked
        if size
    )
    taken, left = [0.0] * len(claims), float(total)
    for _, index, size in everything:
        part = min(float(size), left)
        taken[index] += part
        left -= part
        if left <= 0:
            break
    return taken if any(taken) else None


def _divide(total: int, weights: Sequence[float], most: Sequence[int]) -> list[int]:
    """Whole numbers of at least 1 and at most ``most``, in proportion to ``weights``."""
    shares = [1] * len(weights)
    left = total - len(weights)
    open_ = [i for i, weight in enumerate(weights) if weight > 0 and most[i] > 1]
    while left > 0 and open_:
        in_all = sum(weights[i] for i in open_)
        parts = {i: min(most[i] - shares[i], math.floor(left * weights[i] / in_all)) for i in open_}
        for i, part in parts.items():
            shares[i] += part
        given = sum(parts.values())
        if not given:  # less than one each: the heaviest first
            for i in sorted(open_, key=lambda i: (-weights[i], i))[:left]:
                shares[i] += 1
                given += 1
        left -= given
        open_ = [i for i in open_ if shares[i] < most[i]]
    return shares


def targets(
    reader: Reader, total: int, runtime: Runtime, progress: Progress
) -> tuple[list[Found], Reader]:
    """The sources found, and ``reader`` with each one's share of ``total``.

    Reads every source once, a document at a time; what it learns is kept in
    the store. Raises UsageError for records, and for too small a total.
    """
    if reader.inputs.records:
        raise UsageError(
            "--total-tokens is shared over files, not over records",
            hint="--tokens is a budget for each record",
        )
    if total < 1:
        raise UsageError(f"--total-tokens must be at least 1, not {total}")
    progress.start("sharing out the budget")
    found, claims = [], {}
    for each in reader.inputs.find():
        if isinstance(each, Source):
            try:
                each = at_hand(each)
                claims[each.name] = _claim(reader, each, runtime)
            except InputError as error:
                each = Failure(each.name, error.kind, error.message, error.hint)
        found.append(each)
        progress.advance()
    shares = share(total, list(claims.values()))
    if claims:
        note(f"ctxc: {total:,} tokens shared out over {len(claims):,} documents")
    given = {
        name: replace(reader.options, budget=Tokens(size))
        for name, size in zip(claims, shares, strict=True)
    }
    return found, replace(reader, targets=given)


def _claim(reader: Reader, source: Source, runtime: Runtime) -> Claim:
    """What ``source`` could use, from the store where it is known. Raises InputError."""
    options = reader.options
    data = source.read()
    content = of_bytes(data, source.name, reader.inputs.reading, options)
    question = (options.question or "").strip() or None
    model = bool(question and registry.opens(registry.resolve(options.engine, question)))
    where = digest(
        {
            "claim": content.sha256,
            "kinds": content.kinds,
            "reading": [reader.inputs.reading.encoding, reader.inputs.reading.password],
            "question": question,
            "tokenizer": options.tokenizer,
            "model": model,
        }
    )
    known = _known(reader.results.value(where))
    if known is not None:
        return known
    document = reader.document(source, data)
    tokenizer = tokens.get(options.tokenizer)
    original = sum(tokenizer.count(text) for text in document.originals)
    ranked: tuple[tuple[float, int], ...] = ()
    if question:
        ranked = tuple(_ranked(document, question, tokenizer, runtime if model else None))
    reader.results.put_value(where, [original, ranked])
    return Claim(original, ranked)


def _known(value: Any) -> Claim | None:
    """What the store holds of a claim; None for anything that is none."""
    try:
        size, ranked = value
        pairs = tuple((float(score), int(count)) for score, count in ranked)
    except (TypeError, ValueError, OverflowError):
        return None
    return Claim(size, pairs) if type(size) is int and size >= 0 else None


def _ranked(
    document: Document, question: str, tokenizer: tokens.Tokenizer, runtime: Runtime | None
) -> Iterator[tuple[float, int]]:
    """Each segment's relevance and size: by the encoder, or without a model by its words."""
    task = Task(document, segments(document), 0, tokenizer, question)
    if not task.segments:
        return
    texts = contexts(task)
    if runtime is not None:
        encoder = runtime.encoder()
        scores = (encoder.embed(texts) @ encoder.embed([question])[0]).tolist()
    else:
        from ..engines.lexical import lexical_scores

        scores = lexical_scores(question, texts, [""], [0] * len(texts))
    for segment, score in zip(task.segments, scores, strict=True):
        yield round(float(score), 5), tokenizer.count(segment.core(document.text))
