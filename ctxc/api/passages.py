"""Several passages under one budget: each shortened by its own kind, in order, with its id.

The budget is shared by relevance as ``--total-tokens`` is over files; what a passage leaves
of its share goes to the next nearest. Passages are known by their place: two may have one id
(chunks of one document do), and are kept apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .. import tokens as _tokens
from ..batch.pipeline import Options as Asked
from ..batch.pipeline import compress
from ..batch.total_budget import LEAST, Claim, share
from ..budget import Budget, Tokens, too_small
from ..document import Document, Part, Span
from ..engines.base import Task
from ..engines.extractive import contexts
from ..engines.lexical import lexical_scores
from ..engines.registry import one_encoder
from ..errors import BudgetError, InputError
from ..input.loaders.terminal import cleaned
from ..llama.runtime import Runtime
from ..result import Compression
from ..text.segment import segments

_LEFT_OUT = "left out: the budget goes to other passages"


@dataclass(frozen=True, slots=True)
class Passage:
    """A text with what its owner knows it by; ``metadata`` is handed back as it is.

    ``title`` helps to rank the passage; it is no part of what is shortened or counted.
    """

    text: str
    id: Any = None
    title: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)


PassageLike = str | Mapping[str, Any] | Passage
"""A text, a mapping with "text" and perhaps "id", "title", "metadata", or a ``Passage``."""


@dataclass(frozen=True, slots=True)
class PassageSet:
    """What is left of passages under one budget.

    ``results[i]`` is what was made of ``passages[i]``; its text is "" where it was left out.
    ``original``, ``compressed`` and ``target`` are tokens over all of them, exact as sums.
    """

    passages: tuple[Passage, ...]
    results: tuple[Compression, ...]
    original: int
    compressed: int
    target: int
    tokenizer: str

    @property
    def kept(self) -> tuple[Passage, ...]:
        """The passages that are left, shortened, in the order they came."""
        pairs = zip(self.passages, self.results, strict=True)
        return tuple(replace(p, text=r.text) for p, r in pairs if r.text.strip())

    @property
    def indices(self) -> tuple[int, ...]:
        """The places of ``kept`` in ``passages``."""
        return tuple(i for i, r in enumerate(self.results) if r.text.strip())


def as_passage(value: PassageLike, index: int) -> Passage:
    """Raises InputError for what is no passage."""
    if isinstance(value, Passage):
        passage = value
    elif isinstance(value, str):
        passage = Passage(value)
    elif isinstance(value, Mapping):
        if "text" not in value:
            raise InputError(f'passage {index} has no "text"')
        rest = {k: v for k, v in value.items() if k not in ("text", "id", "title", "metadata")}
        passage = Passage(
            value["text"],
            value.get("id"),
            value.get("title") or "",
            {**rest, **(value.get("metadata") or {})},
        )
    else:
        raise InputError(f"passage {index} is no text, mapping or Passage")
    for name, text in (("text", passage.text), ("title", passage.title)):
        if not isinstance(text, str):
            raise InputError(f"passage {index}: its {name} is no string")
    return passage


def compress_passages(values: Iterable[PassageLike], asked: Asked, runtime: Runtime) -> PassageSet:
    """All passages within the budget of ``asked``, exactly.

    Raises InputError for what is no passage, BudgetError where not even one whole piece of
    any passage fits, and what ``compress`` raises.
    """
    passages = tuple(as_passage(value, index) for index, value in enumerate(values))
    tokenizer = _tokens.get(asked.tokenizer)
    documents = [_document(passage, index) for index, passage in enumerate(passages)]
    sizes = [tokenizer.count(document.text) for document in documents]
    original = sum(sizes)
    target = asked.budget.target(original)
    if original and not target:
        raise too_small(asked.budget, original, f"{len(passages)} passages")
    if original <= target:
        shares, best = dict(enumerate(sizes)), [0.0] * len(sizes)
    else:
        claims = _claims(passages, documents, sizes, asked, runtime)
        shares = _shares(target, claims, bool(asked.question))
        best = [max((score for score, _ in c.ranked), default=0.0) for c in claims]
    results = _fill(documents, sizes, shares, best, target, asked, runtime)
    if original and not any(result.text.strip() for result in results):
        raise BudgetError(
            f"not even the smallest whole piece of {len(passages)} passages fits in "
            f"{target:,} tokens",
            hint="raise the budget",
        )
    compressed = sum(result.compressed for result in results)
    assert compressed <= target, f"the passages overran their budget: {compressed} > {target}"
    return PassageSet(passages, tuple(results), original, compressed, target, tokenizer.name)


def _document(passage: Passage, index: int) -> Document:
    text, notes = cleaned(passage.text)
    source = str(passage.id) if passage.id is not None else passage.title or f"passage {index}"
    return Document(text, source, id=passage.id, notes=notes)


def _claims(
    passages: Sequence[Passage],
    documents: Sequence[Document],
    sizes: Sequence[int],
    asked: Asked,
    runtime: Runtime,
) -> list[Claim]:
    """What each passage could use: its segments by relevance to the question, all ranked as one."""
    if not asked.question:
        return [Claim(size) for size in sizes]
    tokenizer = _tokens.get(asked.tokenizer)
    texts: list[str] = []
    owners: list[tuple[int, int]] = []
    for index, (passage, document) in enumerate(zip(passages, documents, strict=True)):
        headed = _headed(passage, document)
        task = Task(headed, segments(headed), 0, tokenizer)
        for segment, text in zip(task.segments, contexts(task), strict=True):
            if not segment.comes_along:
                texts.append(text)
                owners.append((index, tokenizer.count(segment.core(headed.text))))
    ranked: list[list[tuple[float, int]]] = [[] for _ in passages]
    for (index, size), score in zip(owners, _scores(texts, owners, asked, runtime), strict=True):
        ranked[index].append((round(score, 5), size))
    return [Claim(size, tuple(r)) for size, r in zip(sizes, ranked, strict=True)]


def _headed(passage: Passage, document: Document) -> Document:
    """The passage under its title, for ranking."""
    title = " ".join(passage.title.split())
    if not title:
        return document
    text = f"{title}\n{document.text}"
    body = len(title) + 1
    part = Part(0, len(text), body, title)
    return replace(document, text=text, parts=(part,), original_spans=(Span(body, len(text)),))


def _scores(
    texts: list[str], owners: Sequence[tuple[int, int]], asked: Asked, runtime: Runtime
) -> list[float]:
    question = asked.question or ""
    if not texts:
        return []
    if name := one_encoder(asked.engine, question, runtime):
        embedder = runtime.embedder(name)
        near = embedder.texts(texts) @ embedder.questions([question])[0]
        scores: list[float] = near.tolist()
        return scores
    parts = [index for index, _ in owners]
    return lexical_scores(question, texts, [""] * (max(parts) + 1), parts)


def _shares(target: int, claims: Sequence[Claim], asked: bool) -> dict[int, int]:
    """Tokens by passage; with a question those whose share holds nothing are left out."""
    order = [i for i, claim in enumerate(claims) if claim.tokens]
    if asked:
        order.sort(key=lambda i: -max((s for s, _ in claims[i].ranked), default=-1.0))
    order = order[:target]
    while True:
        shares = dict(zip(order, share(target, [claims[i] for i in order]), strict=True))
        fit = [i for i in order if shares[i] >= _least(claims[i])]
        if not asked or len(fit) == len(order) or len(order) < 2:
            return shares
        # At least half go on: a share grows as others leave.
        order = fit if 2 * len(fit) >= len(order) else order[: -(-len(order) // 2)]


def _least(claim: Claim) -> int:
    nearest = max(claim.ranked, default=(0.0, 0))[1]
    return min(nearest + LEAST, claim.tokens)


def _fill(
    documents: Sequence[Document],
    sizes: Sequence[int],
    shares: Mapping[int, int],
    best: Sequence[float],
    target: int,
    asked: Asked,
    runtime: Runtime,
) -> list[Compression]:
    """Each passage within its share and what nearer ones left of theirs."""
    out: dict[int, Compression] = {}
    spare = max(0, target - sum(shares.values()))
    for index in sorted(shares, key=lambda i: (-best[i], i)):
        room = shares[index] + spare
        spare = room
        if not room and sizes[index]:
            continue
        budget: Budget = Tokens(max(1, min(room, sizes[index])))
        try:
            result = compress(documents[index], replace(asked, budget=budget), runtime)
        except BudgetError:
            if asked.strict:
                raise
            continue
        out[index] = result
        spare -= result.compressed
    return [
        out[i] if i in out else _absent(document, sizes[i], asked)
        for i, document in enumerate(documents)
    ]


def _absent(document: Document, size: int, asked: Asked) -> Compression:
    tokenizer = _tokens.get(asked.tokenizer).name
    notes = (*document.notes, _LEFT_OUT) if size else document.notes
    return Compression(
        document.source, "", size, 0, 0, tokenizer, "none", None, 0.0, document.id,
        asked.question, notes=notes,
    )  # fmt: skip
