"""Other people's compressors, where they are installed, on the same records.

One row of ``_PEERS`` a peer. Each gets the text that an engine gets, the question and the share
to keep, and is judged by the text it gives back; ctxc counts its tokens.
"""

from __future__ import annotations

import importlib
import io
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from .. import tokens
from ..console import plain
from ..document import Document
from ..errors import EngineError, UsageError
from ..result import Compression

Call = Callable[[str, str, float], str]
"""Text, question and the share of the tokens to keep -> the shorter text."""


def _llmslim() -> Call:
    llmslim: Any = importlib.import_module("llmslim")

    def call(text: str, question: str, rate: float) -> str:
        result = llmslim.compress(text, target_ratio=rate, query=question or None)
        return str(result.compressed_text)

    return call


_CLASSIFIER = "microsoft/llmlingua-2-bert-base-multilingual-cased-meetingbank"


def _llmlingua() -> Call:
    """LLMLingua-2 with its smaller published classifier, which its own loader takes from a hub."""
    llmlingua: Any = importlib.import_module("llmlingua")
    compressor = llmlingua.PromptCompressor(_CLASSIFIER, use_llmlingua2=True, device_map="cpu")

    def call(text: str, question: str, rate: float) -> str:
        return str(compressor.compress_prompt([text], rate=rate)["compressed_prompt"])

    return call


# name: (what pip calls it, how it is made ready)
_PEERS: dict[str, tuple[str, Callable[[], Call]]] = {
    "llmlingua": ("llmlingua==0.2.2", _llmlingua),
    "llmslim": ("llmslim==0.11.2", _llmslim),
}

NAMES = tuple(_PEERS)


@dataclass(frozen=True, slots=True)
class Peer:
    """An installed compressor; ``name`` says its version too."""

    name: str
    call: Call

    def shorten(self, document: Document, ratio: float, tokenizer: str) -> Compression:
        """What it leaves of ``document`` when asked for 1/``ratio``, in however many tokens.

        Raises EngineError where it raises anything.
        """
        count = tokens.get(tokenizer).count
        original = sum(map(count, document.originals))
        begun = time.perf_counter()
        try:
            with redirect_stdout(io.StringIO()):
                text = self.call(document.text, document.question or "", 1 / ratio)
        except Exception as error:  # another program's, and whatever it does not expect
            reason = plain(f"{type(error).__name__}: {error}", 200)
            raise EngineError(f"{document.source}: {self.name}: {reason}") from None
        seconds = time.perf_counter() - begun
        left, target = count(text), int(original / ratio)
        return Compression(
            document.source, text, original, left, target, tokenizer, self.name, None, seconds
        )


def peer(name: str) -> Peer:
    """The peer called ``name``, ready. Raises UsageError for one that is unknown or not there."""
    if name not in _PEERS:
        raise UsageError(
            f"--against knows no {name!r}", hint=f"choose one of {', '.join(sorted(_PEERS))}"
        )
    package, make = _PEERS[name]
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        raise UsageError(
            f"--against {name}: it is not installed", hint=f"pip install {package}"
        ) from None
    try:
        return Peer(f"{name} {version}", make())
    except Exception as error:  # its imports, its model
        reason = plain(f"{type(error).__name__}: {error}", 200)
        raise UsageError(f"--against {name}: it does not start: {reason}") from None
