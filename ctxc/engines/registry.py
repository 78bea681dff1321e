"""Engines by name; each is imported when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ..errors import UsageError

if TYPE_CHECKING:  # the table alone is for --help, which loads no library
    from ..llama.runtime import Runtime
    from .base import Engine

# name: (module, class, what it opens: "lm", "encoder", "classifier" or nothing)
_ENGINES = {
    "distill": ("..distill.engine", "DistillEngine", "lm"),
    "encoder": ("encoder", "EncoderEngine", "encoder"),
    "information": ("information", "InformationEngine", "lm"),
    "lexical": ("modelfree", "LexicalEngine", ""),
    "likelihood": ("likelihood", "LikelihoodEngine", "lm"),
    "llmlingua": ("literature.llmlingua", "LLMLinguaEngine", "lm"),
    "llmlingua2": ("literature.llmlingua2", "LLMLingua2Engine", "classifier"),
    "longllmlingua": ("literature.longllmlingua", "LongLLMLinguaEngine", "lm"),
    "perplexity": ("perplexity", "PerplexityEngine", "lm"),
    "random": ("baselines", "RandomEngine", ""),
    "selective-context": ("literature.selective", "SelectiveContextEngine", "lm"),
    "truncate": ("baselines", "TruncateEngine", ""),
    "verbatim": ("..distill.engine", "VerbatimEngine", "encoder"),
}

NAMES = ("auto", *_ENGINES)

RANKED_FOR_A_BUDGET = (
    "distill",
    "information",
    "likelihood",
    "llmlingua",
    "longllmlingua",
    "selective-context",
)
"""Engines that look at the budget when they rank: what they read, or which passages stay."""

PRUNING = (
    "information",
    "llmlingua",
    "llmlingua2",
    "longllmlingua",
    "perplexity",
    "selective-context",
)
"""Engines whose method is to cut words, which may make a sentence say something else."""


def level_of(name: str) -> str:
    """How fine the engine ``name`` cuts by default: "sentence", or "word" for ``PRUNING``."""
    return "word" if name in PRUNING else "sentence"


def check(name: str) -> None:
    """Raise UsageError for a name that does not exist."""
    if name not in NAMES:
        raise UsageError(
            f"there is no engine called {name!r}", hint=f"choose one of {', '.join(NAMES)}"
        )


def check_options(name: str, *, order: str, markers: bool) -> None:
    """Raise UsageError for options that would have no effect on the engine ``name``."""
    if order not in ("reading", "best", "ends"):
        raise UsageError(f"there is no order {order!r}", hint="choose one of reading, best, ends")
    if order != "reading" and name != "longllmlingua":
        raise UsageError(f"--order {order} is only for --engine longllmlingua, not {name}")
    if order != "reading" and markers:
        raise UsageError("--markers needs the order of reading", hint="leave --order out")


def resolve(name: str, question: str | None) -> str:
    """The engine that ``name`` means for this document.

    ``auto`` is ``encoder`` for a question (``languages.encoder_for`` says which, and whether there
    is one for its language: else ``lexical``), and ``lexical`` without one: a language model's
    likelihood of the question, or its word on each word (``information``), makes no difference
    that could be measured, for a hundred times the time.
    """
    check(name)
    if name != "auto":
        return name
    return "encoder" if question else "lexical"


def get(name: str) -> Engine:
    """The engine called ``name`` (a resolved one)."""
    module, cls, _ = _ENGINES[name]
    engine: Engine = getattr(
        import_module(module if module.startswith("..") else f".{module}", __package__), cls
    )()
    return engine


def opens(name: str) -> str:
    """What an engine opens: ``lm``, ``encoder``, or nothing."""
    return _ENGINES[name][2] if name in _ENGINES else ""


def model_of(name: str, runtime: Runtime, question: str | None, text: str) -> str | None:
    """The name of the model an engine used for ``text``, or None where it used none."""
    if opens(name) == "lm":
        return runtime.model_name()
    if opens(name) == "classifier":
        from .literature.llmlingua2 import DEFAULT

        return runtime.options.model or DEFAULT
    if opens(name) != "encoder":
        return None
    from ..models.encoders import BUILTIN
    from .languages import encoder_or_builtin

    if not question:
        return BUILTIN
    return runtime.embedder(encoder_or_builtin(question, text, runtime)).name


def one_encoder(engine: str, question: str | None, runtime: Runtime) -> str:
    """One encoder for many documents, since scores of two do not compare: by the question.

    "" where words alone count.
    """
    if not question or not opens(resolve(engine, question)):
        return ""
    from ..models.encoders import BUILTIN
    from .languages import encoder_for

    return encoder_for(question, question, runtime) or ("" if engine == "auto" else BUILTIN)
