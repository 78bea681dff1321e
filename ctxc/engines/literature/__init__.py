"""Published compression methods, one file each, on GGUF logits.

They cut words out of sentences, as published: none of them is chosen unless it is named.
"""
