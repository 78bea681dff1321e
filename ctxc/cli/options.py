"""Options that several commands share, declared once."""

from __future__ import annotations

from typing import Annotated, Optional

import typer


def engine_of(context: typer.Context, param: typer.CallbackParam, value: str) -> str:
    """An engine's name; one that a project chose may not be what fetches a model.

    Raises ConfigError where it would.
    """
    source = context.get_parameter_source(param.name or "")
    if source is not None and source.name == "DEFAULT_MAP":
        from .inputs import check_engine

        # What the user names on the command line was read before; the file's own comes later.
        named = context.params.get("model") or (context.default_map or {}).get("model")
        check_engine(context.info_name or "", param.name or "", value, named)
    return value


BUDGET, MODEL, INPUT, OUTPUT = "Budget", "Model", "Input", "Output"

Paths = Annotated[
    Optional[list[str]],
    typer.Argument(metavar="[PATH…|-]", help="Files or folders; - or nothing for standard input."),
]
Question = Annotated[
    Optional[str],
    typer.Option("-q", "--question", help="Keep what bears on this question."),
]
Rate = Annotated[
    Optional[float],
    typer.Option("--rate", help="Share of the tokens to keep, 0 < R <= 1.", rich_help_panel=BUDGET),
]
Ratio = Annotated[
    Optional[float],
    typer.Option("--ratio", help="Original over kept, at least 1.", rich_help_panel=BUDGET),
]
Tokens = Annotated[
    Optional[int],
    typer.Option("--tokens", help="Tokens to keep of each document.", rich_help_panel=BUDGET),
]
Tokenizer = Annotated[
    str,
    typer.Option(
        "--tokenizer",
        envvar="CTXC_TOKENIZER",
        help="o200k_base, cl100k_base or gguf:PATH: whose tokens are counted.",
        rich_help_panel=BUDGET,
    ),
]
Model = Annotated[
    Optional[str],
    typer.Option(
        "-m",
        "--model",
        envvar="CTXC_MODEL",
        help="A GGUF file, a name from ctxc models, or hf:owner/repo/file.gguf.",
        rich_help_panel=MODEL,
    ),
]
Threads = Annotated[
    int,
    typer.Option(
        "--threads", envvar="CTXC_THREADS", help="0: all usable cores.", rich_help_panel=MODEL
    ),
]
GpuLayers = Annotated[
    str,
    typer.Option(
        "--gpu-layers",
        envvar="CTXC_GPU_LAYERS",
        help="auto, all, or how many layers to put on the GPU.",
        rich_help_panel=MODEL,
    ),
]
Gpu = Annotated[
    str,
    typer.Option(
        "--gpu",
        envvar="CTXC_GPU",
        help="auto, off, or require: fail rather than run on the CPU.",
        rich_help_panel=MODEL,
    ),
]
Output = Annotated[
    Optional[str],
    typer.Option(
        "-o",
        "--output",
        help="Write to this file; where it has no suffix or ends in /, to a tree in this folder.",
        rich_help_panel=OUTPUT,
    ),
]
Json = Annotated[
    bool,
    typer.Option("--json", help="JSON Lines, one object a document.", rich_help_panel=OUTPUT),
]
Records = Annotated[
    bool,
    typer.Option(
        "--records",
        help="Input is JSON Lines: id, question, text or documents.",
        rich_help_panel=INPUT,
    ),
]
Glob = Annotated[
    Optional[list[str]],
    typer.Option(
        "--glob",
        metavar="PATTERN",
        help="Only such files of folders, !PATTERN: not such; may be repeated.",
        rich_help_panel=INPUT,
    ),
]
FilesFrom = Annotated[
    Optional[str],
    typer.Option(
        "--files-from",
        metavar="FILE|-",
        help="Read what this list of paths names, one a line.",
        rich_help_panel=INPUT,
    ),
]
Null = Annotated[
    bool,
    typer.Option("-0", "--null", help="Its paths end in NUL bytes.", rich_help_panel=INPUT),
]
Kind = Annotated[
    str,
    typer.Option(
        "--kind",
        metavar="NAME",
        help="The kind of text (json, log, diff, code, prose, …) instead of telling by content.",
        rich_help_panel=INPUT,
    ),
]
StdinName = Annotated[
    str,
    typer.Option(
        "--stdin-name",
        metavar="NAME",
        help="What standard input is called, and so its type: x.pdf.",
        rich_help_panel=INPUT,
    ),
]
Encoding = Annotated[
    Optional[str],
    typer.Option("--encoding", help="Of the texts; wins over any guess.", rich_help_panel=INPUT),
]
Password = Annotated[
    Optional[str],
    typer.Option(
        "--password",
        envvar="CTXC_PASSWORD",
        help="Opens encrypted PDFs.",
        rich_help_panel=INPUT,
    ),
]
MaxFileSize = Annotated[
    str,
    typer.Option(
        "--max-file-size",
        metavar="SIZE",
        envvar="CTXC_MAX_FILE_SIZE",
        help="Larger files are left out.",
        rich_help_panel=INPUT,
    ),
]
Jobs = Annotated[
    int,
    typer.Option(
        "--jobs",
        envvar="CTXC_JOBS",
        help="Files read at a time, ahead of the model.",
        rich_help_panel=INPUT,
    ),
]
Html = Annotated[
    Optional[str],
    typer.Option(
        "--html",
        metavar="FILE",
        help="Write a page that shows what was kept, with a slider over all budgets.",
        rich_help_panel=OUTPUT,
    ),
]
TotalTokens = Annotated[
    Optional[int],
    typer.Option(
        "--total-tokens",
        help="Tokens to keep of all files together, by relevance with a question.",
        rich_help_panel=BUDGET,
    ),
]
FileOrder = Annotated[
    str,
    typer.Option(
        "--file-order",
        help="Several files in one output: by relevance (needs a question) or path.  "
        "[default: relevance into a file with a question, else path]",
        rich_help_panel=OUTPUT,
    ),
]
NoFrontMatter = Annotated[
    bool,
    typer.Option(
        "--no-front-matter",
        help="Outputs in a folder are the text alone.",
        rich_help_panel=OUTPUT,
    ),
]
Print0 = Annotated[
    bool,
    typer.Option(
        "--print0", help="Texts end in NUL bytes, and have no names.", rich_help_panel=OUTPUT
    ),
]
Separator = Annotated[
    Optional[str],
    typer.Option(
        "--separator",
        metavar="TEXT",
        help="Between several texts, in place of their names; \\n and \\t are line end and tab.",
        rich_help_panel=OUTPUT,
    ),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run", help="List what would be done; no model, no output.", rich_help_panel=OUTPUT
    ),
]
Prune = Annotated[
    bool,
    typer.Option("--prune", help="Remove outputs whose source is gone.", rich_help_panel=OUTPUT),
]
Beside = Annotated[
    bool,
    typer.Option("--beside", help="Write NAME.ctx.md beside each file.", rich_help_panel=OUTPUT),
]
ExitOnChange = Annotated[
    bool,
    typer.Option(
        "--exit-nonzero-on-change",
        help="Exit 1 where an output was written or refreshed, for hooks.",
        rich_help_panel=OUTPUT,
    ),
]
NoStore = Annotated[
    bool,
    typer.Option(
        "--no-store",
        envvar="CTXC_NO_STORE",
        help="Neither take results from the store nor keep them there.",
        rich_help_panel=OUTPUT,
    ),
]
MaxStore = Annotated[
    str,
    typer.Option(
        "--max-store",
        metavar="SIZE",
        envvar="CTXC_MAX_STORE",
        help="The store's size on disk; the least recently used results go.",
        rich_help_panel=OUTPUT,
    ),
]
Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose",
        envvar="CTXC_VERBOSE",
        help="More than one line on stderr: what was skipped and why, how texts were read.",
        rich_help_panel=OUTPUT,
    ),
]
Quiet = Annotated[
    bool,
    typer.Option("--quiet", help="No notes and no progress on stderr.", rich_help_panel=OUTPUT),
]
