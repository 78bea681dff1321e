"""One budget for many documents: ``--total-tokens`` shared out before anything is compressed.

Without a question every document gets the same rate. With one, the sentences
of all documents are ranked together, and a document's share is what its
sentences among the best take: what does not bear on the question gets little.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .. import tokens
from ..budget import Tokens
from ..console import Progress
from ..document import Document
from ..engines.base import Task
from ..engines.extractive import contexts
from ..engines.registry import one_encoder
from ..errors import InputError, UsageError
from ..input.sources import Found, Skipped, Source
from ..llama.embedder import Embedder
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


@dataclass(frozen=True, slots=True)
class Survey:
    """The sources found, and by name what each of those that can be read could use."""

    found: tuple[Found, ...]
    claims: dict[str, Claim]

    def by_relevance(self) -> Survey:
        """The same, those with the sentence nearest the question first, others as they came."""
        claims = self.claims.items()
        best = {name: max((s for s, _ in c.ranked), default=-1.0) for name, c in claims}
        ordered = sorted(self.found, key=lambda f: -best.get(_name(f), -2.0))
        return replace(self, found=tuple(ordered))


def _name(found: Found) -> str:
    return found.name if isinstance(found, Source) else ""


def check_total(total: int, records: bool) -> None:
    """Raises UsageError for records, and for no tokens."""
    if records:
        raise UsageError(
            "--total-tokens is shared over files, not over records",
            hint="--tokens is a budget for each record",
        )
    if total < 1:
        raise UsageError(f"--total-tokens must be at least 1, not {total}")


def survey(reader: Reader, runtime: Runtime, progress: Progress) -> Survey:
    """Reads every source once, a document at a time; what it learns is kept in the store."""
    progress.start("looking through the documents")
    found: list[Found] = []
    claims: dict[str, Claim] = {}
    for each in reader.inputs.find():
        if isinstance(each, Source):
            try:
                each = at_hand(each)
                claims[each.name] = _claim(reader, each, runtime)
            except InputError as error:
                each = Failure(each.name, error.kind, error.message, error.hint)
        found.append(each)
        progress.advance()
    return Survey(tuple(found), claims)


def targets(
    reader: Reader, total: int, seen: Survey, cost: Callable[[str], int]
) -> tuple[tuple[Found, ...], Reader]:
    """The sources that have a share of ``total``, and ``reader`` with the shares.

    ``cost`` is the tokens of what is printed around a document, by its name. With a
    question a document whose share would hold no sentence is left out, and said.
    Raises UsageError for too small a total.
    """
    names = list(seen.claims)
    asked = bool((reader.options.question or "").strip())
    while True:
        around = sum(map(cost, names))
        if total - around < len(names):
            if not asked or len(names) < 2:
                raise UsageError(
                    f"--total-tokens {total} is less than the names of {len(names)} documents "
                    f"and a token for each of them take ({around + len(names)})",
                    hint="raise it, or leave the names out with --separator",
                )
            names = _nearest(names, seen, -(-len(names) // 2))
            continue
        shares = share(total - around, [seen.claims[name] for name in names])
        held = dict(zip(names, shares, strict=True))
        empty = {name for name, size in held.items() if size < _least(seen.claims[name])}
        if not asked or not empty or len(names) < 2:
            break
        half = _nearest(names, seen, -(-len(names) // 2))
        names = [name for name in names if name not in empty] or half
    budgets = {name: replace(reader.options, budget=Tokens(size)) for name, size in held.items()}
    found = tuple(_or_skipped(each, budgets) for each in seen.found)
    return found, replace(reader, targets=budgets)


def _nearest(names: Sequence[str], seen: Survey, count: int) -> list[str]:
    """Those of ``names`` with the sentences nearest the question, as they were ordered."""
    best = {n: max((s for s, _ in seen.claims[n].ranked), default=-1.0) for n in names}
    kept = set(sorted(names, key=lambda n: -best[n])[:count])
    return [name for name in names if name in kept]


def _or_skipped(found: Found, budgets: Mapping[str, object]) -> Found:
    if isinstance(found, Source) and found.name not in budgets:
        return Skipped(found.name, "the budget goes to documents nearer to the question")
    return found


LEAST = 8
"""Tokens: a share that is less holds no sentence, and what the titles over one may take."""


def _least(claim: Claim) -> int:
    """Tokens: a share that is less does not hold the sentence nearest the question, whole."""
    nearest = max(claim.ranked, default=(0.0, 0))[1]
    return min(nearest + LEAST, claim.tokens)


def _claim(reader: Reader, source: Source, runtime: Runtime) -> Claim:
    """What ``source`` could use, from the store where it is known. Raises InputError."""
    options = reader.options
    data = source.read()
    content = of_bytes(data, source.name, reader.inputs.reading, options)
    question = (options.question or "").strip() or None
    encoder = one_encoder(options.engine, question, runtime)
    where = digest(
        {
            "claim": content.sha256,
            "kinds": content.kinds,
            "reading": [reader.inputs.reading.encoding, reader.inputs.reading.password],
            "question": question,
            "tokenizer": options.tokenizer,
            "encoder": [encoder, runtime.options.prefixes],
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
        embedder = runtime.embedder(encoder) if encoder else None
        ranked = tuple(_ranked(document, question, tokenizer, embedder))
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
    document: Document, question: str, tokenizer: tokens.Tokenizer, embedder: Embedder | None
) -> Iterator[tuple[float, int]]:
    """Each segment's relevance and size: by the encoder, or without a model by its words."""
    task = Task(document, segments(document), 0, tokenizer, question)
    if not task.segments:
        return
    texts = contexts(task)
    if embedder is not None:
        scores = (embedder.texts(texts) @ embedder.questions([question])[0]).tolist()
    else:
        from ..engines.lexical import lexical_scores

        scores = lexical_scores(question, texts, [""], [0] * len(texts))
    for segment, score in zip(task.segments, scores, strict=True):
        yield round(float(score), 5), tokenizer.count(segment.core(document.text))
