"""Groups of options that several commands share; each option is declared once, here.

No annotation is a string here: ``grouped`` reads them at every start.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

if TYPE_CHECKING:
    from ..budget import Budget as BudgetValue
    from ..llama.adapters import Lora
    from ..llama.runtime import RuntimeOptions

BUDGET, INPUT, OUTPUT, STORE = "Budget", "Input", "Output", "Store"
Option = typer.Option


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


Level = Annotated[
    str,
    Option(
        "--level",
        help="How fine to cut: document, sentence or word. Words only when asked for, or by "
        "an engine whose method it is.",
        show_default="sentence",
    ),
]


KindName = Annotated[
    str,
    Option(
        "--kind",
        metavar="NAME",
        help="The kind of text (json, log, diff, code, prose: see ctxc help kinds) instead "
        "of telling by content.",
        rich_help_panel=INPUT,
    ),
]


@dataclass(frozen=True, slots=True)
class Question:
    PANEL: ClassVar[str] = "Question"

    question: Annotated[
        str | None, Option("-q", "--question", help="Keep what bears on this question.")
    ] = None


@dataclass(frozen=True, slots=True)
class Budget:
    PANEL: ClassVar[str] = BUDGET

    rate: Annotated[
        float | None, Option("--rate", help="Share of the tokens to keep, 0 < R <= 1.")
    ] = None
    ratio: Annotated[float | None, Option("--ratio", help="Original over kept, at least 1.")] = None
    tokens: Annotated[int | None, Option("--tokens", help="Tokens to keep of each document.")] = (
        None
    )
    total_tokens: Annotated[
        int | None,
        Option(
            "--total-tokens",
            help="Tokens to keep of all files together, by relevance with a question.",
        ),
    ] = None
    tokenizer: Annotated[
        str,
        Option(
            "--tokenizer",
            envvar="CTXC_TOKENIZER",
            help="o200k_base, cl100k_base or gguf:PATH: whose tokens are counted.",
        ),
    ] = "o200k_base"

    @property
    def named(self) -> bool:
        """Whether the command line asks for a size."""
        return (self.rate, self.ratio, self.tokens, self.total_tokens) != (None,) * 4

    def value(self, command: str, default: "BudgetValue") -> "BudgetValue":
        """The budget of the flags, else of the configuration, else ``default``.

        Raises UsageError.
        """
        from .inputs import budget_of

        return budget_of(command, self, default)


@dataclass(frozen=True, slots=True)
class Threads:
    PANEL: ClassVar[str] = "Model"

    threads: Annotated[
        int, Option("--threads", envvar="CTXC_THREADS", help="0: all usable cores.")
    ] = 0


@dataclass(frozen=True, slots=True)
class Model(Threads):
    model: Annotated[
        str | None,
        Option(
            "-m",
            "--model",
            envvar="CTXC_MODEL",
            help="A GGUF file, a name from ctxc models, or hf:owner/repo/file.gguf.",
        ),
    ] = None
    gpu_layers: Annotated[
        str,
        Option(
            "--gpu-layers",
            envvar="CTXC_GPU_LAYERS",
            help="auto, all, or how many layers to put on the GPU.",
        ),
    ] = "auto"
    gpu: Annotated[
        str,
        Option(
            "--gpu",
            envvar="CTXC_GPU",
            help="auto, off, or require: fail rather than run on the CPU.",
        ),
    ] = "auto"

    @property
    def runtime(self) -> "RuntimeOptions":
        """Raises UsageError."""
        from ..llama.runtime import RuntimeOptions

        return RuntimeOptions(self.model, self.threads, self.gpu_layers, self.gpu)


@dataclass(frozen=True, slots=True)
class Models(Model):
    """The language model, and the encoder that compares sentences with a question."""

    encoder: Annotated[
        str | None,
        Option(
            "--encoder",
            metavar="NAME|FILE",
            envvar="CTXC_ENCODER",
            help="all-MiniLM-L6-v2, multilingual-e5-small, or a BERT-family GGUF file.  "
            "[default: by language]",
        ),
    ] = None
    encoder_prefixes: Annotated[
        str,
        Option(
            "--encoder-prefixes",
            metavar="Q|T",
            envvar="CTXC_ENCODER_PREFIXES",
            help="What that encoder wants before questions and before texts: 'query: |passage: '.",
        ),
    ] = ""
    offline: Annotated[bool, Option("--offline", envvar="CTXC_OFFLINE", help="Fetch no model.")] = (
        False
    )

    @property
    def runtime(self) -> "RuntimeOptions":
        """Raises UsageError."""
        from ..llama.runtime import RuntimeOptions

        placed = (self.model, self.threads, self.gpu_layers, self.gpu)
        return RuntimeOptions(*placed, self.encoder, self.encoder_prefixes, self.offline)


@dataclass(frozen=True, slots=True)
class Adapted(Models):
    """A model with adapters beside it."""

    lora: Annotated[
        tuple[str, ...],
        Option(
            "--lora",
            metavar="FILE[:SCALE]",
            help="An adapter for the model, as ctxc internalize makes them; may be repeated.",
        ),
    ] = ()

    @property
    def loras(self) -> "tuple[Lora, ...]":
        """Raises UsageError."""
        from ..llama.adapters import parse_all

        return parse_all(self.lora)


@dataclass(frozen=True, slots=True)
class Input:
    PANEL: ClassVar[str] = INPUT

    paths: Annotated[
        tuple[str, ...],
        typer.Argument(
            metavar="[PATH|-]...", help="Files or folders; - or nothing for standard input."
        ),
    ] = ()
    glob: Annotated[
        tuple[str, ...],
        Option(
            "--glob",
            metavar="PATTERN",
            help="Only such files of folders, !PATTERN: not such; may be repeated.",
        ),
    ] = ()
    files_from: Annotated[
        str | None,
        Option(
            "--files-from",
            metavar="FILE|-",
            help="Read what this list of paths names, one a line.",
        ),
    ] = None
    nul: Annotated[bool, Option("-0", "--null", help="Its paths end in NUL bytes.")] = False
    stdin_name: Annotated[
        str,
        Option(
            "--stdin-name",
            metavar="NAME",
            help="What standard input is called, and so its type: x.pdf.",
        ),
    ] = ""
    encoding: Annotated[
        str | None, Option("--encoding", help="Of the texts; wins over any guess.")
    ] = None
    password: Annotated[
        str | None, Option("--password", envvar="CTXC_PASSWORD", help="Opens encrypted PDFs.")
    ] = None
    max_file_size: Annotated[
        str,
        Option(
            "--max-file-size",
            metavar="SIZE",
            envvar="CTXC_MAX_FILE_SIZE",
            help="Larger files are left out.",
        ),
    ] = "200MB"


@dataclass(frozen=True, slots=True)
class Documents(Input):
    """What is read, as documents or as records."""

    kind: KindName = ""
    records: Annotated[
        bool, Option("--records", help="Input is JSON Lines: id, question, text or documents.")
    ] = False
    jobs: Annotated[
        int, Option("--jobs", envvar="CTXC_JOBS", help="Files read at a time, ahead of the model.")
    ] = 2


@dataclass(frozen=True, slots=True)
class Store:
    PANEL: ClassVar[str] = STORE

    no_store: Annotated[
        bool,
        Option(
            "--no-store",
            envvar="CTXC_NO_STORE",
            help="Neither take results from the store nor keep them there.",
        ),
    ] = False
    max_store: Annotated[
        str,
        Option(
            "--max-store",
            metavar="SIZE",
            envvar="CTXC_MAX_STORE",
            help="The store's size on disk; the least recently used results go.",
        ),
    ] = "512MB"


@dataclass(frozen=True, slots=True)
class Json:
    PANEL: ClassVar[str] = OUTPUT

    json: Annotated[bool, Option("--json", help="JSON Lines, one object a document.")] = False


@dataclass(frozen=True, slots=True)
class Messages:
    PANEL: ClassVar[str] = "Messages"

    quiet: Annotated[bool, Option("--quiet", help="No notes and no progress on stderr.")] = False
    verbose: Annotated[
        bool,
        Option(
            "--verbose",
            envvar="CTXC_VERBOSE",
            help="More than one line on stderr: what was skipped and why, how texts were read.",
        ),
    ] = False

    def apply(self) -> None:
        """From here on, notes are written as the options say."""
        from ..console import set_quiet

        set_quiet(self.quiet, self.verbose)


@dataclass(frozen=True, slots=True)
class Output(Json):
    """Where texts go, and what happens to the outputs there."""

    output: Annotated[
        str | None,
        Option(
            "-o",
            "--output",
            help="Write to this file; where it has no suffix or ends in /, to a tree in this "
            "folder.",
        ),
    ] = None
    beside: Annotated[bool, Option("--beside", help="Write NAME.ctx.md beside each file.")] = False
    map_file: Annotated[
        str | None,
        Option(
            "--map",
            metavar="FILE",
            help="Write which spans were kept and dropped, as JSON Lines.",
        ),
    ] = None
    show: Annotated[
        bool, Option("--show", help="Print the original with what was dropped dimmed.")
    ] = False
    html: Annotated[
        str | None,
        Option(
            "--html",
            metavar="FILE",
            help="Write a page that shows what was kept, with a slider over all budgets.",
        ),
    ] = None
    file_order: Annotated[
        str,
        Option(
            "--file-order",
            help="Several files in one output: by relevance (needs a question) or path.  "
            "[default: relevance into a file with a question, else path]",
        ),
    ] = ""
    no_front_matter: Annotated[
        bool, Option("--no-front-matter", help="Outputs in a folder are the text alone.")
    ] = False
    print0: Annotated[
        bool, Option("--print0", help="Texts end in NUL bytes, and have no names.")
    ] = False
    separator: Annotated[
        str | None,
        Option(
            "--separator",
            metavar="TEXT",
            help="Between several texts, in place of their names; \\n and \\t are line end and "
            "tab.",
        ),
    ] = None
    dry_run: Annotated[
        bool, Option("--dry-run", help="List what would be done; no model, no output.")
    ] = False
    prune: Annotated[bool, Option("--prune", help="Remove outputs whose source is gone.")] = False
    exit_nonzero_on_change: Annotated[
        bool,
        Option(
            "--exit-nonzero-on-change",
            help="Exit 1 where an output was written or refreshed, for hooks.",
        ),
    ] = False
