"""ctxc shortens text before a language model reads it, and says exactly what that saved."""

__version__ = "0.1.0"
