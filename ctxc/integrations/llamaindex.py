"""LlamaIndex: a node postprocessor."""

from __future__ import annotations

from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import MetadataMode, NodeWithScore, QueryBundle

from .shortening import set_fields, shortened


class CtxcPostprocessor(BaseNodePostprocessor):
    """Nodes under one budget: order, scores, ids, relationships and metadata kept.

    Give one of ``tokens``, ``rate`` and ``ratio``; ``engine`` as in ``ctxc.compress``. The nodes
    that came in stay as they are; nodes that are left out are gone. Raises CtxcError where
    nothing of any node fits.
    """

    tokens: int | None = None
    rate: float | None = None
    ratio: float | None = None
    engine: str = "auto"
    tokenizer: str = "o200k_base"

    @classmethod
    def class_name(cls) -> str:
        return "CtxcPostprocessor"

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        fields = set_fields(
            tokens=self.tokens,
            rate=self.rate,
            ratio=self.ratio,
            engine=self.engine,
            tokenizer=self.tokenizer,
        )
        texts = [each.node.get_content(metadata_mode=MetadataMode.NONE) for each in nodes]
        question = query_bundle.query_str if query_bundle is not None else None
        left = shortened(texts, question, fields)
        out = []
        for index in left.indices:
            node = nodes[index].node.model_copy(deep=True)
            if left.results[index].text != texts[index]:
                node.set_content(left.results[index].text)
            out.append(NodeWithScore(node=node, score=nodes[index].score))
        return out
