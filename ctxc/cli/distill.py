"""``ctxc distill``: the facts of a text in few words, every line checked against its source."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import options as opt

LINES = "Lines"


def distill(
    paths: opt.Paths = None,
    question: opt.Question = None,
    rate: opt.Rate = None,
    ratio: opt.Ratio = None,
    tokens: opt.Tokens = None,
    tokenizer: opt.Tokenizer = "o200k_base",
    engine: Annotated[
        str,
        typer.Option(
            "--engine",
            help="distill: the model writes lines; verbatim: only the source's own sentences.",
        ),
    ] = "distill",
    style: Annotated[
        str,
        typer.Option(
            "--style", help="telegraphic, prose, bullets or quotes.", rich_help_panel=LINES
        ),
    ] = "telegraphic",
    prompt: Annotated[
        str | None,
        typer.Option(
            "--prompt",
            metavar="FILE",
            help="An instruction to use instead of ctxc's own; {question} is filled in.",
            rich_help_panel=LINES,
        ),
    ] = None,
    on_fail: Annotated[
        str,
        typer.Option(
            "--on-fail",
            help="A line its source does not carry: extract, drop, original or error.",
            rich_help_panel=LINES,
        ),
    ] = "extract",
    cite: Annotated[
        bool,
        typer.Option("--cite", help="End each line with [name:lines].", rich_help_panel=LINES),
    ] = False,
    min_tokens: Annotated[
        int,
        typer.Option(
            "--min-tokens", help="Shorter texts pass through.", rich_help_panel=opt.BUDGET
        ),
    ] = 256,
    force: Annotated[
        bool, typer.Option("--force", help="Distil again what ctxc distilled before.")
    ] = False,
    map_file: Annotated[
        str | None,
        typer.Option(
            "--map",
            metavar="FILE",
            help="Write each line with the source spans it came from, as JSON Lines.",
            rich_help_panel=opt.OUTPUT,
        ),
    ] = None,
    html: opt.Html = None,
    model: opt.Model = None,
    threads: opt.Threads = 0,
    gpu_layers: opt.GpuLayers = "auto",
    gpu: opt.Gpu = "auto",
    kind: opt.Kind = "",
    records: opt.Records = False,
    glob: opt.Glob = None,
    files_from: opt.FilesFrom = None,
    nul: opt.Null = False,
    stdin_name: opt.StdinName = "",
    encoding: opt.Encoding = None,
    password: opt.Password = None,
    max_file_size: opt.MaxFileSize = "200MB",
    jobs: opt.Jobs = 2,
    total_tokens: opt.TotalTokens = None,
    dry_run: opt.DryRun = False,
    prune: opt.Prune = False,
    beside: opt.Beside = False,
    exit_nonzero_on_change: opt.ExitOnChange = False,
    no_store: opt.NoStore = False,
    max_store: opt.MaxStore = "512MB",
    output: opt.Output = None,
    file_order: opt.FileOrder = "",
    no_front_matter: opt.NoFrontMatter = False,
    print0: opt.Print0 = False,
    separator: opt.Separator = None,
    json: opt.Json = False,
    quiet: opt.Quiet = False,
    verbose: opt.Verbose = False,
) -> int:
    """State the facts of a text in few words, invented ones excluded.

    A model writes short lines; each is checked against the sentences it comes
    from, and where it fails, or the model is too small, the source's own
    sentences take its place. Without a budget, a fifth of the tokens is kept.
    """
    from ..batch.pipeline import Options
    from ..budget import Rate
    from ..console import set_quiet
    from ..engines.distill_options import DistillOptions
    from ..errors import UsageError
    from ..llama.runtime import RuntimeOptions
    from .batch import Batch, Keeping
    from .inputs import budget_of, inputs_of
    from .layout import layout_of

    if engine not in ENGINES:
        raise UsageError(
            f"distill has no engine {engine!r}", hint=f"choose one of {', '.join(ENGINES)}"
        )
    set_quiet(quiet, verbose)
    options = Options(
        engine=engine,
        budget=budget_of("distill", rate, ratio, tokens, total_tokens, Rate(0.2)),
        tokenizer=tokenizer,
        question=question,
        kind=kind,
        distill=DistillOptions(
            style=style,
            prompt=_instruction(prompt) if prompt is not None else None,
            on_fail=on_fail,
            cite=cite,
            min_tokens=min_tokens,
            force=force,
        ),
    )
    return Batch(
        command="distill",
        inputs=inputs_of(
            paths,
            command="distill",
            records=records,
            glob=glob,
            files_from=files_from,
            nul=nul,
            stdin_name=stdin_name,
            encoding=encoding,
            password=password,
            max_file_size=max_file_size,
            jobs=jobs,
            output=output,
            beside=beside,
        ),
        options=options,
        models=RuntimeOptions(model, threads, gpu_layers, gpu),
        output=output,
        json=json,
        map_file=map_file,
        html=html,
        total_tokens=total_tokens,
        dry_run=dry_run,
        prune=prune,
        beside=beside,
        exit_nonzero_on_change=exit_nonzero_on_change,
        keeping=Keeping(not no_store, max_store),
        layout=layout_of(file_order, print0, separator, json, False, not no_front_matter),
        opened=(prompt,),
    ).run()


ENGINES = ("distill", "verbatim")


def _instruction(path: str) -> str:
    """The user's instruction. Raises UsageError where the file cannot be read as UTF-8."""
    from ..errors import UsageError

    try:
        return Path(path).read_text("utf-8")
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise UsageError(f"--prompt {path}: {reason}") from None
    except (UnicodeDecodeError, ValueError):
        raise UsageError(f"--prompt {path}: is not UTF-8 text") from None
