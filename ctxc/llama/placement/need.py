"""What a model and its contexts take, device by device (issue 8; formula: ``Need``).

Weights and caches follow from the header to the byte; compute buffers from
llama.cpp's own dry run where it can be taken, else from a formula.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from ...errors import ModelError
from ...models.gguf import Header
from .shape import Shape

MIB = 1 << 20

Measure = Callable[[int, Shape], "tuple[int, int] | None"]
"""(layers, shape) -> (compute bytes on the device, bytes of the whole cache), or None."""


@dataclass(frozen=True, slots=True)
class Need:
    """Bytes on one device for ``layers`` of its own."""

    layers: int
    weights: int
    cache: int
    compute: int

    @property
    def total(self) -> int:
        return self.weights + self.cache + self.compute


class Model:
    """The sizes of one file's parts, by the order in which llama.cpp offloads them.

    There are ``n`` layers and the output; ``k`` offloaded means the output and
    the last ``k - 1`` layers. Token embeddings never move.
    """

    def __init__(self, header: Header, measure: Measure = lambda k, s: None) -> None:
        self.header = header
        self.n_layers = header.n_layers
        self.most = header.n_layers + 1
        self._measure = lru_cache(maxsize=None)(measure)

    def weights(self, units: range) -> int:
        """Bytes of a stretch of units: 0 to n-1 are the layers, n is the output."""
        size = sum(self.header.layer_bytes(unit) for unit in units if unit < self.n_layers)
        if self.n_layers in units and not self.header.is_encoder:
            size += self.header.output_bytes
        return size

    def cache(self, units: range, shape: Shape) -> int:
        """Bytes of the caches of a stretch of units, in one context."""
        sizes = self._cache_by_layer(shape)
        return sum(sizes[unit] for unit in units if unit < self.n_layers)

    @lru_cache(maxsize=64)  # noqa: B019 - one instance lives as long as one plan
    def _cache_by_layer(self, shape: Shape) -> tuple[int, ...]:
        header = self.header
        try:
            sizes = header.layer_kv_bytes(
                shape.n_ctx,
                shape.n_seq,
                shape.cache,
                shape.cache,
                unified=shape.unified,
                n_ubatch=shape.n_batch,
                swa_full=False,
            )
            fixed = header.recurrent_bytes(shape.n_seq) // max(1, self.n_layers)
            return tuple(size + fixed for size in sizes)
        except ModelError:
            measured = self._measure(self.most, shape)
            if measured is None:
                raise
            return (-(-measured[1] // max(1, self.n_layers)),) * self.n_layers

    def compute(self, layers: int, shape: Shape) -> int:
        """Bytes of the compute buffer of one context with ``layers`` offloaded."""
        measured = self._measure(layers, shape)
        return measured[0] if measured else estimate(self.header, shape)

    def need(self, units: range, layers: int, shape: Shape) -> Need:
        """What ``units`` take on their device when ``layers`` are offloaded in all."""
        if not units:
            return Need(0, 0, 0, 0)
        return Need(
            len(units),
            self.weights(units),
            self.cache(units, shape) * shape.contexts,
            self.compute(layers, shape) * shape.contexts,
        )

    def host(self, layers: int, shape: Shape) -> int:
        """Bytes of main memory beside: the rest of the weights, caches, outputs, embeddings."""
        rest = range(0, self.n_layers - max(0, layers - 1))
        kept = self.header.weights_bytes - self.weights(range(rest.stop, self.n_layers))
        if layers and not self.header.is_encoder and self.header.output_bytes:
            tied = self.header.output_bytes >= self.header.embedding_bytes > 0
            kept -= 0 if tied else self.header.output_bytes
        cache = self.cache(rest, shape)
        outputs = shape.rows * self.header.vocab_size * 4
        compute = 0 if layers else self.compute(0, shape)
        return kept + (cache + outputs + compute) * shape.contexts


def estimate(header: Header, shape: Shape) -> int:
    """The compute buffer by formula, in bytes: logits, then the widest layer's activations.

    Within a few per cent of llama.cpp's own figure where logits dominate (every
    scoring shape), above it where few rows are asked for.
    """
    rows = 0 if header.is_encoder else min(shape.n_batch, shape.rows)
    wide = max(header.per_layer("feed_forward_length", 0), default=0)
    activations = shape.n_batch * (2 * wide + 6 * header.embedding_length) * 4
    mask = shape.n_batch * (shape.n_ctx // (1 if shape.unified else shape.n_seq)) * 2
    return (
        max(rows * header.vocab_size * 4 + shape.n_batch * header.embedding_length * 4, activations)
        + mask
    )
