"""The card of a student: what it was made of and how, with what was measured on the way.

The facts that a repetition gives again stand in the adapter's own metadata (``KEY``); the
card beside it, Markdown with the same facts and the seconds as JSON at its end, is for people
and for ``ctxc stats``.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .. import __version__
from ..console import plain
from ..errors import ModelError
from ..evaluate import normalise
from ..models.gguf import Header, read
from ..models.gguf.fingerprint import fingerprint

KEY = "ctxc.card"
MARK = "<!-- a model card by ctxc -->"
SUFFIX = ".card.md"
_LONGEST = 4_000_000

Facts = dict[str, Any]


def card_path(adapter: Path) -> Path:
    return adapter.with_name(adapter.name + SUFFIX)


def base_facts(header: Header) -> Facts:
    return {
        "name": plain(header.name, 120),
        "file": header.path.name,
        "fingerprint": fingerprint(header.path),
        "architecture": header.architecture,
        "parameters": header.parameters,
        "licence": plain(header.licence, 80) or "not told by the file",
    }


def versions() -> Facts:
    """Of what took part in the training."""
    result: Facts = {"ctxc": __version__, "python": platform.python_version()}
    for name in ("torch", "transformers", "peft", "gguf", "llama-cpp-python"):
        try:
            result[name] = version(name)
        except PackageNotFoundError:
            result[name] = "unknown"
    return result


def metadata(facts: Facts, header: Header) -> dict[str, str]:
    """What goes into the adapter's file."""
    return {
        "general.name": f"{plain(header.name, 120)} with {facts['kind']}",
        "general.base_model.0.name": plain(header.name, 120),
        KEY: json.dumps(facts, sort_keys=True, ensure_ascii=False),
    }


def facts_of(adapter: Path) -> Facts:
    """What an adapter says of how it was made. Raises ModelError where it says nothing."""
    header = read(adapter)
    if not header.is_adapter:
        raise ModelError(f"{adapter} is a model, no adapter", hint="name a file that --lora takes")
    text = header.metadata.get(KEY)
    result = _object(text) if isinstance(text, str) else None
    if result is None:
        raise ModelError(
            f"{adapter} does not say how it was made",
            hint="adapters that ctxc internalize made do; others can be used with --lora",
        )
    return result


def measured(adapter: Path) -> Facts:
    """The facts of the card beside ``adapter``, seconds among them; {} where there is none."""
    try:
        path = card_path(adapter)
        if path.stat().st_size > _LONGEST:
            return {}
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return {}
    _, result, rest = text.rpartition("```json\n")
    return (_object(rest.partition("\n```")[0]) or {}) if result else {}


def harmless_name(name: str) -> str:
    """A file's name as a card tells it: below the working directory, or by its last part alone.

    >>> harmless_name("docs/policy.md"), harmless_name("/home/me/policy.md")
    ('docs/policy.md', 'policy.md')
    """
    path = Path(name)
    inside = not path.is_absolute() and ".." not in path.parts
    return name if inside else path.name


def digest(question: str) -> str:
    """What tells a question again without telling what it was: 12 hexadecimal digits."""
    return hashlib.sha256(normalise(question).encode()).hexdigest()[:12]


def _object(text: str) -> Facts | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def as_markdown(title: str, sections: Mapping[str, list[str]], facts: Facts) -> str:
    """The card: ``sections`` of lines, then all ``facts`` as JSON."""
    out = [MARK, f"# {title}", ""]
    for heading, lines in sections.items():
        out += [f"## {heading}", "", *(f"* {line}" for line in lines), ""]
    out += ["## All of it", "", "```json", json.dumps(facts, indent=1, ensure_ascii=False), "```"]
    return "\n".join(out) + "\n"
