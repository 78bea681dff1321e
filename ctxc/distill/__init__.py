"""Distillation: the facts of a text in few words, none of them invented.

``chunks`` cuts the text at its own boundaries, ``writing`` lets the model
write lines about each, ``check`` accepts a line only where its source carries
it, ``repair`` mends what can be mended, ``salience`` ranks the source's own
sentences, ``telegraph`` takes filler out of them, ``shortening`` lets the model
leave out more (what may go: ``spare``), ``lines`` puts the best of both into the
budget under the source's headings. ``engines.distill`` runs it.

Nothing a model wrote is ever written about again: what does not fit the
budget is chosen away, not summarised a second time.
"""
