"""What a call of the library may ask for, as one frozen value or as keywords."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypedDict

from .. import tokens as _tokens
from ..batch.pipeline import Options as Asked
from ..budget import Budget, Rate, from_options
from ..engines import registry
from ..engines.distill_options import DistillOptions
from ..llama.runtime import Runtime

DISTILLING = ("distill", "verbatim")
"""Engines that state facts line by line; ``distill`` options are theirs."""

_ALL, _HALF, _QUARTER, _FIFTH = Rate(1.0), Rate(0.5), Rate(0.25), Rate(0.2)
_BUDGETS = ("rate", "ratio", "tokens")


class Fields(TypedDict, total=False):
    """The keywords of every call: the fields of ``Options``."""

    question: str | None
    rate: float | None
    ratio: float | None
    tokens: int | None
    engine: str
    level: str
    tokenizer: str
    protect: Sequence[str]
    strict: bool
    markers: bool
    keep: str
    distill: DistillOptions | None
    model: str | None
    loras: Sequence[str]
    encoder: str | None
    runtime: Runtime | None


@dataclass(frozen=True, slots=True)
class Options:
    """Everything that decides a result, apart from the text.

    At most one of ``rate`` (share kept), ``ratio`` (original over kept) and ``tokens``; the
    default is half, a quarter with a question, a fifth for the engines ``distill`` and
    ``verbatim``. ``engine="auto"`` ranks by the question where there is one. ``protect`` are
    regular expressions whose matches are kept. ``keep="relevant"`` leaves out what does not bear
    on the question, all of it where nothing does (an error with ``strict``). ``encoder`` is
    all-MiniLM-L6-v2, multilingual-e5-small or a path (the default is by language). ``model`` is
    a path, a name from ``ctxc models`` or ``hf:owner/repo/file.gguf``, ``loras`` adapters for it
    (``FILE`` or ``FILE:SCALE``); ``runtime`` one of your own, for a number of threads or a GPU.
    """

    question: str | None = None
    rate: float | None = None
    ratio: float | None = None
    tokens: int | None = None
    engine: str = "auto"
    level: str = ""
    tokenizer: str = _tokens.DEFAULT
    protect: Sequence[str] = ()
    strict: bool = False
    markers: bool = False
    keep: str = ""
    distill: DistillOptions | None = None
    model: str | None = None
    loras: Sequence[str] = ()
    encoder: str | None = None
    runtime: Runtime | None = None

    def updated(self, changes: Fields) -> Options:
        """The same with ``changes``; a budget among them replaces any other.

        Raises TypeError for a keyword that does not exist.
        """
        known = {field.name for field in fields(self)}
        for name in changes:
            if name not in known:
                raise TypeError(f"there is no option {name!r}: choose of {', '.join(known)}")
        new: dict[str, Any] = dict(changes)
        if any(new.get(name) is not None for name in _BUDGETS):
            new = dict.fromkeys(_BUDGETS) | new
        return replace(self, **new)

    def budget(self) -> Budget:
        """Raises UsageError for two budgets and for an impossible one."""
        asked = bool(self.question)
        default = _FIFTH if self.engine in DISTILLING else _QUARTER if asked else _HALF
        default = _ALL if self.keep else default
        return from_options(self.rate, self.ratio, self.tokens, default)

    def asked(self) -> Asked:
        """The same as the pipeline takes it. Raises UsageError."""
        distill = self.distill
        if distill is None and self.engine in DISTILLING:
            distill = DistillOptions()
        return Asked(
            engine=self.engine,
            budget=self.budget(),
            tokenizer=self.tokenizer,
            question=self.question,
            level=self.level,
            protect=tuple(self.protect),
            strict=self.strict,
            markers=self.markers,
            keep=self.keep,
            distill=distill,
        )


def opens_model(asked: Asked, question: str | None = None) -> bool:
    """Whether a document asked ``question`` may open a model: one thing at a time then."""
    question = (question or asked.question or "").strip() or None
    engine = registry.resolve(asked.engine, question)
    return bool(registry.opens(engine)) or asked.tokenizer.startswith("gguf:")
