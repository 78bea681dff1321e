"""Marks in the store by which ctxc knows its own distillations again.

A summary of a summary loses facts; text that was printed or piped carries no
front matter, but its hash is known where it was made.
"""

from __future__ import annotations

import hashlib

from ..store import Store


def mark(store: Store, text: str) -> None:
    """Remember ``text`` as what a distillation put out: its hash, nothing of itself."""
    if text.strip():
        store.put(_mark(text), b"1")


def known(store: Store, text: str) -> bool:
    """Whether ``text`` is what a distillation put out."""
    return bool(text.strip()) and store.get(_mark(text)) is not None


def _mark(text: str) -> str:
    raw = text.strip().encode("utf-8", "surrogatepass")
    return "distilled:" + hashlib.sha256(raw).hexdigest()
