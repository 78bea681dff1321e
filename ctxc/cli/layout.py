"""Options -> how several texts stand in one output."""

from __future__ import annotations

from ..errors import UsageError
from ..output.layout import ORDERS, Layout


def layout_of(
    order: str,
    print0: bool,
    separator: str | None,
    json: bool,
    show: bool,
    front_matter: bool,
) -> Layout:
    """Raises UsageError for options that contradict each other."""
    if order not in ("", *ORDERS):
        raise UsageError(f"there is no order {order!r}", hint=f"--file-order {' or '.join(ORDERS)}")
    if print0 and separator is not None:
        raise UsageError("--print0 and --separator contradict each other", hint="give one of them")
    if (print0 or separator is not None) and (json or show):
        named = "--print0" if print0 else "--separator"
        raise UsageError(f"{named} is about bare texts, not --{'json' if json else 'show'}")
    if separator is not None:
        separator = separator.replace("\\n", "\n").replace("\\t", "\t")
    return Layout(order, "\0" if print0 else "", separator, front_matter)
