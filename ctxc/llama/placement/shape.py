"""The parameters of a context that decide its memory, and what each role may shrink to."""

from __future__ import annotations

from dataclasses import dataclass, replace

WINDOW = 512
"""Tokens a scored window holds, its overlap with the one before included."""

_LANES_MOST = 512 << 20  # bytes of logits

CACHE_IDS = {"f16": 1, "q8_0": 8}  # ggml types; CUDA's flash attention wants K and V alike


@dataclass(frozen=True, slots=True)
class Shape:
    """``contexts`` contexts alike: ``n_ctx`` cells each, ``n_batch`` tokens a decode.

    ``outputs`` bounds the rows of logits in one decode (0: all rows of the batch).
    ``cache`` is the type of both keys and values.
    """

    n_ctx: int
    n_batch: int
    n_seq: int = 1
    unified: bool = True
    outputs: int = 0
    cache: str = "f16"
    contexts: int = 1
    pooling: int | None = None

    @property
    def rows(self) -> int:
        """Rows of logits that llama.cpp keeps room for."""
        return max(self.outputs or self.n_batch, self.n_seq)

    def __str__(self) -> str:
        parts = [f"batch {self.n_batch}"]
        if self.n_seq > 1:
            parts.append(f"{self.n_seq} sequences")
        if self.contexts > 1:
            parts.append(f"{self.contexts} contexts")
        if self.cache != "f16":
            parts.append(f"{self.cache} cache")
        return ", ".join(parts)


def scoring(window: int = WINDOW) -> tuple[Shape, ...]:
    """What scoring on a GPU may use, best first.

    Several windows a decode, in two contexts that take turns; then fewer, then
    one context, then windows decoded in pieces. Windows stay 512 tokens long:
    shorter ones would change the scores. Their cache is small, and stays f16.
    """
    wide = [Shape(n * window, n * window, n, False, contexts=2) for n in (4, 2, 1)]
    one = replace(wide[-1], contexts=1)
    pieces = [replace(one, n_batch=max(1, window // part)) for part in (2, 4)]
    return (*wide, one, *pieces)


def scoring_cpu(window: int = WINDOW, vocabulary: int = 0) -> Shape:
    """What scoring on a CPU uses: one window a decode, or up to 64 short texts.

    Two contexts side by side where ``vocabulary`` (tokens) is known and their
    logits, which llama.cpp holds twice, stay within half a gigabyte.
    """
    two = 0 < 2 * 2 * 4 * window * vocabulary <= _LANES_MOST
    return Shape(window, window, 64, True, contexts=2 if two else 1)


MEAN = 1
"""llama.cpp's number for the mean of all tokens' vectors."""


def encoding(longest: int, pooling: int = MEAN) -> tuple[Shape, ...]:
    """What an encoder on a GPU may use, best first; it aborts on more than one micro-batch."""
    sizes = [size for size in (2048, 1024, 512) if size >= longest] or [longest]
    return tuple(Shape(size, size, min(256, size // 8), True, pooling=pooling) for size in sizes)


def encoding_cpu(pooling: int = MEAN) -> Shape:
    """What an encoder on a CPU uses: small batches, side by side."""
    return Shape(512, 512, 64, True, pooling=pooling, contexts=8)


def generating(n_ctx: int, n_seq: int, least: int = 0) -> tuple[Shape, ...]:
    """What generation may use, best first: fewer sequences, a smaller batch, a q8_0 cache.

    ``n_ctx`` cells serve all ``n_seq`` sequences and are given up with them, but
    never below ``least``, which one sequence needs. The first sequence holds what
    the others share.
    """
    least = min(least or n_ctx, n_ctx)
    shapes, count = [], n_seq
    while True:
        cells = max(least, n_ctx * count // n_seq)
        shapes.append(Shape(cells, min(512, cells), count + 1, True, 2 * (count + 1)))
        if count == 1:
            break
        count = max(1, count // 2)
    last = shapes[-1]
    shapes.append(replace(last, n_batch=min(256, last.n_batch)))
    shapes.append(replace(shapes[-1], n_batch=min(128, last.n_batch)))
    shapes.append(replace(shapes[-1], cache="q8_0"))
    return tuple(shapes)


def halved(shapes: tuple[Shape, ...], times: int) -> tuple[Shape, ...]:
    """``shapes`` without those whose batch is more than the best one's halved ``times`` times.

    >>> [s.n_batch for s in halved(scoring(), 1)]
    [1024, 512, 512, 256, 128]
    """
    if not times:
        return shapes
    most = shapes[0].n_batch >> times
    smaller = tuple(shape for shape in shapes if shape.n_batch <= most)
    return smaller or shapes[-1:]
