"""What a GGUF file's header says about a model, read in about 20 ms without its weights.

::

    header = ctxc.models.gguf.read("model.gguf")
    header.n_layers, header.context_length, header.quantisation
    header.kv_bytes(n_ctx=8192, type_k="q8_0", type_v="q8_0")

``reader`` opens files, ``cursor`` turns bytes into a ``Header`` and refuses what is
damaged or hostile, ``header`` (over ``keys``) holds the facts, ``memory`` the KV cache as llama.cpp
allocates it, ``architectures`` what only llama.cpp's source says, ``types`` and
``values`` what a header is made of. Standard library only; nothing here writes GGUF.
"""

from ctxc.models.gguf.header import Header
from ctxc.models.gguf.reader import read
from ctxc.models.gguf.types import CACHE_TYPES
from ctxc.models.gguf.values import LongArray, Tensor

__all__ = ["CACHE_TYPES", "Header", "LongArray", "Tensor", "read"]
