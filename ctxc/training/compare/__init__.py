"""``ctxc eval --internalized``: an adapter against the context it is to replace.

``cases`` (held-out questions, what a right answer is), ``conditions`` (what stands before a
question), ``measure`` (answers, tokens, seconds, bytes), ``general`` (what was forgotten),
``table``.
"""
