"""``ctxc check``, after its options: count, compare, say what is over."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from .. import tokens
from ..console import complain, note, plain, progress
from ..destinations import Destination
from ..errors import UsageError
from ..input.inputs import Inputs
from ..input.sources import Skipped
from ..locks import alone
from ..output.atomic import OutputError, reason_of, write_whole
from ..output.report import json_line, write_out
from ..result import SCHEMA, Failure
from ..stats.baseline import Baseline, Checked, read_baseline
from ..stats.count import count_all
from .inputs import beside


@dataclass(frozen=True, slots=True)
class Limits:
    """What a document may have. Raises UsageError where nothing is asked for."""

    budget: int | None
    baseline: Path | None
    update: bool
    tokenizer: str

    def __post_init__(self) -> None:
        if self.update and self.baseline is None:
            raise UsageError("--update-baseline needs --baseline FILE")
        if self.budget is None and self.baseline is None:
            raise UsageError(
                "nothing to check against", hint="give --max-tokens N, --baseline FILE, or both"
            )
        if self.budget is not None and self.budget < 1:
            raise UsageError(f"--max-tokens must be at least 1, not {self.budget}")


def run_check(inputs: Inputs, limits: Limits, *, threads: int, json: bool) -> int:
    """Check all documents and return the exit code. Raises UsageError and ConfigError."""
    inputs = _checked_destinations(inputs, limits)
    tokenizer = tokens.get(limits.tokenizer)
    path = limits.baseline or Path(".")
    recorded = Baseline(path, tokenizer.name)
    if limits.baseline is not None:
        recorded = read_baseline(path, tokenizer.name, create=limits.update)
    checked: list[Checked] = []
    failed = skipped = 0
    with progress() as shown:
        for each in count_all(
            inputs.find(), [tokenizer], inputs.load, threads=threads, progress=shown
        ):
            if isinstance(each, Skipped):
                skipped += 1
            elif isinstance(each, Failure):
                failed += 1
                _say_failed(each, json)
            else:
                one = recorded.check(each.source, each.tokens[tokenizer.name], limits.budget)
                checked.append(one)
                if json:
                    write_out(json_line(one.as_json(tokenizer.name)))
                elif not one.ok and not limits.update:
                    write_out(one.line() + "\n")
    if limits.update:
        return _update(recorded, checked, limits, failed)
    over = sum(not one.ok for one in checked)
    note(_closing(len(checked), over, failed, skipped))
    return 1 if over or failed else 0


def _checked_destinations(inputs: Inputs, limits: Limits) -> Inputs:
    """``inputs`` without the baseline, which is no document. Raises OutputError."""
    if limits.baseline is None:
        return inputs
    chosen = []
    if limits.update:
        # What is there is ctxc's own, or it is refused when it is read.
        chosen = [Destination("--baseline", limits.baseline, standing=True)]
    inputs = beside(inputs, chosen, (limits.tokenizer,))
    selection = replace(inputs.selection, exclude=(*inputs.selection.exclude, limits.baseline))
    return replace(inputs, selection=selection)


def _update(recorded: Baseline, checked: list[Checked], limits: Limits, failed: int) -> int:
    counts = [(one.source, one.tokens) for one in checked]
    try:
        with alone(recorded.path):
            # Read again: another run may have recorded other documents meanwhile.
            latest = read_baseline(recorded.path, recorded.tokenizer, create=True)
            updated = latest.updated(counts, limits.budget)
            write_whole(recorded.path, updated.render())
    except OSError as error:
        reason, hint = reason_of(error)
        raise OutputError(f"cannot write {plain(recorded.path)}: {reason}", hint=hint) from None
    count = len(updated.documents)
    documents = "1 document" if count == 1 else f"{count:,} documents"
    note(f"ctxc: {documents} recorded in {recorded.path}")
    return 1 if failed else 0


def _say_failed(failure: Failure, json: bool) -> None:
    complain(f"ctxc: {failure.message}")
    if failure.hint:
        complain(f"  {failure.hint}")
    if json:
        error = {"kind": failure.kind, "message": failure.message}
        write_out(json_line({"schema": SCHEMA, "source": failure.source, "error": error}))


def _closing(checked: int, over: int, failed: int, skipped: int) -> str:
    documents = "1 document" if checked == 1 else f"{checked:,} documents"
    parts = [f"{documents} checked", f"{over:,} over" if over else "all within"]
    parts += [f"{failed:,} failed"] if failed else []
    parts += [f"{skipped:,} skipped"] if skipped else []
    return "ctxc: " + ", ".join(parts)
