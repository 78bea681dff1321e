"""The key of a result: content, options, model and code, never a name or a date.

Derived from the option objects themselves (``dataclasses.asdict``), so that an
option added later cannot be forgotten here. A file that moved keeps its key.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ..document import Document
from ..engines import registry
from ..errors import ModelError
from ..input.inputs import ReadOptions
from ..input.media import SNIFFED, by_name, media_type
from ..llama.runtime import RuntimeOptions
from ..models import encoders
from ..models.resolve import resolve
from . import fingerprint
from .pipeline import Options


@dataclass(frozen=True, slots=True)
class Content:
    """What is compressed: a SHA-256 and everything else that decides the text read from it.

    ``name`` is set only where a result names its source (``--cite``).
    ``question`` is a record's own.
    """

    sha256: str
    kinds: tuple[str, ...] = ()
    reading: ReadOptions = ReadOptions()
    question: str | None = None
    name: str = ""


def of_bytes(data: bytes, name: str, reading: ReadOptions, options: Options) -> Content:
    """The content of a file called ``name`` that holds ``data``."""
    # The inner name tells the type of what is packed: a.md.gz is Markdown.
    kinds = (media_type(name, data[:SNIFFED]), by_name(name.lower().removesuffix(".gz")))
    return Content(hashlib.sha256(data).hexdigest(), kinds, reading, name=_named(name, options))


def of_document(document: Document, options: Options) -> Content:
    """The content of a document that came without bytes of its own (a record, a text)."""
    value = asdict(document)
    for field in ("source", "id", "notes", "question"):
        del value[field]
    data = json.dumps(value, sort_keys=True).encode()
    name = _named(document.source, options)
    return Content(hashlib.sha256(data).hexdigest(), question=document.question, name=name)


def _named(name: str, options: Options) -> str:
    return name if options.distill is not None and options.distill.cite else ""


def key(content: Content, options: Options, models: RuntimeOptions) -> str | None:
    """The key under which a result is kept, or None where the model is not here yet."""
    question = (content.question or options.question or "").strip() or None
    engine = registry.resolve(options.engine, question)
    try:
        model = _model(engine, options, models)
    except ModelError:
        return None
    material = {
        "code": fingerprint.code(),
        "content": asdict(content) | {"question": None},
        "options": asdict(options) | {"engine": engine, "question": question},
        "model": model,
    }
    return digest(material)


def digest(material: dict[str, Any]) -> str:
    """SHA-256 of any JSON value, in one canonical form."""
    return hashlib.sha256(json.dumps(material, sort_keys=True).encode()).hexdigest()


def _model(engine: str, options: Options, models: RuntimeOptions) -> dict[str, Any]:
    """What the result owes to models.

    The number of threads changes no result; where layers run may change a last digit.
    """
    told: dict[str, Any] = {}
    if registry.opens(engine) not in ("", "encoder"):
        told = asdict(replace(models, loras=()))
        for name in ("threads", "encoder", "prefixes", "offline"):
            del told[name]
        file = resolve(models.model, fetch=False)
        told["model"] = [file.name, fingerprint.of_file(file.path)]
        told["loras"] = [[fingerprint.of_file(each.path), each.scale] for each in models.loras]
    if registry.opens(engine):
        told["encoder"] = _encoder(models)
    if options.tokenizer.startswith("gguf:"):
        path = Path(options.tokenizer.removeprefix("gguf:")).expanduser()
        told["tokenizer"] = fingerprint.of_file(path)
    return told


def _encoder(models: RuntimeOptions) -> Any:
    """What decides the encoder; the one in this package is part of its code."""
    if models.encoder is None:
        return encoders.is_here()  # for other languages than English
    file = encoders.encoder_file(models.encoder, models.prefixes, fetch=False)
    return [file.digest, file.prefixes, file.name]
