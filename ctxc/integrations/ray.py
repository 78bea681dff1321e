"""Ray Data: a class for ``map_batches``, which opens its models once an actor.

::

    ray.data.read_parquet("in/").map_batches(
        Compress, fn_constructor_kwargs={"tokens": 200}, concurrency=8, num_cpus=1
    ).write_parquet("out/")
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np

from ..api.compressor import Compressor
from ..api.options import Fields
from ..document import Document
from ..result import Compression, Outcome


class Compress:
    """Batches with a column of texts -> the same with what is left of each, and how much.

    ``column`` is shortened into ``into`` (the same by default). Beside it come
    ``original_tokens`` and ``compressed_tokens`` (-1 where it failed) and ``error`` ("" where it
    did not). A row that fails has the text "" and goes on. ``question_column`` names a column
    with each row's own question. ``threads`` is for an actor's models: as many as its CPUs.
    Other keywords are those of ``ctxc.compress``. Raises UsageError.
    """

    def __init__(
        self,
        column: str = "text",
        *,
        into: str = "",
        question_column: str = "",
        threads: int = 1,
        gpu: str = "off",
        **fields: Unpack[Fields],
    ) -> None:
        self._column, self._into = column, into or column
        self._question_column = question_column
        self._compressor = Compressor(threads=threads, gpu=gpu, **fields)

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, Any]:
        """``batch`` maps names to arrays of ``n`` values, Ray's "numpy" format; so does what
        comes back. Raises KeyError for a column that is not there."""
        texts = batch[self._column]
        questions = batch[self._question_column] if self._question_column else [None] * len(texts)
        documents = [_document(t, q) for t, q in zip(texts, questions, strict=True)]
        outcomes = list(self._compressor.compress_all(documents))
        return {**batch, self._into: _texts(outcomes), **_figures(outcomes)}


def _document(text: Any, question: Any) -> Document:
    from dataclasses import replace

    from ..api.compressor import as_document

    document = as_document("" if text is None else str(text))
    return replace(document, question=str(question)) if question else document


def _texts(outcomes: list[Outcome]) -> Any:
    return np.array([o.text if isinstance(o, Compression) else "" for o in outcomes], dtype=object)


def _figures(outcomes: list[Outcome]) -> dict[str, Any]:
    done = [o if isinstance(o, Compression) else None for o in outcomes]
    errors = ["" if isinstance(o, Compression) else o.message for o in outcomes]
    return {
        "original_tokens": np.array([o.original if o else -1 for o in done], dtype=np.int64),
        "compressed_tokens": np.array([o.compressed if o else -1 for o in done], dtype=np.int64),
        "error": np.array(errors, dtype=object),
    }
