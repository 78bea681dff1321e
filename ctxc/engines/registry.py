"""Engines by name; each is imported when it is asked for."""

from __future__ import annotations

from importlib import import_module

from ..errors import UsageError
from ..runtime import ENCODER, Runtime
from .base import Engine

# name: (module, class, what it opens: "lm", "encoder" or nothing)
_ENGINES = {
    "distill": ("distill", "DistillEngine", "lm"),
    "encoder": ("encoder", "EncoderEngine", "encoder"),
    "likelihood": ("likelihood", "LikelihoodEngine", "lm"),
    "perplexity": ("perplexity", "PerplexityEngine", "lm"),
    "random": ("baselines", "RandomEngine", ""),
    "truncate": ("baselines", "TruncateEngine", ""),
    "verbatim": ("distill", "VerbatimEngine", "encoder"),
}

NAMES = ("auto", *_ENGINES)


def check(name: str) -> None:
    """Raise UsageError for a name that does not exist."""
    if name not in NAMES:
        raise UsageError(
            f"there is no engine called {name!r}", hint=f"choose one of {', '.join(NAMES)}"
        )


def resolve(name: str, question: str | None) -> str:
    """The engine that ``name`` means for this document: ``auto`` looks for a question."""
    check(name)
    if name == "auto":
        return "encoder" if question else "perplexity"
    return name


def get(name: str) -> Engine:
    """The engine called ``name`` (a resolved one)."""
    module, cls, _ = _ENGINES[name]
    engine: Engine = getattr(import_module(f".{module}", __package__), cls)()
    return engine


def opens(name: str) -> str:
    """What an engine opens: ``lm``, ``encoder``, or nothing."""
    return _ENGINES[name][2] if name in _ENGINES else ""


def model_of(name: str, runtime: Runtime) -> str | None:
    """The name of the model an engine used, or None where it used none."""
    if opens(name) == "lm":
        return runtime.model_name()
    return ENCODER if opens(name) == "encoder" else None
