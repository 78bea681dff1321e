"""``ctxc models``: what is known, what is here, what a file says of itself.

::

    ctxc models                    the catalogue and the cache
    ctxc models pull qwen2.5-1.5b  fetch one
    ctxc models info my.gguf       read a header
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .usage import Command, Group

if TYPE_CHECKING:
    from ctxc.models.gguf import Header

app = typer.Typer(
    cls=Group,
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
Json = Annotated[bool, typer.Option("--json", help="JSON Lines instead of a table.")]
_HEADINGS = ("NAME", "PARAMETERS", "SIZE", "CONTEXT", "LICENCE", "CARD", "PRESENT")


@app.callback()
def models(context: typer.Context, as_json: Json = False) -> None:
    """List, fetch and inspect language models.

    Without a subcommand: known models with parameters, size, context, licence, the card
    they fit, and where they are.

    Examples:
      ctxc models --json
      ctxc models pull qwen2.5-1.5b
    """
    if context.invoked_subcommand is not None:
        return
    rows = _rows()
    if as_json:
        for row in rows:
            _say(json.dumps({"schema": 1, **row}, ensure_ascii=False))
    else:
        _table([_cells(row) for row in rows])


@app.command(cls=Command)
def pull(
    name: Annotated[str, typer.Argument(help="A catalogue name, or hf:owner/repo/file.gguf.")],
) -> None:
    """Fetch a model into the cache; one that broke off goes on where it stopped.

    Examples:
      ctxc models pull qwen2.5-1.5b
      ctxc models pull hf:OWNER/REPOSITORY/FILE.gguf
    """
    from ctxc.console import note, progress
    from ctxc.models.resolve import pull as pull_model

    with progress() as shown:
        found = pull_model(name, shown)
    note(f"{found.name} is here")
    _say(str(found.path))


@app.command(cls=Command)
def info(
    name: Annotated[str, typer.Argument(help="A path, a catalogue name, or an hf: name.")],
    as_json: Json = False,
) -> None:
    """Say what a GGUF file's header says: sizes, layers, quantisation, KV cache per token.

    Examples:
      ctxc models info qwen2.5-1.5b
      ctxc models info ./model.gguf --json
    """
    from ctxc.models.gguf import read
    from ctxc.models.resolve import resolve

    found = resolve(name, fetch=False)
    facts = describe(read(found.path))
    if as_json:
        _say(json.dumps({"schema": 1, "path": str(found.path), **facts}, ensure_ascii=False))
        return
    _say(f"{'path':<24}{_plain(found.path)}")
    for key, value in facts.items():
        for label, shown in _lines(key, value):
            _say(f"{label:<24}{shown}")


def _rows() -> list[dict[str, Any]]:
    """One object per catalogue entry, then one per other file in the cache."""
    from ctxc.models import folders
    from ctxc.models.catalogue import CATALOGUE
    from ctxc.models.resolve import locate

    rows, seen = [], set()
    for entry in CATALOGUE:
        found = locate(entry)
        seen.add(found.path if found else None)
        rows.append(
            {
                "name": entry.name,
                "parameters": entry.parameters,
                "bytes": entry.bytes,
                "context": entry.context,
                "licence": entry.licence,
                "card_gb": entry.card,
                "source": entry.source,
                "origin": found.origin if found else None,
                "path": str(found.path) if found else None,
            }
        )
    hub = folders.models_folder() / "hf"
    others = sorted(path for path in hub.rglob("*.gguf") if path.is_file() and path not in seen)
    return rows + [_other(f"hf:{path.relative_to(hub).as_posix()}", path) for path in others]


def _other(name: str, path: Any) -> dict[str, Any]:
    from ctxc.errors import ModelError
    from ctxc.models.gguf import read

    row = {"name": name, "source": name, "origin": "cache", "path": str(path), "card_gb": None}
    try:
        header = read(path)
    except ModelError as error:
        size = path.stat().st_size
        row |= {"parameters": None, "bytes": size, "context": None, "licence": None}
        return row | {"error": {"kind": error.kind, "message": error.message}}
    return row | {
        "parameters": header.parameters,
        "bytes": header.file_bytes,
        "context": header.context_length,
        "licence": header.licence or None,
    }


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    card = row["card_gb"]
    return (
        row["name"],
        _count(row["parameters"]),
        _size(row["bytes"]),
        _context(row["context"]),
        row["licence"] or "?",
        "?" if card is None else f"{card} GB" if card else "any",
        "broken" if "error" in row else row["origin"] or "-",
    )


def _table(rows: list[tuple[str, ...]]) -> None:
    """A drawn table at a terminal, aligned plain text into a pipe."""
    from ctxc.console import plain

    cleaned = [tuple(plain(cell, 120) for cell in row) for row in rows]
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False)
        for index, heading in enumerate(_HEADINGS):
            table.add_column(heading, justify="right" if 0 < index < 4 else "left")
        for row in cleaned:
            table.add_row(*(Text(cell) for cell in row))  # Text: no markup in foreign names
        Console().print(table)
        return
    lines = [_HEADINGS, *cleaned]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADINGS))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        _say("  ".join(cells).rstrip())


def describe(header: Header) -> dict[str, Any]:
    """The facts ``info`` shows, JSON-ready. Bytes are bytes, counts are counts."""
    from ctxc.errors import ModelError

    try:
        per_token = {kind: header.kv_bytes_per_token(kind, kind) for kind in ("f16", "q8_0")}
        cache: dict[str, Any] | None = {
            "bytes_per_token": per_token,
            "bytes_at_full_context": header.kv_bytes(),
            "recurrent_bytes": header.recurrent_bytes(),
        }
    except ModelError:  # the header does not settle it, or heads too narrow for q8_0
        cache = None
    return {
        "name": header.name,
        "architecture": header.architecture,
        "licence": header.licence or None,
        "parameters": header.parameters,
        "file_bytes": header.file_bytes,
        "files": len(header.parts),
        "quantisation": header.quantisation,
        "context": header.context_length,
        "layers": header.n_layers,
        "embedding": header.embedding_length,
        "heads": header.n_heads,
        "kv_heads": max(header.kv_heads, default=0),
        "head_lengths": [header.key_length, header.value_length],
        "sliding_window": header.sliding_window or None,
        "vocabulary": header.vocab_size,
        "tokenizer": header.tokenizer_model,
        "chat_template": bool(header.chat_template),
        "kind": _kind(header),
        "kv_cache": cache,
    }


def _kind(header: Header) -> str:
    if header.is_adapter:
        return "adapter"
    if header.is_reranker:
        return "reranker"
    if header.is_encoder:
        return "encoder"
    return "recurrent" if header.is_recurrent else "hybrid" if header.is_hybrid else "causal"


def _lines(key: str, value: Any) -> list[tuple[str, str]]:
    if key == "kv_cache":
        if value is None:
            return [("kv cache", "not settled by the header")]
        per_token = value["bytes_per_token"].items()
        each = ", ".join(f"{size:,} bytes ({kind})" for kind, size in per_token)
        full = f"{value['bytes_at_full_context'] / 2**20:,.1f} MiB (f16)"
        return [("kv cache per token", each), ("kv cache, full context", full)]
    if isinstance(value, bool) or value is None:
        shown = "-" if value is None else "yes" if value else "no"
    elif isinstance(value, int):
        shown = f"{value:,}"
    else:
        shown = " + ".join(map(str, value)) if isinstance(value, list) else _plain(value) or "-"
    return [(key.replace("_", " "), shown)]


def _plain(value: object) -> str:
    from ctxc.console import plain

    return plain(value)


def _count(number: int | None) -> str:
    if number is None:
        return "?"
    return f"{number / 1e9:.1f}B" if number >= 1e9 else f"{number / 1e6:.0f}M"


def _context(tokens: int | None) -> str:
    if not tokens:
        return "?"
    return f"{tokens // 1024}k" if tokens >= 1024 else str(tokens)


def _size(number: int) -> str:
    return f"{number / 1e9:.2f} GB" if number >= 1e9 else f"{number / 1e6:.0f} MB"


def _say(line: str) -> None:
    from ctxc.output.report import write_out

    write_out(line + "\n")
