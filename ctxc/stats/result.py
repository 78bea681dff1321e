"""What one ``ctxc stats`` found out: values, ready to be shown as text, JSON Lines or CSV."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..input.sources import Skipped
from ..result import Failure
from .breakeven import BreakEven, Case
from .count import Count
from .kv import Cache
from .money import Prices
from .pairs import Pair
from .tree import Total, folders, largest_first, total
from .units import Basis


@dataclass
class Counts:
    """Files counted, pairs compared, and what could not be. The first tokenizer sorts."""

    tokenizers: list[str]
    files: list[Count] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    @property
    def first(self) -> str:
        return self.tokenizers[0]

    @property
    def empty(self) -> bool:
        return not self.files and not self.pairs

    def sorted_files(self) -> list[Count]:
        return largest_first(self.files, self.first)

    def sorted_pairs(self) -> list[Pair]:
        """By the original's tokens, largest first."""
        return sorted(self.pairs, key=lambda p: (-p.original.tokens[self.first], p.original.source))

    def folders(self) -> list[Total]:
        """Folders with all below them, largest first; one that holds every file is the total."""
        found = [one for one in folders(self.files) if one.files < len(self.files)]
        return sorted(found, key=lambda one: (-one.tokens[self.first], one.name))

    def originals(self) -> Total:
        """All files, or all originals of pairs."""
        return total(self.files or [pair.original for pair in self.pairs])

    def compressed(self) -> Total | None:
        return total(pair.compressed for pair in self.pairs) if self.pairs else None


@dataclass(frozen=True, slots=True)
class Context:
    """The context whose memory and money are worked out, and how it is known.

    ``tokens`` of the original; ``rate`` left of it (None: no compression is
    known or assumed), measured on pairs or assumed. ``about`` says in words where both come from.
    """

    tokens: int
    basis: Basis
    rate: float | None
    rate_basis: Basis
    about: str


@dataclass(frozen=True, slots=True)
class Money:
    """What sending the context costs; ``even`` where a compression is known or assumed."""

    prices: Prices
    tokens: int
    case: Case | None = None
    even: BreakEven | None = None
    seconds_from: str = ""


@dataclass
class Result:
    """Everything one run found."""

    counts: Counts | None = None
    context: Context | None = None
    caches: list[Cache] = field(default_factory=list)
    money: Money | None = None
