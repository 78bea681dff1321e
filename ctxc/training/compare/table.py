"""The comparison as plain aligned text."""

from __future__ import annotations

from collections.abc import Sequence

from .general import Forgetting
from .measure import Row, gap_closed

_MB = 1e6


def as_table(rows: Sequence[Row], general: Sequence[Forgetting]) -> str:
    """Rows by condition, each domain below its whole; then what was forgotten, and the gap."""
    lines = ["condition                 tests  right  95 % interval   tokens  seconds  cache MB"]
    for row in rows:
        name = f"  {row.domain}" if row.domain else row.condition
        lines.append(
            f"{name:<25} {row.tests:>5} {row.right:>6.3f}  {row.low:.3f} to {row.high:.3f} "
            f"{row.tokens:>8.0f} {row.seconds:>8.2f} {row.cache / _MB:>9.1f}"
        )
    lines += [
        "",
        "in general                tests  right  95 % interval   nats a token of plain text",
    ]
    for one in general:
        lines.append(
            f"{one.condition:<25} {one.tests:>5} {one.right:>6.3f}  {one.low:.3f} to "
            f"{one.high:.3f} {one.nats:>8.3f}"
        )
    return "\n".join([*lines, "", verdict(rows)]) + "\n"


def verdict(rows: Sequence[Row]) -> str:
    """In a sentence: how much of the gap is closed, or that there is none."""
    closed = gap_closed(rows)
    by = {row.condition: row for row in rows if not row.domain}
    if "context in the window" not in by:
        return "the context was not at hand (--context FILE): nothing says what it would have given"
    if closed is None:
        return (
            "this model answers no better with the context than without: there is nothing to "
            "internalise, a larger model may do"
        )

    share = f"{max(0.0, closed):.0%}"
    if closed <= 0:
        return "internalised is no better than no context: do not use this adapter"
    return f"internalised closes {share} of the gap between no context and the context"
