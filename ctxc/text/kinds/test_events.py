"""Tests reported as events, one JSON object a line (``go test -json``, ``gotestsum``).

What a failed test printed is its message, and it stands in events that say nothing of a failure
themselves: ``{"Action":"output","Test":"TestA","Output":"    a_test.go:7: got 3"}``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..segment.builder import Builder
from .data_tree import Node

FAILED = 4.8
MESSAGE = 4.6
VERDICT = 4.2
PACKAGE = 3.2
"""What the event of a failed test is worth, what it printed, its verdict in the output, and the
same of a package as a whole."""
ROUTINE = 0.2

_FRAME = re.compile(r'"?\s*(?:=== |--- (?:PASS|SKIP)|PASS\b|ok \s|\?\s)')
_VERDICT = re.compile(r'"?\s*(?:--- FAIL|FAIL\b|exit status)')
_FEWEST = 3  # events


def mark_test_events(out: Builder, roots: Sequence[Node]) -> None:
    """Mark the records that are events of tests; nothing where they are not."""
    events = [{c.key: c for c in root.children} for root in roots]
    if sum("Action" in e and "Package" in e for e in events) < max(_FEWEST, len(events) // 2):
        return
    failed = {_name(e) for e in events if _value(e, "Action") == "fail"}
    for root, event in zip(roots, events, strict=True):
        worth = _worth(event, _name(event) in failed)
        for child in root.children:
            out.mark(child.index, salience=min(1.0, worth))
        main = event.get("Output") or event.get("Action") or root
        out.mark(root.index, salience=worth, folds=-1 if worth >= VERDICT else None)
        out.mark(main.index, salience=worth)


def _value(event: dict[str, Node], key: str) -> str:
    node = event.get(key)
    return node.value.strip('"') if node else ""


def _name(event: dict[str, Node]) -> tuple[str, str]:
    return _value(event, "Package"), _value(event, "Test")


def _worth(event: dict[str, Node], failed: bool) -> float:
    action, whole = _value(event, "Action"), not _value(event, "Test")
    if not failed:
        return ROUTINE
    if action == "fail":
        return PACKAGE if whole else FAILED
    output = _value(event, "Output")
    if action != "output" or not output.strip() or _FRAME.match(output):
        return ROUTINE
    if _VERDICT.match(output):
        return PACKAGE if whole else VERDICT
    return 2.0 if whole else MESSAGE
