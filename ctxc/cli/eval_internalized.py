"""``ctxc eval --internalized``: an adapter side by side with the context it is to replace."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..llama.runtime import RuntimeOptions
    from ..training.internalize.material import Material


@dataclass(frozen=True, slots=True)
class Compared:
    """What is measured, by which model."""

    records: Path
    adapter: Path
    context: tuple[str, ...]
    beside: Path | None
    models: RuntimeOptions


def compare(wanted: Compared, limit: int | None, json: bool) -> int:
    """Print the comparison, and return the exit code."""
    from ..console import progress
    from ..llama.runtime import Runtime
    from ..output.report import json_line, write_out
    from ..training import card
    from ..training.compare.cases import read_cases, unseen
    from ..training.compare.conditions import conditions
    from ..training.compare.general import forgetting
    from ..training.compare.measure import measure
    from ..training.compare.table import as_table

    facts = card.facts_of(wanted.adapter)
    cases = read_cases(wanted.records)[: limit or None]
    unseen(cases, facts, wanted.adapter)
    material = _material(wanted, facts)
    with Runtime(wanted.models) as runtime, progress() as display:
        header = _base(runtime, wanted, facts)
        some = conditions(material, runtime, wanted.adapter, wanted.beside)
        rows = []
        for result in measure(some, cases, runtime, header, display):
            rows += result
            if json:
                write_out("".join(json_line(row.as_json()) for row in result))
        adapted = [(each.name, each.loras) for each in some if each.loras]
        general = list(forgetting([("without an adapter", ()), *adapted], runtime, display))
    if json:
        write_out("".join(json_line(one.as_json()) for one in general))
    else:
        write_out(as_table(rows, general))
    return 0


def _base(runtime: Any, wanted: Compared, facts: dict[str, Any]) -> Any:
    """The base's header, the adapters checked against it; said where it is another file."""
    from ..console import note
    from ..llama.adapters import Lora, check_all
    from ..models.gguf import read
    from ..models.gguf.fingerprint import fingerprint

    header = read(runtime.model_path())
    check_all([Lora(path) for path in (wanted.adapter, wanted.beside) if path], header)
    trained = facts.get("base", {})
    if isinstance(trained, dict) and trained.get("fingerprint") != fingerprint(header.path):
        note(f"ctxc: {wanted.adapter} was trained for another file ({trained.get('file')})")
    return header


def _material(wanted: Compared, facts: dict[str, Any]) -> Material | None:
    """The context: as named, or the files the adapter was made of where they are still the same."""
    from ..console import note
    from ..training.internalize.material import read_material

    if wanted.context:
        return read_material(wanted.context)
    paths = [_same(each, wanted.adapter.parent) for each in facts.get("context", ())]
    if not paths or None in paths:
        note("ctxc: the context is not where it was: name it with --context to have its rows")
        return None
    return read_material([path for path in paths if path])


def _same(source: Any, folder: Path) -> str | None:
    """The file ``source`` named by the adapter, in the working directory or beside the adapter."""
    from ..training.card import harmless_name

    name, digest = (
        (source.get("name"), source.get("sha256")) if isinstance(source, dict) else ("", "")
    )
    if not isinstance(name, str) or not digest or name != harmless_name(name):
        return None
    for path in (Path(name), folder / Path(name).name):
        if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == digest:
            return str(path)
    return None
