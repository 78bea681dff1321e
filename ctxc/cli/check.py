"""``ctxc check``: documents stay within their token budgets. No model is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from . import options as opt


def check(
    paths: Annotated[
        Optional[list[str]],
        typer.Argument(metavar="[PATH…]", help="Files or folders; nothing for this folder."),
    ] = None,
    max_tokens: Annotated[
        Optional[int],
        typer.Option(
            "--max-tokens", help="Tokens a document may have.", rich_help_panel=opt.BUDGET
        ),
    ] = None,
    baseline: Annotated[
        Optional[Path],
        typer.Option(
            "--baseline",
            metavar="FILE",
            help="Documents recorded here may be as long as recorded.",
            rich_help_panel=opt.BUDGET,
        ),
    ] = None,
    update_baseline: Annotated[
        bool,
        typer.Option(
            "--update-baseline",
            help="Record what there is: what is over --max-tokens, or without it all.",
            rich_help_panel=opt.BUDGET,
        ),
    ] = False,
    tokenizer: opt.Tokenizer = "o200k_base",
    glob: opt.Glob = None,
    files_from: opt.FilesFrom = None,
    nul: opt.Null = False,
    encoding: opt.Encoding = None,
    password: opt.Password = None,
    max_file_size: opt.MaxFileSize = "200MB",
    threads: opt.Threads = 0,
    json: opt.Json = False,
    quiet: opt.Quiet = False,
) -> int:
    """Fail where a document is over its token budget, or grew past what was recorded.

    Exits 1 then, and names the documents. Shrinking never fails.
    """
    from ..console import set_quiet
    from .check_run import Limits, run_check
    from .inputs import inputs_of

    set_quiet(quiet)
    inputs = inputs_of(
        paths or ([] if files_from is not None else ["."]),
        command="check",
        glob=glob,
        files_from=files_from,
        nul=nul,
        encoding=encoding,
        password=password,
        max_file_size=max_file_size,
    )
    limits = Limits(max_tokens, baseline, update_baseline, tokenizer)
    return run_check(inputs, limits, threads=threads, json=json)
