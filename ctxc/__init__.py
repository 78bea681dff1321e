"""ctxc shortens text before a language model reads it, and says exactly what that saved.

>>> import ctxc
>>> ctxc.compress("One. Two. Three. Four.", ratio=2, engine="truncate").text
'One. Two.'

Nothing of a third party is loaded until a name is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

__all__ = [
    "Asking",
    "Budget",
    "BudgetError",
    "Compression",
    "Compressor",
    "ConfigError",
    "Conversation",
    "CtxcError",
    "DistillOptions",
    "Document",
    "EngineError",
    "Failure",
    "InputError",
    "ModelError",
    "Options",
    "Outcome",
    "Passage",
    "PassageSet",
    "Rate",
    "Runtime",
    "RuntimeOptions",
    "StoreError",
    "Tokens",
    "UsageError",
    "acompress",
    "answer",
    "close",
    "compress",
    "compress_all",
    "compress_messages",
    "count_tokens",
    "factsheet",
    "recover",
]

_ERRORS = {name: "errors" for name in __all__ if name.endswith("Error")}
_HOME = _ERRORS | {
    "Asking": "api",
    "Budget": "budget",
    "Compression": "result",
    "Compressor": "api",
    "Conversation": "messages",
    "DistillOptions": "engines.distill_options",
    "Document": "document",
    "Failure": "result",
    "Options": "api",
    "Outcome": "result",
    "Passage": "api",
    "PassageSet": "api",
    "Rate": "budget",
    "Runtime": "llama.runtime",
    "RuntimeOptions": "llama.runtime",
    "Tokens": "budget",
    "acompress": "api",
    "close": "api",
    "compress": "api",
    "compress_all": "api",
    "compress_messages": "api",
    "count_tokens": "api",
    "factsheet": "messages",
    "recover": "text.recovery",
}

if TYPE_CHECKING:
    from .api import (
        Asking,
        Compressor,
        Options,
        Passage,
        PassageSet,
        acompress,
        close,
        compress,
        compress_all,
        compress_messages,
        count_tokens,
    )
    from .api import ask as answer
    from .budget import Budget, Rate, Tokens
    from .document import Document
    from .engines.distill_options import DistillOptions
    from .errors import (
        BudgetError,
        ConfigError,
        CtxcError,
        EngineError,
        InputError,
        ModelError,
        StoreError,
        UsageError,
    )
    from .llama.runtime import Runtime, RuntimeOptions
    from .messages import Conversation, factsheet
    from .result import Compression, Failure, Outcome
    from .text.recovery import recover


def __getattr__(name: str) -> Any:
    if name == "answer":
        return import_module(".answer", __name__)  # the room, which can be called
    if name not in _HOME:
        raise AttributeError(f"module 'ctxc' has no attribute {name!r}")
    value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
