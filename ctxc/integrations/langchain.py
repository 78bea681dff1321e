"""LangChain: a document compressor for retrievers, and the same as a Runnable."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.callbacks import Callbacks
from langchain_core.documents import BaseDocumentCompressor, Document
from langchain_core.runnables import Runnable, RunnableLambda
from pydantic import ConfigDict

from .shortening import set_fields, shortened


class CtxcCompressor(BaseDocumentCompressor):
    """Retrieved documents under one budget: order, ids and metadata kept, those left out gone.

    Give one of ``tokens``, ``rate`` and ``ratio``; ``engine`` as in ``ctxc.compress``.
    Raises CtxcError where nothing of any document fits.
    """

    model_config = ConfigDict(extra="forbid")

    tokens: int | None = None
    rate: float | None = None
    ratio: float | None = None
    engine: str = "auto"
    tokenizer: str = "o200k_base"

    def compress_documents(
        self, documents: Sequence[Document], query: str, callbacks: Callbacks | None = None
    ) -> list[Document]:
        """The documents that are left, shortened, as they came."""
        fields = set_fields(
            tokens=self.tokens,
            rate=self.rate,
            ratio=self.ratio,
            engine=self.engine,
            tokenizer=self.tokenizer,
        )
        left = shortened([d.page_content for d in documents], query, fields)
        return [
            documents[i].model_copy(update={"page_content": left.results[i].text})
            for i in left.indices
        ]

    async def acompress_documents(
        self, documents: Sequence[Document], query: str, callbacks: Callbacks | None = None
    ) -> list[Document]:
        """The same in a thread."""
        return await asyncio.to_thread(self.compress_documents, documents, query, callbacks)

    def runnable(self) -> Runnable[Mapping[str, Any], list[Document]]:
        """A Runnable of ``{"documents": [...], "question": "..."}``."""

        def call(given: Mapping[str, Any]) -> list[Document]:
            return self.compress_documents(given["documents"], given.get("question") or "")

        async def acall(given: Mapping[str, Any]) -> list[Document]:
            return await self.acompress_documents(given["documents"], given.get("question") or "")

        return RunnableLambda(call, afunc=acall)
