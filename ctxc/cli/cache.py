"""``ctxc cache``: where results are kept, how much they take, and a way to drop them."""

from __future__ import annotations

from typing import Annotated

import typer

from ..console import note, plain, set_quiet
from . import options as opt


def cache(
    clear: Annotated[
        bool, typer.Option("--clear", help="Drop all results; the ledger stays.")
    ] = False,
    json: opt.Json = False,
    quiet: opt.Quiet = False,
) -> int:
    """Show where results are kept and how much they take.

    Results come back from there when the same text is compressed again.
    """
    from ..output.report import json_line, write_out
    from ..stats.units import size
    from ..store import Store, default_path

    set_quiet(quiet)
    if not clear and not default_path().exists():
        path, disk, results, runs = default_path(), 0, 0, 0
    else:
        with Store.open() as store:
            if clear:
                note(f"dropped {store.clear()} results")
            held = store.size()
        path, disk, results, runs = held.path, held.disk, held.results, held.runs
    if json:
        figures = {"path": str(path), "bytes": disk, "results": results, "runs": runs}
        write_out(json_line({"schema": 1, "kind": "cache", **figures}))
    elif not clear:
        write_out(f"{plain(path, 4096)}\n{size(disk)}, {results:,} results, {runs:,} runs\n")
    return 0
