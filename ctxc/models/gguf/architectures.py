"""What llama.cpp's source knows about architectures and their files do not say.

From ``llama-arch.cpp``, ``llama_model::create_memory`` and ``models/*.cpp`` of the
llama.cpp that llama-cpp-python 0.3.36 carries.
"""

from __future__ import annotations

from typing import NamedTuple

# BERT and its kin: they read both ways, write nothing, and keep no cache.
ENCODERS = frozenset(
    "bert modern-bert nomic-bert nomic-bert-moe neo-bert jina-bert-v2 jina-bert-v3 eurobert "
    "gemma-embedding t5encoder".split()
)
# llm_arch_is_recurrent, llm_arch_is_hybrid
RECURRENT = frozenset("mamba mamba2 rwkv6 rwkv6qwen2 rwkv7 arwkv7".split())
HYBRID = frozenset(
    "jamba falcon-h1 plamo2 granitehybrid lfm2 lfm2moe nemotron_h nemotron_h_moe qwen3next "
    "kimi-linear bailingmoe3 kimi-k3 glm5-next qwen35 qwen35moe qwen4exp deepseek4 "
    "minimax-01".split()
)
# create_memory gives them none: encoders, diffusion models, a codec.
NO_CACHE = ENCODERS | frozenset("wavtokenizer-dec dream llada llada-moe rnd1".split())
# Their caches have indexes, shared or compressed parts that the header does not settle.
UNKNOWN_CACHE = frozenset(
    "bailingmoe3 deepseek32 deepseek4 dflash dots3note eagle3 gemma4-assistant glm-dsa "
    "glm5-next graniteswitch hy_v4 kimi-k3 kimi-linear minimax-01 minimax-m3 nanbeige "
    "qwen4exp t5".split()
)


class Sliding(NamedTuple):
    """How one architecture slides: of ``period`` layers one is full (0: the file must say).

    ``dense_first``: the full one is the first of the period. ``window``: used where the
    file names none. ``forced``: used whatever the file names.
    """

    period: int
    dense_first: bool = False
    window: int = 0
    forced: int = 0


# models/*.cpp, load_arch_hparams. An architecture that is not here ignores
# `attention.sliding_window`, as llama.cpp does (phi3, qwen2, mistral ...).
SLIDING = {
    "afmoe": Sliding(4),
    "cohere2": Sliding(4),
    "cohere2moe": Sliding(4, dense_first=True),
    "exaone-moe": Sliding(4, window=128),
    "exaone4": Sliding(4, window=4096),
    "gemma2": Sliding(2, window=4096),
    "gemma3": Sliding(6),
    "gemma3n": Sliding(5),
    "gemma4": Sliding(0),
    "gpt-oss": Sliding(2),
    "granite_swa": Sliding(0),
    "laguna": Sliding(4, dense_first=True),
    "llama4": Sliding(4, window=8192, forced=8192),
    "maple": Sliding(0),
    "mellum": Sliding(4),
    "mimo2": Sliding(0),
    "muse-glimmer": Sliding(4),
    "olmo2": Sliding(4),
    "plamo3": Sliding(8),
    "smallthinker": Sliding(4, dense_first=True, forced=4096),
    "spark2_5": Sliding(0),
    "step35": Sliding(0),
}
