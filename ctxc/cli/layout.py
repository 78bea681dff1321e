"""Options -> how several texts stand in one output."""

from __future__ import annotations

from ..errors import UsageError
from ..output.layout import ORDERS, Layout
from .options import Output


def layout_of(options: Output) -> Layout:
    """Raises UsageError for options that contradict each other."""
    order, separator = options.file_order, options.separator
    if order not in ("", *ORDERS):
        raise UsageError(f"there is no order {order!r}", hint=f"--file-order {' or '.join(ORDERS)}")
    if options.print0 and separator is not None:
        raise UsageError("--print0 and --separator contradict each other", hint="give one of them")
    if (options.print0 or separator is not None) and (options.json or options.show):
        bare = "--print0" if options.print0 else "--separator"
        other = "json" if options.json else "show"
        raise UsageError(f"{bare} is about bare texts, not --{other}")
    if separator is not None:
        separator = separator.replace("\\n", "\n").replace("\\t", "\t")
    end = "\0" if options.print0 else ""
    return Layout(order, end, separator, not options.no_front_matter)
