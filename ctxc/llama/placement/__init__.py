"""Whether and how a model fits, before it is loaded: nothing here takes device memory.

``need`` is arithmetic over a header, ``fit`` chooses layers and shape for given
devices, ``measure`` asks llama.cpp for its compute buffers.

Order of sacrifice: batch, then contexts (or sequences and context length), then
the cache's type, then layers; below 30 % of the layers the CPU does it all.
"""

from .fit import MemoryPlan, beside, check_host, cpu, fit, margin, room, size
from .need import Measure, Model, Need, estimate

__all__ = [
    "Measure",
    "MemoryPlan",
    "Model",
    "Need",
    "beside",
    "check_host",
    "cpu",
    "estimate",
    "fit",
    "margin",
    "room",
    "size",
]
