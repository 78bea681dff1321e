"""What stands before a question: nothing, all of the context, or some of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...answer.citations import terms
from ...batch.pipeline import Options, compress
from ...budget import Rate
from ...document import Document
from ...llama.adapters import Lora
from ...llama.model import Model
from ...llama.runtime import Runtime
from ..internalize.material import Material
from ..internalize.teach import Shown
from ..internalize.windows import Window, nearest, windows

RATIO = 4
SHOTS = 4
_AROUND = 400  # tokens of a window for question, reply and template


@dataclass(frozen=True, slots=True)
class Condition:
    """``context`` gives what stands before a question."""

    name: str
    context: Callable[[str], Shown]
    loras: tuple[Lora, ...] = ()


def conditions(
    material: Material | None, runtime: Runtime, adapter: Path, beside: Path | None
) -> list[Condition]:
    """Those that can be measured with what there is, from nothing to the adapter."""
    result = [Condition("no context", lambda _: Shown())]
    if material is not None:
        result += _with_context(material, runtime)
    if beside is not None:
        result.append(Condition("labels alone", lambda _: Shown(), (Lora(beside),)))
    return [*result, Condition("internalised", lambda _: Shown(), (Lora(adapter),))]


def _with_context(material: Material, runtime: Runtime) -> list[Condition]:
    spread = _spread(material, runtime.lm())
    words = [frozenset(terms(window.text(material))) for window in spread]

    def view(text: str) -> Shown:
        return Shown(text, bool(material.documents), bool(material.examples))

    def full(question: str) -> Shown:
        return view(spread[nearest(terms(question), words)].text(material))

    def short(question: str) -> Shown:
        options = Options(budget=Rate(1 / RATIO), question=question, level="sentence")
        return view(compress(Document(material.text, "context"), options, runtime).text)

    result = [
        Condition("context in the window", full),
        Condition(f"context, compressed {RATIO}x", short),
    ]
    if len(material.examples) > SHOTS:
        shots = "\n\n".join(example.text for example in material.examples[:SHOTS])
        result.append(Condition(f"few-shot ({SHOTS})", lambda _: Shown(shots, False, True)))
    return result


def _spread(material: Material, model: Model) -> Sequence[Window]:
    room = model.context_length - _AROUND
    return windows(material, lambda text: len(model.encode(text)), room)
