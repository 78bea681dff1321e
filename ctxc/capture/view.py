"""What is shown of a command's output: all of it where it is small, else what fits a budget.

The last line of what was shortened says so, and how to get the whole. The
budget covers that line. Where shortening fails, the output is shown as it is,
unless it is kept: then the line alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from .. import tokens
from ..batch.pipeline import Options, compress
from ..budget import Tokens
from ..console import harmless
from ..document import Document
from ..engines.unit_ranking import is_mostly_units
from ..errors import BudgetError, CtxcError
from ..input.loaders.terminal import cleaned
from ..input.media import binary_reason
from ..llama.runtime import Runtime
from ..result import Compression
from ..text.segment import segments
from .huge import Ends, ends_of
from .showing import SMALL, surely_small
from .spool import Spool

LINES = "output"
"""The kind of an output that is of no kind that is known: lines, kept or dropped whole."""
LARGEST = 1 << 22
"""Bytes that are read to be shortened: of a longer output its beginning and its end."""

_RAISE = "raise the budget"
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

Keep = Callable[[Spool], str]
"""Keeps the whole output; returns its handle, or "" where it is not kept."""


@dataclass(frozen=True, slots=True)
class View:
    """``text`` is what is shown; None: the output as it is.

    ``result`` is what was computed for it, where something was; its
    ``original`` is the tokens of the whole output, its ``compressed`` those of
    ``text`` without the last line. ``problem`` says why it is not better.
    """

    text: str | None = None
    result: Compression | None = None
    problem: CtxcError | None = None


def view_of(spool: Spool, options: Options, keep: Keep, runtime: Runtime) -> View:
    """What to show of the finished ``spool``; ``options.budget`` is for all of it."""
    if spool.size <= surely_small(options.budget):
        return View()
    tokenizer = tokens.get(options.tokenizer)
    if spool.size > LARGEST:
        return _Shortening(options, tokenizer, runtime, keep(spool)).huge(spool)
    data = spool.read()
    raw = data.decode("utf-8", "replace")
    original = tokenizer.count(raw)
    if original <= _target(options, original):
        return View()
    shortening = _Shortening(options, tokenizer, runtime, keep(spool))
    if reason := binary_reason(data):
        return shortening.nothing(f"{len(data):,} bytes", _binary(reason))
    return shortening.whole(raw, original)


def _binary(reason: str) -> CtxcError:
    return CtxcError(f"the output is {reason}: nothing of it is shown")


def _target(options: Options, original: int) -> int:
    if isinstance(options.budget, Tokens):
        return options.budget.tokens
    return original if original <= SMALL else options.budget.target(original)


def displayed(text: str) -> str:
    """``text`` as a terminal leaves it, and without anything a terminal would obey.

    Its line feeds are those of ``text``, so that line numbers are as well.
    """
    # With a line feed: output of one line that was overwritten all the time is no old Mac's.
    text = cleaned(text + "\n")[0][:-1].replace("\r\n", "\n")
    return harmless(text.replace("\r", "")) if _CONTROLS.search(text) else text


def marker(whole: str, left: int, handle: str) -> str:
    """The last line.

    >>> marker("48,210", 1950, "7f3a9c")
    '[ctxc: 48,210 -> 1,950 tokens; whole output: ctxc expand 7f3a9c]'
    """
    where = f"whole output: ctxc expand {handle}" if handle else "the whole output was not kept"
    return f"[ctxc: {whole} -> {left:,} tokens; {where}]"


@dataclass(frozen=True, slots=True)
class _Shortening:
    options: Options
    tokenizer: tokens.Tokenizer
    runtime: Runtime
    handle: str

    def nothing(self, whole: str, problem: CtxcError) -> View:
        """The last line alone, or all where that would be the only copy."""
        if not self.handle:
            return View(problem=problem)
        return View(marker(whole, 0, self.handle) + "\n", problem=problem)

    def whole(self, raw: str, original: int) -> View:
        text, target = displayed(raw), _target(self.options, original)
        room = target - self._reserve(f"{original:,}", target)
        try:
            while True:
                result = self._compress(text, room, first=True)
                output = self._closed(result.text, f"{original:,}", result.compressed)
                over = self.tokenizer.count(output) - target
                if over <= 0:
                    return View(output, replace(result, original=original, target=target))
                room -= over  # two texts joined may be a token more than both
        except CtxcError as error:
            return self.nothing(f"{original:,}", error)

    def huge(self, spool: Spool) -> View:
        """Of the beginning and the end, with a line for what is between."""
        whole = f"{spool.size:,} bytes"
        ends = ends_of(spool, LARGEST)
        if binary := binary_reason(ends.head) or binary_reason(ends.tail):
            return self.nothing(whole, _binary(binary))
        try:
            return self._of_ends(ends, whole)
        except CtxcError as error:
            return self.nothing(whole, error)

    def _of_ends(self, ends: Ends, whole: str) -> View:
        head, tail = (displayed(end.decode("utf-8", "replace")) for end in (ends.head, ends.tail))
        original = self.tokenizer.count(head) + self.tokenizer.count(tail)
        target = _target(self.options, original)
        between = ends.line(self.handle)
        room = target - self._reserve(whole, target) - self.tokenizer.count(f"\n{between}\n") - 2
        first = self._compress(head, room // 3, first=True)
        # Its line numbers would be counted from its own beginning.
        last = self._compress(tail, room - first.compressed, first=False)
        text = f"{first.text.rstrip()}\n{between}\n{last.text}"
        result = replace(
            last,
            text=text,
            original=original,
            compressed=self.tokenizer.count(text),
            target=target,
            seconds=first.seconds + last.seconds,
        )
        return View(self._closed(text, whole, result.compressed), result)

    def _compress(self, text: str, room: int, *, first: bool) -> Compression:
        """Raises CtxcError, for a budget that leaves nothing too."""
        if room < 1:
            raise BudgetError("the budget leaves no room for any of the output", hint=_RAISE)
        document = Document(text, "the output", kind=self.options.kind)
        if not self.options.kind and not is_mostly_units(segments(document)):
            document = replace(document, kind=LINES)
        options = replace(self.options, budget=Tokens(room), markers=first, level="sentence")
        return compress(document, options, self.runtime)

    def _reserve(self, whole: str, target: int) -> int:
        """Tokens of the last line, and one where it is joined to the text."""
        return self.tokenizer.count("\n" + marker(whole, target, self.handle) + "\n") + 1

    def _closed(self, text: str, whole: str, left: int) -> str:
        end = "" if text.endswith("\n") else "\n"
        return f"{text}{end}{marker(whole, left, self.handle)}\n"
