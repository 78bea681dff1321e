"""``--csv``: one table of files, pairs, history or ledger lines (RFC 4180, a header line)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from ..store import Run
from .history import Group
from .result import Counts


def counts(found: Counts) -> str:
    """A line for each file or pair, largest first; no totals (a sheet adds up by itself)."""
    if found.pairs:
        return _pairs(found)
    rows = [
        {
            "source": count.source,
            **{f"tokens {name}": count.tokens[name] for name in found.tokenizers},
            "characters": count.characters,
            "bytes": count.bytes,
            "basis": "measured",
        }
        for count in found.sorted_files()
    ]
    names = [f"tokens {name}" for name in found.tokenizers]
    return _written(["source", *names, "characters", "bytes", "basis"], rows)


def _pairs(found: Counts) -> str:
    rows = [
        {
            "source": pair.original.source,
            "compressed_source": pair.compressed.source,
            "tokenizer": name,
            "original": pair.original.tokens[name],
            "compressed": pair.compressed.tokens[name],
            "rate": round(pair.rate(name), 6),
            "basis": "measured",
        }
        for pair in found.sorted_pairs()
        for name in found.tokenizers
    ]
    names = ["source", "compressed_source", "tokenizer", "original", "compressed", "rate", "basis"]
    return _written(names, rows)


def history(groups: Iterable[Group], by: str) -> str:
    rows = [{**asdict(one), "saved": one.saved, "basis": "measured"} for one in groups]
    names = [*Group.__dataclass_fields__, "saved", "basis"]
    return _written(names, rows, {"name": by})


def runs(ledger: Iterable[Run]) -> str:
    return _written(list(Run.__dataclass_fields__), [asdict(run) for run in ledger])


def _written(
    names: list[str], rows: list[dict[str, Any]], headers: dict[str, str] | None = None
) -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, names, lineterminator="\r\n")
    writer.writerow({name: (headers or {}).get(name, name) for name in names})
    writer.writerows(rows)
    return buffer.getvalue()
