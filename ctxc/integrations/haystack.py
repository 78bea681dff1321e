"""Haystack: a component between a retriever and a prompt builder."""

from __future__ import annotations

from dataclasses import replace

from haystack import Document, component, default_from_dict, default_to_dict

from .shortening import set_fields, shortened


@component
class CtxcCompressor:
    """Documents under one budget: order, ids, scores and metadata kept, those left out gone.

    Give one of ``tokens``, ``rate`` and ``ratio``; ``engine`` as in ``ctxc.compress``. Documents
    without a text pass as they are. Raises CtxcError where nothing of any document fits.
    """

    def __init__(
        self,
        tokens: int | None = None,
        rate: float | None = None,
        ratio: float | None = None,
        engine: str = "auto",
        tokenizer: str = "o200k_base",
    ) -> None:
        self._fields = set_fields(
            tokens=tokens, rate=rate, ratio=ratio, engine=engine, tokenizer=tokenizer
        )

    def to_dict(self) -> dict[str, object]:
        """For a pipeline's YAML."""
        return dict(default_to_dict(self, **self._fields))

    @classmethod
    def from_dict(cls, data: dict[str, object]) -> CtxcCompressor:
        made: CtxcCompressor = default_from_dict(cls, data)
        return made

    @component.output_types(documents=list[Document])
    def run(self, documents: list[Document], query: str = "") -> dict[str, list[Document]]:
        """The documents that are left, shortened, as they came."""
        texts = [document.content or "" for document in documents]
        left = shortened(texts, query, self._fields)
        out = []
        for document, before, result in zip(documents, texts, left.results, strict=True):
            if not before.strip():
                out.append(document)
            elif result.text.strip():
                out.append(replace(document, content=result.text))
        return {"documents": out}
