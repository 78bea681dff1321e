"""When distilling would not pay: the text passes through unchanged, and why."""

from __future__ import annotations

from ..budget import Budget, Rate
from ..document import Document
from ..engines.distill_options import DistillOptions
from ..input.front_matter import parse_front_matter

ENGINES = ("distill", "verbatim")


def reason(document: Document, original: int, budget: Budget, options: DistillOptions) -> str:
    """Why ``document`` of ``original`` tokens is left as it is, for the notes; "" to distil it.

    A summary of a summary loses facts (algorithms.md, section 1), so a text
    that carries ctxc's own front matter of a distillation, or that the store knows
    as the output of one, is not distilled again.
    """
    # A number of tokens is a promise that holds for short texts too; a share is a wish.
    if original < options.min_tokens and isinstance(budget, Rate):
        return (
            f"passed through unchanged: {original} tokens are under the {options.min_tokens} "
            "of --min-tokens"
        )
    if options.force:
        return ""
    matter = parse_front_matter(document.text)
    if options.known or (matter is not None and matter.engine in ENGINES):
        return "passed through unchanged: ctxc distilled it before (--force does it again)"
    return ""
