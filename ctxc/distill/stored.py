"""Distillations kept in the store: the same text, options and model come back in milliseconds.

The key is derived from the options object as it is, so an option added later
is part of it by itself. Beside each result lies a mark under the hash of its
text, by which ctxc knows its own output again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, is_dataclass
from pathlib import Path, PurePath
from typing import Any

from .. import __version__
from ..compression import Compression, Kept
from ..document import Document
from ..store import Store

_EDGE = 1 << 16  # bytes of a model's head and tail that stand for the whole file


def key(document: Document, options: Any, model: Path | None) -> str:
    """What decides a distillation, as one hash: the text, every option, the model's file.

    ``options`` is the frozen dataclass of the run; ``model`` None means that
    no language model is asked.
    """
    parts = {
        "ctxc": __version__,
        "options": _plain(options),
        "document": {
            "text": _hash(document.text.encode("utf-8", "surrogatepass")),
            "parts": [asdict(part) for part in document.parts],
            "originals": [asdict(span) for span in document.original_spans],
            "media_type": document.media_type,
            "question": document.question,
            "name": PurePath(document.source).name if options.distill.cite else "",
        },
        "model": _fingerprint(model) if model is not None else "",
    }
    return "distill:" + _hash(json.dumps(parts, sort_keys=True).encode())


def get(store: Store, name: str, document: Document, seconds: float) -> Compression | None:
    """The result under ``name`` as one of ``document``, or None."""
    raw = store.get(name)
    if raw is None:
        return None
    try:
        held = json.loads(raw)
        kept = tuple(Kept(*values) for values in held.pop("kept"))
        notes = (*document.notes, *held.pop("notes"), "from the store (--no-store asks again)")
        return Compression(
            source=document.source, id=document.id, seconds=seconds, kept=kept, notes=notes, **held
        )
    except (ValueError, KeyError, TypeError):
        return None  # a value of another version: distil again


def put(store: Store, name: str, result: Compression, notes: Sequence[str]) -> None:
    """Keep ``result``, and mark its text as distilled. ``notes`` are those of the distillation."""
    held = {
        "text": result.text,
        "original": result.original,
        "compressed": result.compressed,
        "target": result.target,
        "tokenizer": result.tokenizer,
        "engine": result.engine,
        "model": result.model,
        "question": result.question,
        "notes": list(notes),
        "kept": [[k.start, k.end, k.score] for k in result.kept],
        "extra": result.extra,
    }
    store.put(name, json.dumps(held).encode())
    store.put(_mark(result.text), b"1")


def known(store: Store, text: str) -> bool:
    """Whether ``text`` is what a distillation put out."""
    return bool(text.strip()) and store.get(_mark(text)) is not None


def _mark(text: str) -> str:
    return "distilled:" + _hash(text.strip().encode("utf-8", "surrogatepass"))


def _plain(value: Any) -> Any:
    """A dataclass as JSON values with its type's name: ``Rate(1)`` is not ``Tokens(1)``."""
    if is_dataclass(value) and not isinstance(value, type):
        names = value.__dataclass_fields__
        return {"": type(value).__name__, **{n: _plain(getattr(value, n)) for n in names}}
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    return value


def _fingerprint(path: Path) -> str:
    """A file's size and the hash of its first and last 64 KB: metadata and weights."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_EDGE)
        file.seek(max(0, size - _EDGE))
        return f"{size}:{_hash(head + file.read())}"


def _hash(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
