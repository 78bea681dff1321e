"""Options -> values: what is read, and the one budget that flags and configuration ask for."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..budget import Budget, from_options
from ..config import load
from ..console import plain
from ..destinations import Destination, Opened, check, list_before, store_files
from ..errors import ConfigError, ModelError, UsageError
from ..input.inputs import Inputs, ReadOptions
from ..input.sources import Selection
from .options import Budget as BudgetOptions
from .options import Documents, Input
from .sizes import size


def inputs_of(
    options: Input, command: str, *, output: str | None = None, beside: bool = False
) -> Inputs:
    """The inputs that options name. Nothing named means standard input.

    Raises UsageError: for a terminal there, and for options that contradict each other.
    """
    paths, files_from = options.paths, options.files_from
    records, jobs = False, 1
    if isinstance(options, Documents):
        records, jobs = options.records, options.jobs
    if not paths and files_from is None and sys.stdin is not None and sys.stdin.isatty():
        raise UsageError(
            "nothing to read: name a file or a folder, or pipe text in",
            hint=f"ctxc {command} FILE; see ctxc {command} --help",
        )
    if beside and (records or ("-" in (paths or ("-",)) and files_from is None)):
        raise UsageError("--beside writes beside files: name files or folders")
    if beside and output is not None:
        raise UsageError("--beside and --output contradict each other", hint="give one of them")
    if options.nul and files_from is None:
        hint = "find . -print0 | ctxc lingua --files-from - -0"
        raise UsageError("-0 is about the list of --files-from", hint=hint)
    if jobs < 1:
        raise UsageError(f"--jobs must be at least 1, not {jobs}")
    selection = Selection(
        globs=(*options.glob, *load().ignore(command)),
        max_file_size=size(options.max_file_size, "--max-file-size"),
        wide=_is_wide(options.encoding),
        exclude=(Path(output),) if output is not None else (),
    )
    return Inputs(
        paths or (() if files_from is not None else ("-",)),
        records,
        selection,
        files_from,
        options.nul,
        options.stdin_name,
        ReadOptions(options.encoding, options.password),
        jobs,
        beside,
    )


def beside(
    inputs: Inputs, chosen: Sequence[Destination], files: Sequence[str | Path | None]
) -> Inputs:
    """``inputs`` without what is written to ``chosen``, which is no document.

    ``files`` are read as well. Raises OutputError where something read is written to.
    """
    listed = list_before(inputs.files_from, inputs.nul, chosen)
    opened = Opened(inputs.paths, listed or (), (inputs.files_from, *files))
    check([*chosen, *store_files()], opened)
    exclude = (*inputs.selection.exclude, *(each.path for each in chosen))
    return replace(inputs, listed=listed, selection=replace(inputs.selection, exclude=exclude))


def budget_of(command: str, options: BudgetOptions, default: Budget) -> Budget:
    """The budget of the flags, else of the configuration, else ``default``. Raises UsageError."""
    budget = from_options(options.rate, options.ratio, options.tokens, default)
    if (options.rate, options.ratio, options.tokens) == (None, None, None):
        return load().budget(command, default)
    if options.total_tokens is not None:
        raise UsageError(
            "--total-tokens and a budget for each document contradict each other",
            hint="give one of them",
        )
    return budget


def check_engine(command: str, key: str, engine: str, model: str | None) -> None:
    """Raises ConfigError where a project chose ``engine`` under ``key`` whose model is not here.

    Whoever runs ctxc in a folder somebody else wrote has asked for no download.
    """
    config = load()
    if config.of_project.get(command, {}).get(key) != engine:
        return  # the user's own file says so
    from ..engines.registry import opens
    from ..models.resolve import resolve

    chosen = f"{plain(config.project)}: tool.ctxc.{command}.{key} = {plain(engine)!r}"
    if opens(engine) == "classifier":
        raise ConfigError(
            f"{chosen} takes a model from a hub, which is for a user to decide",
            hint=f"--{key} {engine} runs it, --{key} lexical needs no model",
        )
    if opens(engine) == "lm":
        try:
            resolve(model, fetch=False)
        except ModelError as error:
            raise ConfigError(
                f"{chosen} needs a model, and a project may not fetch one: {error.message}",
                hint=f"{error.hint}; or --{key} lexical, which needs none",
            ) from None


def _is_wide(encoding: str | None) -> bool:
    if encoding is None:
        return False
    try:
        return codecs.lookup(encoding).name.startswith(("utf-16", "utf-32"))
    except LookupError:
        raise UsageError(
            f"there is no encoding {encoding!r}", hint="as in utf-8, latin-1, cp1252, shift_jis"
        ) from None
