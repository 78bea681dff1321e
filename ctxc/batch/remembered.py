"""A document through one engine, or its result from the store."""

from __future__ import annotations

import time
from dataclasses import replace

from ..console import Progress
from ..document import Document
from ..llama.runtime import Runtime
from ..result import Compression
from .cache import key, of_document
from .pipeline import Options, compress
from .results import Results


def compress_or_recall(
    document: Document, options: Options, runtime: Runtime, results: Results, progress: Progress
) -> Compression:
    """As ``pipeline.compress``, computed by one run and kept. Raises CtxcError."""
    if results.store is None:
        return compress(document, options, runtime, progress)
    begun = time.perf_counter()
    content = of_document(document, options)
    where = key(content, options, runtime.options)
    with results.claim(where):
        result = results.get(where)
        if result is None:
            result = compress(document, options, runtime, progress)
            # A model may have been fetched only now.
            results.put(key(content, options, runtime.options), result)
            return result
    notes = tuple(dict.fromkeys((*document.notes, *result.notes)))
    seconds = time.perf_counter() - begun
    return replace(result, source=document.source, id=document.id, seconds=seconds, notes=notes)
