"""``ctxc check``: documents stay within their token budgets. No model is loaded."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

from . import options as opt
from .grouped import but, grouped, without


@dataclass(frozen=True, slots=True)
class Limit:
    """What a document may have."""

    PANEL: ClassVar[str] = opt.BUDGET

    max_tokens: Annotated[
        int | None, opt.Option("--max-tokens", help="Tokens a document may have.")
    ] = None
    baseline: Annotated[
        Path | None,
        opt.Option(
            "--baseline",
            metavar="FILE",
            help="Documents recorded here may be as long as recorded.",
        ),
    ] = None
    update_baseline: Annotated[
        bool,
        opt.Option(
            "--update-baseline",
            help="Record what there is: what is over --max-tokens, or without it all.",
        ),
    ] = False


@grouped
def check(
    files: Annotated[
        opt.Input, but(paths="Files or folders; - for standard input, nothing for this folder.")
    ],
    limit: Limit,
    budget: Annotated[opt.Budget, without("rate", "ratio", "tokens", "total_tokens")],
    threads: opt.Threads,
    output: opt.Json,
    messages: Annotated[opt.Messages, without("verbose")],
) -> int:
    """Fail where a document is over its token budget, or grew past what was recorded.

    Exits 1 then, and names the documents. Shrinking never fails.

    Examples:
      ctxc check docs/ --max-tokens 4000
      ctxc check --baseline tokens.json --update-baseline
    """
    from dataclasses import replace

    from .check_run import Limits, run_check
    from .inputs import inputs_of

    messages.apply()
    if not files.paths and files.files_from is None:
        files = replace(files, paths=(".",))
    limits = Limits(limit.max_tokens, limit.baseline, limit.update_baseline, budget.tokenizer)
    return run_check(inputs_of(files, "check"), limits, threads=threads.threads, json=output.json)
