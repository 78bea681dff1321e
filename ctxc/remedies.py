"""The commands that messages tell a user to run, made in one place so that they can be checked."""

from __future__ import annotations

PACKAGE = "ctxc-cli"
SMALL_READER = "qwen2.5-0.5b"
"""The smallest model of the catalogue that answers questions."""


def install(extra: str) -> str:
    """How to add one of the package's extras, from a checkout and from an index.

    >>> install("hub")
    "pip install '.[hub]' in a checkout, or pip install 'ctxc-cli[hub]' from an index"
    """
    return (
        f"pip install '.[{extra}]' in a checkout, or pip install '{PACKAGE}[{extra}]' from an index"
    )


def reinstall() -> str:
    """How to bring back a file of the package that is missing or damaged."""
    again = "pip install --force-reinstall --no-deps"
    return f"reinstall: {again} . in a checkout, or {again} {PACKAGE} from an index"


def reader() -> str:
    """How to get a model that answers questions."""
    return (
        f"for a reader: ctxc models pull {SMALL_READER} ({install('hub')}) and "
        f"--reader {SMALL_READER}, or an endpoint with --reader openai:MODEL"
    )
