"""``ctxc lingua``: keep the original's most informative documents, sentences and words."""

from __future__ import annotations

from typing import Annotated

import typer

from . import options as opt


def lingua(
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
            callback=opt.engine_of,
            help="How to rank; auto chooses by the question.",
        ),
    ] = "auto",
    level: Annotated[
        str,
        typer.Option(
            "--level",
            help="How fine to cut: document, sentence or word. Words only when asked for, or by "
            "an engine whose method it is.",
            show_default="sentence",
        ),
    ] = "",
    protect: Annotated[
        list[str] | None,
        typer.Option("--protect", metavar="REGEX", help="Keep every match; may be repeated."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Fail where protected text does not fit the budget.")
    ] = False,
    compat: Annotated[
        bool,
        typer.Option(
            "--compat",
            help="llmlingua, longllmlingua, llmlingua2, selective-context: as their published "
            "code does it, its defects too. The budget stays exact.",
        ),
    ] = False,
    order: Annotated[
        str,
        typer.Option(
            "--order", help="longllmlingua: passages in reading order, best first, or best at ends."
        ),
    ] = "reading",
    markers: Annotated[
        bool,
        typer.Option("--markers", help="Leave a short mark, with line numbers, for what was cut."),
    ] = False,
    map_file: Annotated[
        str | None,
        typer.Option(
            "--map",
            metavar="FILE",
            help="Write which spans were kept and dropped, as JSON Lines.",
            rich_help_panel=opt.OUTPUT,
        ),
    ] = None,
    show: Annotated[
        bool,
        typer.Option(
            "--show",
            help="Print the original with what was dropped dimmed.",
            rich_help_panel=opt.OUTPUT,
        ),
    ] = False,
    outline: Annotated[
        bool,
        typer.Option(
            "--outline",
            help="Source code: signatures and first docstring lines alone, all without a budget.",
        ),
    ] = False,
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
    """Keep the parts that carry the information, or that answer the question.

    The text that is left is the original's own, in its own order. Without a
    budget, half of the tokens are kept, and a quarter with a question.
    """
    from ..batch.pipeline import Options
    from ..budget import Rate
    from ..console import set_quiet
    from ..llama.runtime import RuntimeOptions
    from .batch import Batch, Keeping
    from .inputs import budget_of, inputs_of
    from .layout import layout_of

    set_quiet(quiet, verbose)
    default = Rate(0.25) if question or records else Rate(0.5)
    if outline and rate is ratio is tokens is total_tokens is None:
        rate = 1.0
    options = Options(
        engine=engine,
        budget=budget_of("lingua", rate, ratio, tokens, total_tokens, default),
        tokenizer=tokenizer,
        question=question,
        kind=kind,
        level=level,
        protect=tuple(protect or ()),
        strict=strict,
        compat=compat,
        order=order,
        markers=markers,
        outline=outline,
    )
    return Batch(
        command="lingua",
        inputs=inputs_of(
            paths,
            command="lingua",
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
        show=show,
        total_tokens=total_tokens,
        dry_run=dry_run,
        prune=prune,
        beside=beside,
        exit_nonzero_on_change=exit_nonzero_on_change,
        keeping=Keeping(not no_store, max_store),
        layout=layout_of(file_order, print0, separator, json, show, not no_front_matter),
    ).run()
