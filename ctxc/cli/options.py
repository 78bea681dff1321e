"""Options that several commands share, declared once."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

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
Output = Annotated[
    Optional[str],
    typer.Option(
        "-o",
        "--output",
        help="Write to this file; for folders, to a tree under this folder.",
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
        "--records", help="Input is JSON Lines: id, question, text or documents.",
        rich_help_panel=INPUT,
    ),
]
Quiet = Annotated[
    bool, typer.Option("--quiet", help="No notes and no progress on stderr.", rich_help_panel=OUTPUT)
]
