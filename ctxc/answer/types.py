"""The values of an answer, each frozen: passages, citations, claims, rungs, the bill."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from ..document import Span
from ..errors import UsageError

RUNGS = ("compressed", "larger", "full")
"""What the reader may be given, in the order it is tried; ``escalated`` comes after them."""

NO_SUPPORT = "No supported answer."
"""What stands in place of a reply whose claims have no support."""

How = Literal["quoted", "cited", "found"]
"""The reader quoted it word for word; the reader named the passage; found without the reader."""


@dataclass(frozen=True, slots=True)
class Passage:
    """What the reader was shown as ``[number]``.

    ``spans`` are where it comes from in the joined document, ``title`` what it
    was shown under; ``score`` ranks it (higher is nearer to the question).
    """

    number: int
    text: str
    spans: tuple[Span, ...]
    title: str = ""
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Place:
    """A span of an original text: characters ``start:end``, ``lines`` counted from 1.

    ``source`` is the file's path or the record's id; ``part`` the title of a
    record's document or a PDF's page, within which lines of a record count.
    """

    source: str
    part: str
    lines: tuple[int, int]
    start: int
    end: int

    def __str__(self) -> str:
        first, last = self.lines
        lines = f"{first}" if first == last else f"{first}-{last}"
        part = f", {self.part}" if self.part else ""
        return f"{self.source}{part}:{lines}"


@dataclass(frozen=True, slots=True)
class Citation:
    """``quote`` stands word for word (white space apart) at ``place`` of the original."""

    number: int
    place: Place
    quote: str
    how: How


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of the answer.

    ``supported``: what it says beyond the question is held by the cited text.
    ``misquotes`` are quotations that stand nowhere in the context, ``missing``
    the facts and words that its best evidence does not hold.
    """

    text: str
    supported: bool
    citations: tuple[Citation, ...] = ()
    misquotes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rung:
    """One attempt at the question.

    ``context_tokens`` under the run's tokenizer, ``prompt_tokens`` and
    ``reply_tokens`` under the reader's. ``select_seconds`` is stage one,
    ``seconds`` the reader, ``reading`` its part until the first token.
    ``confidence`` is 0 to 1; ``error`` says why there is no reply.
    """

    name: str
    reader: str
    text: str = ""
    context_tokens: int = 0
    prompt_tokens: int = 0
    reply_tokens: int = 0
    counted: bool = True
    select_seconds: float = 0.0
    seconds: float = 0.0
    reading: float = 0.0
    local: bool = True
    dollars: float | None = None
    mean_logprob: float | None = None
    least_logprob: float | None = None
    support: float = 0.0
    confidence: float = 0.0
    abstained: bool = False
    refused: bool = False
    accepted: bool = False
    error: str = ""


@dataclass(frozen=True, slots=True)
class Bill:
    """What the question cost, beside what the first reader would have cost on everything.

    ``tokens`` are the readers' prompt tokens over all rungs, ``without`` the
    prompt of the whole context. ``select_seconds`` is stage one (rewriting
    included). ``seconds_without`` is an estimate from the measured speed of
    reading, None where there is no speed to go by. ``dollars`` are None without
    prices. ``paid``: cheaper in dollars where there are prices, else in seconds
    where they can be told, else in tokens.
    """

    tokens: int
    without: int
    reply_tokens: int
    select_seconds: float
    seconds: float
    seconds_without: float | None
    dollars: float | None
    dollars_without: float | None
    paid: bool
    by: str
    counted: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question.

    ``abstained``: the context does not hold it (then ``text`` says so and there
    are no claims). ``rung`` is the one whose reply this is. ``passages`` are the
    nearest to the question, best first, where no supported answer is there.
    ``extractive``: no reader was asked, they are all there is. ``weights``: the reader read
    no document, what it says is from its weights and an adapter beside them.
    """

    question: str
    text: str
    abstained: bool
    refused: bool
    claims: tuple[Claim, ...]
    confidence: float
    rung: str
    reader: str
    rungs: tuple[Rung, ...]
    bill: Bill
    original_tokens: int
    tokenizer: str
    engine: str
    id: object = None
    source: str = ""
    standalone: str = ""
    reformulations: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())
    passages: tuple[Citation, ...] = ()
    extractive: bool = False
    weights: bool = False

    @property
    def supported(self) -> bool:
        """Whether every claim has support; an honest "not in the context" has no claims."""
        if self.refused or self.extractive or self.weights:
            return False
        return self.abstained or (bool(self.claims) and all(c.supported for c in self.claims))

    @property
    def unsupported(self) -> bool:
        """Whether a reader answered what the documents do not hold."""
        return not (self.supported or self.refused or self.extractive or self.weights)

    @property
    def final(self) -> str:
        """What is handed out as the answer: never a reply without support."""
        return NO_SUPPORT if self.unsupported else self.text

    @property
    def route(self) -> tuple[str, ...]:
        """The rungs that were tried, in order."""
        return tuple(rung.name for rung in self.rungs)


@dataclass(frozen=True, slots=True)
class Routing:
    """Which rungs may be tried, and when one is good enough (``confidence``, 0 to 1)."""

    rungs: tuple[str, ...] = RUNGS
    confidence: float = 0.45
    reader: str = ""
    escalate: str | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.confidence) and 0 <= self.confidence <= 1):
            raise UsageError(f"--confidence must be between 0 and 1, not {self.confidence:g}")
        unknown = [name for name in self.rungs if name not in RUNGS]
        if unknown or not self.rungs:
            raise UsageError(
                f"--route has no rung {unknown[0]!r}" if unknown else "--route names no rung",
                hint=f"one or more of {', '.join(RUNGS)}, with commas between",
            )

    @classmethod
    def parse(cls, route: str, confidence: float, reader: str, escalate: str | None) -> Routing:
        """``route`` as on the command line; rungs always go from the smallest up."""
        named = [part.strip() for part in route.split(",") if part.strip()]
        known = tuple(name for name in RUNGS if name in named)
        return cls(known + tuple(n for n in named if n not in RUNGS), confidence, reader, escalate)
