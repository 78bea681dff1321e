"""What this machine has for ctxc, and the exact command where something better is possible.

``library`` asks llama.cpp in a process of its own (an import that crashes is an
answer too), ``probe`` times it for a second or two, ``install`` knows which
wheels there are, ``advice`` compares; ``examine`` puts it together.
"""

from .advice import Advice, advise
from .examine import Findings, Folder, examine
from .library import Library

__all__ = ["Advice", "Findings", "Folder", "Library", "advise", "examine"]
