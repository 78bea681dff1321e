"""What a text is made of: segments, sentences, words, names, facts, what is protected.

No model is opened and no file is read here.
"""
