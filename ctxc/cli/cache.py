"""``ctxc cache``: where results are kept, how much they take, and a way to drop them."""

from __future__ import annotations

from typing import Annotated

import typer

from ..console import note, plain, set_quiet
from . import options as opt


def cache(
    clear: Annotated[
        bool, typer.Option("--clear", help="Drop all results and originals; the ledger stays.")
    ] = False,
    json: opt.Json = False,
    quiet: opt.Quiet = False,
) -> int:
    """Show where results are kept and how much they take.

    Results come back from there when the same text is compressed again, originals by
    ctxc expand.
    """
    from ..output.report import json_line, write_out
    from ..stats.units import size
    from ..store import Store, Usage, default_path

    set_quiet(quiet)
    if not clear and not default_path().exists():
        held = Usage(default_path(), 0, 0, 0)
    else:
        with Store.open() as store:
            if clear:
                originals = store.clear_originals()
                beside = f" and {originals} originals" if originals else ""
                note(f"dropped {store.clear()} results{beside}")
            held = store.size()
    if json:
        figures = {"path": str(held.path), "bytes": held.disk, "results": held.results}
        figures |= {"originals": held.originals, "runs": held.runs}
        write_out(json_line({"schema": 1, "kind": "cache", **figures}))
    elif not clear:
        kept = f", {held.originals:,} originals" if held.originals else ""
        counts = f"{size(held.disk)}, {held.results:,} results{kept}, {held.runs:,} runs"
        write_out(f"{plain(held.path, 4096)}\n{counts}\n")
    return 0
