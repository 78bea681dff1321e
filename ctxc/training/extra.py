"""Whether what training needs is installed: asked before any work."""

from __future__ import annotations

from importlib.util import find_spec

from ..errors import UsageError
from ..remedies import install

NEEDED = ("torch", "transformers", "peft", "gguf")


def need(command: str) -> None:
    """Raises UsageError, with the line to run, where one of ``NEEDED`` is missing."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"{command} needs {', '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} "
            "not installed",
            hint=install("train"),
        )
