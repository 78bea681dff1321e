"""Model work in a process of its own, so that its death is only that.

llama.cpp aborts its process when CUDA runs out of memory inside a decode, and
nothing can catch that. So whatever uses a GPU runs in a child: ``seats`` opens
models there by plan, ``serve`` answers requests, ``wire`` carries them,
``process`` is the child as its parent sees it, ``supervisor`` starts another
one a step lower when it dies, and ``remote`` are stand-ins for ``Scorer``,
``Encoder``, ``Generator`` and ``Past`` that keep what was finished.
"""
