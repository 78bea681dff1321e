"""What the encoder said of a text, kept for one question: no rung embeds it a second time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

from ..llama.runtime import Runtime

if TYPE_CHECKING:
    from ..llama.encode import Encoder, Vectors


def remembering(runtime: Runtime) -> Runtime:
    """``runtime`` with an encoder that embeds each text once; everything else is its own."""
    return cast(Runtime, _Runtime(runtime))


class _Runtime:
    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._encoder: _Encoder | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._runtime, name)

    def encoder(self) -> Encoder:
        # Asked for anew each time: the runtime may have been closed in between.
        encoder = self._runtime.encoder()
        if self._encoder is None:
            self._encoder = _Encoder()
        self._encoder.encoder = encoder
        return cast("Encoder", self._encoder)


class _Encoder:
    """The one method of an encoder that engines use."""

    encoder: Encoder

    def __init__(self) -> None:
        self._known: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.encoder, name)

    def embed(
        self, texts: Sequence[str], advance: Callable[[float], None] = lambda _: None
    ) -> Vectors:
        import numpy as np

        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, self.encoder.embed(new, advance), strict=True))
        advance(len(texts) - len(new))
        if not texts:
            return self.encoder.embed([])
        return cast("Vectors", np.stack([self._known[text] for text in texts]))
