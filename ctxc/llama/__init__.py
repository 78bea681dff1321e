"""llama.cpp through llama-cpp-python's C API: the only package that imports it.

``capi`` binds the library and its log, ``model`` a file's weights and
vocabulary, ``context`` one decode, ``score`` log-likelihoods, ``encode``
embeddings, ``generate`` text, ``tune`` the copy of a model that scores fastest.
The high-level ``llama_cpp.Llama`` is not used: it loses tokens longer than 32
bytes, shifts echoed log-probabilities by one and hides error lines.
"""
