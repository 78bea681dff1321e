"""``ctxc cache``: where results are kept, how much they take, and a way to drop them."""

from typing import Annotated

import typer

from ..console import note, plain
from . import options as opt
from .grouped import grouped, without


@grouped
def cache(
    clear: Annotated[
        bool,
        typer.Option(
            "--clear", help="Drop all results, originals and embeddings; the ledger stays."
        ),
    ] = False,
    *,
    output: opt.Json,
    messages: Annotated[opt.Messages, without("verbose")],
) -> int:
    """Show where results are kept and how much they take.

    Results come back from there when the same text is compressed again, originals by
    ctxc expand. Embeddings of sentences spare the next question about a text most of its time.

    Examples:
      ctxc cache
      ctxc cache --clear
    """
    from ..output.report import json_line, write_out
    from ..stats.units import size
    from ..store import Store, Usage, default_path

    messages.apply()
    if not clear and not default_path().exists():
        usage = Usage(default_path(), 0, 0, 0)
    else:
        with Store.open() as store:
            if clear:
                originals = store.clear_originals()
                vectors = store.clear_embeddings()
                beside = f", {originals} originals" if originals else ""
                beside += f", {vectors} embeddings" if vectors else ""
                note(f"dropped {store.clear()} results{beside}")
            usage = store.size()
    if output.json:
        figures = {"path": str(usage.path), "bytes": usage.disk, "results": usage.results}
        figures |= {"originals": usage.originals, "embeddings": usage.embeddings}
        figures |= {"runs": usage.runs}
        write_out(json_line({"schema": 1, "kind": "cache", **figures}))
    elif not clear:
        kept = f", {usage.originals:,} originals" if usage.originals else ""
        kept += f", {usage.embeddings:,} embeddings" if usage.embeddings else ""
        counts = f"{size(usage.disk)}, {usage.results:,} results{kept}, {usage.runs:,} runs"
        write_out(f"{plain(usage.path, 4096)}\n{counts}\n")
    return 0
