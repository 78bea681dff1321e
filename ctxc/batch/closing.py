"""The last mark of a text that was cut with marks: the handle by which its original comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..document import Segment
from ..selection.prefix import Selection
from ..text.kinds import PARSED
from ..tokens import Tokenizer

_SHARE = 4  # the mark may cost one in so many tokens of the budget


@dataclass(frozen=True, slots=True)
class Closing:
    """The mark for ``handle`` ("": none), and the tokens that are kept free for it.

    ``cost`` is 0 where the mark does not stand in the text: in what a parser
    reads, and in a budget that it would eat up. It is a note then.
    """

    handle: str
    cost: int

    def close(self, result: Selection, tokenizer: Tokenizer, target: int) -> Selection:
        """``result`` with the mark, within ``target`` tokens, and with the handle."""
        if not self.handle:
            return result
        extra = {**result.extra, "handle": self.handle}
        inner = result.text.rstrip("\n")
        ending = "\n" if len(inner) < len(result.text) else ""  # as the text itself has it
        text = inner + _mark(self.handle) + ending
        if self.cost and tokenizer.count(text) <= target:
            return replace(result, text=text, extra=extra)
        notes = (*result.notes, f"the whole text: ctxc expand {self.handle}")
        return replace(result, notes=notes, extra=extra)


def closing(handle: str, parts: Sequence[Segment], tokenizer: Tokenizer, target: int) -> Closing:
    """How a text of ``parts`` is closed that may have ``target`` tokens."""
    # One more where the two are joined.
    cost = tokenizer.count(_mark(handle) + "\n") + 1 if handle else 0
    parsed = bool(parts) and parts[-1].text_kind in PARSED
    return Closing(handle, 0 if parsed or cost * _SHARE > target else cost)


def _mark(handle: str) -> str:
    return f"\n[… whole text: ctxc expand {handle}]"
